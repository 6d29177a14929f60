"""What a publisher lets fewer know, while it waits to be sent, does not go out over any way."""

from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import feedparser
import httpx
import pytest

from consumers.mail import digests, singles
from consumers.mail.made import keep_made
from hub.ledger.seers import could_see
from hub.rules.identity import event_key
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.clock import clock_of
from hub.store.database import transaction
from hub.store.register.registers import Registers
from hub.store.views.events import find_event
from tests.events import attributes
from tests.fed import NOW, Hub
from tests.outletted import ledger
from tests.ways import Systems, systems_of

PARTY = "enexis"
_OTHER = {"recipients": ["gm0363"], "participants": []}
_NAMED = {"recipients": [PARTY], "participants": []}


def _plan(name: str, before: str | None = None, **changes: Any) -> dict[str, Any]:
    plan = attributes("risk-dialogue-planned", id=name, **{"tlp": "CLEAR", **changes})
    reference = {"source": plan["source"], "id": before} if before else None
    named = changes.get("data", {"recipients": [PARTY], "participants": [PARTY]})
    plan["data"] |= {"title": f"Dialoog {name}", "supersedes": reference, **named}
    return plan


async def test_what_its_publisher_restricted_since_is_not_sent_over_any_way_and_that_is_recorded(
    hub: Hub, client: httpx.AsyncClient
) -> None:
    systems = Systems([PARTY], [PARTY], [PARTY])
    async with systems_of(hub, systems) as sent:
        async with transaction(hub.pool) as connection:
            token = await new_token(connection, PARTY, NOW)
        headers = {"Authorization": f"Bearer {token}"}
        made = (await client.post("feed-addresses", headers=headers)).json()
        await hub.feed(_plan("smal"), _plan("open"), _plan("stil"))
        await hub.go(NOW)  # their mails wait to be sent
        await hub.feed(
            _plan("nauw", "smal", tlp="AMBER+STRICT", data=_OTHER),
            _plan("ruim", "open"),
            # Closed in between, and opened again: the latest counts.
            _plan("dicht", "stil", tlp="RED", data=_OTHER),
            _plan("weer", "dicht"),
        )
        await hub.go(NOW)
        await hub.send()
        await hub.go(NOW)
        await sent.send_all(3)
        ways = {way: found[PARTY] for way, found in (await sent.by_way()).items()}
        pulled = (await client.get("deliveries", headers=headers)).json()["deliveries"]
        ways["pull"] = [one["data"]["title"] for one in pulled]
        atom = await client.get(f"http://localhost{urlsplit(made['atom']).path}")
        ways["feed"] = [one.title for one in feedparser.parse(atom.content).entries]
        mails = await hub.rows(tables.mail, tables.mail.c.party == PARTY, tables.mail.c.state == "sent")
        ways["mail"] = [row.subject + row.body for row in mails]
    for way, texts in ways.items():
        for name in ("open", "ruim", "stil", "weer"):
            is_there = any(f"Dialoog {name}" in text for text in texts)
            # Of an invitation only the newest version is mailed.
            assert is_there is (way != "mail" or name in ("ruim", "weer")), (way, name)
        for name in ("smal", "nauw", "dicht"):
            assert not any(f"Dialoog {name}" in text for text in texts), (way, name)
    whys = await ledger(hub, "delivery-withheld")
    assert Counter(one["why"] for one in whys if one["party"] == PARTY)["restricted-since"] >= 4


async def test_what_is_restricted_while_its_mail_is_composed_is_not_sent(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def keep_late(connection: Any, composed: Any, *rest: Any) -> None:
        if any(mail.party == PARTY for mail in composed):
            monkeypatch.undo()
            await hub.feed(_plan("nauw", "smal", tlp="AMBER+STRICT", data=_OTHER))
        await keep_made(connection, composed, *rest)

    for module in (digests, singles):
        monkeypatch.setattr(module, "keep_made", keep_late)
    await hub.feed(_plan("smal", data=_NAMED))
    await hub.go(NOW)
    assert await hub.rows(tables.mail, tables.mail.c.party == PARTY, tables.mail.c.state == "queued")
    await hub.send()
    await hub.go(NOW)
    await hub.send()
    assert not await hub.rows(tables.mail, tables.mail.c.party == PARTY)
    assert PARTY in {one["party"] for one in await ledger(hub, "mail-taken-back")}
    whys = await ledger(hub, "delivery-withheld")
    assert [one["why"] for one in whys if one["party"] == PARTY] == ["restricted-since"]


async def test_who_had_what_its_publisher_restricted_since_is_shown_it_no_longer(
    hub: Hub, client: httpx.AsyncClient
) -> None:
    async with transaction(hub.pool) as connection:
        headers = {"Authorization": f"Bearer {await new_token(connection, PARTY, NOW)}"}
    plan = _plan("smal", data=_NAMED)
    key = event_key(plan["source"], plan["id"])
    await hub.feed(plan)
    await hub.go(NOW)
    await hub.send()
    shown = []
    for newer in ([], [_plan("ruim", "smal", data=_NAMED)], [_plan("nauw", "ruim", tlp="RED", data=_OTHER)]):
        if newer:
            await hub.feed(*newer)
        answer = await client.get(f"events/{key}/deliveries", headers=headers)
        register = await Registers(hub.pool, clock_of(hub.settings, hub.pool)).newest()
        async with transaction(hub.pool) as connection:
            could = await could_see(connection, await find_event(connection, key), register, NOW)
        shown.append((answer.status_code, PARTY in could))
    assert shown == [(200, True), (200, True), (404, False)]
