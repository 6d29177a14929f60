"""Mailboxes hold evidence: every mail carries the tree head of the ledger."""

import json
from base64 import b64encode
from email import message_from_bytes
from email.policy import default

from connectors.mailbox.evidence import HEADER, note_in_header
from hub.store import tables
from hub.store.database import transaction
from hub.store.ledger.trees import find_signed_head
from tests.events import attributes
from tests.fed import NOW, Hub
from tests.ledgers import number_all


async def test_every_mail_carries_the_tree_head_that_is_signed(hub: Hub) -> None:
    await hub.feed(attributes("bottleneck-found", data={"severity": "high"}))
    async with transaction(hub.pool) as connection:
        await number_all(connection, NOW)
        head = await find_signed_head(connection)
    assert head is not None
    await hub.go(NOW)
    await hub.send()
    assert hub.settings.maildir is not None
    found = [
        mail
        for path in (hub.settings.maildir / "new").iterdir()
        if hub.settings.mail_from in (mail := message_from_bytes(path.read_bytes(), policy=default))["From"]
    ]
    assert found
    for mail in found:
        assert note_in_header(mail[HEADER]) == head.note
        line = f"Grootboek: {head.size} regels, {b64encode(head.root).decode()}"
        assert line in mail.get_body(("plain",)).get_content().splitlines()
        assert f">{line}</p>" in mail.get_body(("html",)).get_content()
    rows = await hub.rows(tables.ledger, tables.ledger.c.kind == "mail-composed")
    composed = [json.loads(row.record) for row in rows]
    (event,) = await hub.rows(tables.event, tables.event.c.type.endswith("bottleneck.found.v1"))
    assert len(composed) == len(found)
    assert all(str(event.event_key) in one["events"] for one in composed)
