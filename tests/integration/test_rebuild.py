"""The read models, filled again from the ledger and the kept events, are what they were: table by table."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.mailbox.sending import MailRefused
from consumers.commands.catch_up import Asked, catch_up
from consumers.commands.erase import erase
from consumers.commands.rebuild import NotQuiet, rebuild
from consumers.mail.composing import Composer
from hub.kafka.broker import Publisher
from hub.register.kinds import HUB
from hub.rules.identity import event_key
from hub.rules.redacting import REMOVED
from hub.rules.scopes import Scope
from hub.settings import Settings
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.clock import clock_of
from hub.store.database import transaction
from hub.store.register.registers import Registers
from schemas.terms import Tlp
from tests.events import attributes, source_of
from tests.fed import NOW, Hub
from tests.ledgers import number_all
from tests.outletted import Sender
from tests.receiver import Receiver
from tests.recorded import apart, note_writes
from tests.rich_story import Story, changed, forgotten, in_crisis, steered

SLOT = datetime(2027, 6, 22, 8, tzinfo=UTC)


def _question(name: str, asker: str = "gm0935", **data: Any) -> dict[str, Any]:
    said = {"asked": ["enexis"], "needed_by": None, "text": f"{name}?", **data}
    return attributes("question-raised", id=name, source=source_of(asker), areas=asker.upper(), data=said)


def _answer(name: str, asker: str, question: str) -> dict[str, Any]:
    data = {"question": {"source": source_of(asker), "id": question}, "per_area": []}
    return attributes("question-answered", id=name, source=source_of("enexis"), data=data)


async def _number(hub: Hub) -> None:
    async with transaction(hub.pool) as connection:
        await number_all(connection, NOW)


@pytest.fixture
async def publisher(settings: Settings) -> AsyncIterator[Publisher]:
    async with Publisher(settings) as made:
        yield made


async def test_each_table_is_what_it_was(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    standard = {"standard_question": "stations-at-water-depth"}
    await hub.feed(attributes("bottleneck-found", id="a"), attributes("answer-deposited", id="d"))
    await hub.feed(_question("v1", **standard), _question("v2", "gm0994"), _question("v3", asked=["wml"]))
    await hub.go(NOW + timedelta(minutes=5))
    await hub.send()
    await hub.go(SLOT)
    await hub.send()
    await hub.feed(attributes("bottleneck-found", id="later"))
    await hub.change("pv31", clearance=Tlp.CLEAR)
    await hub.feed(_question("v4", "gm0994", **standard))
    await hub.feed(_answer("a1", "gm0935", "v1"), attributes("bottleneck-resolved"))
    for days in (1, 7, 14):
        await hub.go(SLOT + timedelta(days=days))
        await hub.send()
    await catch_up(hub.settings, Asked("pv31", why="nazending"))
    await hub.change("pv31", clearance=Tlp.AMBER)
    await catch_up(hub.settings, Asked("pv31", why="nazending"))
    with pytest.raises(NotQuiet):
        await rebuild(hub.settings, None)
    await _number(hub)
    code = await rebuild(hub.settings, "oefening")
    told = capsys.readouterr()
    assert "Alle tabellen zijn gelijk." in told.out, told.out + told.err
    assert (code, told.err) == (0, "")
    table = told.out[told.out.index("tabel") :].splitlines()[1:21]
    rows = {line.split()[0]: line.split()[1:] for line in table}
    filled = {table for table in rows if int(rows[table][0])}
    assert filled >= {"audience", "outcome", "request", "item", "bundle", "mail", "kept_answer", "served"}
    await _number(hub)
    async with transaction(hub.pool) as connection:
        await connection.execute(text("UPDATE request SET state = 'expired'"))
        await connection.execute(text("DELETE FROM outcome WHERE party = 'pv31'"))
    assert await rebuild(hub.settings, "oefening") == 1
    assert "Niet gelijk: outcome, request." in capsys.readouterr().err
    async with transaction(hub.pool) as connection:
        query = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'rebuild%'"
        assert await connection.scalar(text(query)) == 0


async def test_what_an_erasure_left_of_reminders_is_left_once_more(
    hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    """Mails are not all made in one round: of what was answered between two rounds, only the first tells."""
    await hub.feed(_question("v1"), _question("v2", "gm0994"))
    await hub.go(SLOT)
    await hub.send()
    due = SLOT + timedelta(weeks=2)
    await hub.at(due)
    await hub.throttle.release_due()
    await hub.feed(attributes("bottleneck-found", id="at-once", data={"severity": "high"}))
    clock = clock_of(hub.settings, hub.pool)
    composer = Composer(hub.settings, hub.pool, Registers(hub.pool, clock), clock)
    assert await composer.compose_urgent()
    await hub.at(due + timedelta(minutes=1))
    await hub.feed(_answer("a1", "gm0935", "v1"))
    await hub.at(due + timedelta(minutes=2))
    await composer.compose_rest()
    await hub.send()
    # One that rides along with a bundle, and tells of the other question.
    await hub.go(due + timedelta(weeks=1))
    await hub.feed(_question("v3", needed_by="2027-07-22"))
    await hub.go(due + timedelta(weeks=2))
    await hub.send()
    riding = [row.mail_key for row in await hub.rows(tables.reminder) if not row.stands_alone]
    assert riding
    for erased, emptied in (("v1", False), ("v2", True)):
        source = source_of("gm0935" if erased == "v1" else "gm0994")
        assert await erase(hub.settings, [str(event_key(source, erased))], None, "verzoek", remove=True) == 0
        about = await hub.rows(tables.mail, tables.mail.c.kind == "reminder")
        about += await hub.rows(tables.mail, tables.mail.c.mail_key.in_(riding))
        assert {row.subject == REMOVED for row in about} == {emptied}
        await _number(hub)
        capsys.readouterr()
        code = await rebuild(hub.settings, "oefening")
        said = capsys.readouterr()
        assert "Alle tabellen zijn gelijk." in said.out, said.out + said.err
        assert (code, said.err) == (0, "")


async def test_a_story_with_all_in_it_is_done_again_and_each_step_of_it_is_recorded_with_its_effect(
    hub: Hub,
    owner_pool: AsyncEngine,
    client: httpx.AsyncClient,
    publisher: Publisher,
    sender: Sender,
    receiver: Receiver,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await note_writes(owner_pool)
    told = Story(hub, publisher)
    await sender.webhook("enexis", receiver.url)
    for part in (steered, in_crisis, changed):
        await part(told)
        await sender.go()
    for part in (None, forgotten):
        if part:
            await part(told, tmp_path)
        await _number(hub)
        capsys.readouterr()
        code = await rebuild(hub.settings, "oefening")
        said = capsys.readouterr()
        assert "Alle tabellen zijn gelijk." in said.out, said.out + said.err
        assert (code, said.err) == (0, "")
    await _asked_for(hub, client)
    assert await apart(owner_pool) == []
    assert not any(b"@" in bytes(row.record) for row in await hub.rows(tables.ledger)), "no mail address"


class _Refusing:
    async def send(self, *_: Any) -> None:
        raise MailRefused("550 geen postbus", permanent=True)


async def _asked_for(hub: Hub, client: httpx.AsyncClient) -> None:
    """What comes in at the front door and is looked at there, and a mail that does not arrive."""
    async with transaction(hub.pool) as connection:
        tokens = {
            party: await new_token(connection, party, datetime.now(UTC), scopes=scopes)
            for party, scopes in (("gm0935", None), (HUB, [Scope.ADMINISTER, Scope.AUDIT]))
        }
    amber = attributes("bottleneck-found", id="amber", tlp="AMBER")
    client.headers["Authorization"] = f"Bearer {tokens['gm0935']}"
    sent = {"content": json.dumps(amber), "headers": {"Content-Type": "application/cloudevents+json"}}
    assert (await client.post("events", **sent)).status_code == 202
    for wrong in ([{"id": "fout"}], [amber | {"id": "ook-fout", "tlp": "PAARS"}]):
        await client.post(
            "events", json=wrong, headers={"Content-Type": "application/cloudevents-batch+json"}
        )
    await hub.feed(amber)
    await hub.mailer.compose()
    assert await hub.mailer.send_some(cast(Any, _Refusing()))
    addresses = (await client.post("feed-addresses")).json()
    for name in ("atom", "bottlenecksCsv"):
        assert (await client.get(f"http://localhost{urlsplit(addresses[name]).path}")).status_code == 200
    assert (await client.get("deliveries")).status_code == 200
    key = event_key(amber["source"], "amber")
    assert (await client.get(f"http://localhost/gebeurtenissen/{key}")).status_code == 200
    client.headers["Authorization"] = f"Bearer {tokens[HUB]}"
    assert (await client.get(f"audit/events/{key}/records")).status_code == 200
    assert (await client.put("operators/enexis/policy", json={"bundles": 1})).status_code == 200
