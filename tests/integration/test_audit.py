"""What an auditor asks is answered from what was recorded; a party gets proof of its own exchange alone."""

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit
from uuid import UUID

import httpx
import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.commands import audit, ledger_files
from hub.ledger.key import signer_of
from hub.register.history import Kind
from hub.register.kinds import HUB
from hub.rules.identity import event_key
from hub.rules.ledger.selecting import Selection
from hub.rules.scopes import Scope
from hub.settings import Settings
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.database import transaction
from hub.store.deliveries.received import sent_to
from hub.store.ledger.checks import check_ledger
from hub.store.ledger.numbering import number_next
from hub.store.ledger.records import Entry, record
from hub.store.ledger.setting_aside import find_batches, set_aside, wrongs_of
from hub.store.mail.told import taken_back
from hub.store.times import next_times
from hub.store.views import audit as store
from hub.store.views import events as event_store
from hub.store.views.audit import Period
from hub.store.views.gotten import Cursor, received_by
from hub.store.views.states import states_of
from hub.words import wording
from schemas.terms import Tlp
from tests import second_checker
from tests.events import attributes, source_of
from tests.fed import NOW, Hub
from tests.registers import HISTORY, save, with_facts
from tests.rich_story import CRISIS, question
from tests.throttled import FIRST, SLOTS

_ALWAYS = Period()


async def _number(hub: Hub) -> None:
    async with transaction(hub.pool) as connection:
        while await number_next(connection, NOW, signer_of(hub.settings)):
            pass


@pytest.fixture
async def found(hub: Hub) -> str:
    """The key of a bottleneck that was told to who must know, by mail."""
    event = attributes("bottleneck-found", data={"severity": "high"})
    await hub.feed(event)
    await hub.go(NOW)
    await hub.send()
    await _number(hub)
    return str(event_key(event["source"], event["id"]))


async def test_the_life_of_an_event_is_told_record_by_record(
    hub: Hub, found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await audit.life(hub.settings, found) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    mails = await hub.rows(tables.mail)
    assert len(lines) == 1 + 2 * len(mails)
    assert "Gebeurtenis bezorgd aan partijen" in lines[0]
    assert sum("Bericht verstuurd" in line for line in lines) == len(mails)
    assert all(line.startswith("record ") for line in lines)


async def test_the_life_of_a_request_tells_what_came_of_it(
    hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = ("een", "twee", "drie")
    asked = [attributes("question-raised", id=one, data={"text": f"Vraag {one}?"}) for one in ids]
    one, two, three = ({"source": event["source"], "id": event["id"]} for event in asked)
    enexis = source_of("enexis")
    await hub.feed(*asked)
    await hub.feed(
        attributes("questions-merged", id="samen", source=enexis, data={"one": one, "other": two}),
        attributes("question-answered", id="antwoord", source=enexis, data={"question": two, "per_area": []}),
        attributes("request-declined", id="nee", source=enexis, data={"request": three}),
    )
    await _number(hub)
    told = {}
    for name in ids:
        assert await audit.life(hub.settings, name) == 0
        told[name] = capsys.readouterr().out
    came = {
        name: {line.split(" uur: ")[1].split(":")[0] for line in life.splitlines()[1:]}
        - {"Gebeurtenis bezorgd aan partijen", "Verzoek geplaatst bij een beheerder"}
        for name, life in told.items()
    }
    assert came == {
        "een": {"Vragen anders samengenomen", "Vraag beantwoord"},
        "twee": {"Vragen anders samengenomen", "Vraag beantwoord"},
        "drie": {"Vraag afgewezen"},
    }


_COPY = "INSERT INTO mail SELECT (jsonb_populate_record(mail, jsonb_build_object({}))).* FROM mail LIMIT 1"
_EMPTIED = (
    "UPDATE mail SET subject = '(verwijderd)', body = '(verwijderd)', html = NULL, address = '', salt = NULL"
)
_CHANGED = [
    ("UPDATE mail SET subject = subject || 'x'", "is veranderd"),
    ("UPDATE mail SET body = body || 'x'", "is veranderd"),
    ("UPDATE mail SET html = html || 'x'", "is veranderd"),
    ("UPDATE mail SET address = 'ander@example.org'", "is veranderd"),
    ("UPDATE mail SET calendar = 'BEGIN'", "is veranderd"),
    ("UPDATE mail SET salt = NULL", "is veranderd"),
    (_EMPTIED, "is veranderd"),
    ("DELETE FROM mail", "ontbreekt: het is gemaakt"),
    (_COPY.format("'mail_key', gen_random_uuid()"), "is ingevoegd"),
]


async def test_a_mail_that_is_not_what_was_made_is_found(hub: Hub, found: str) -> None:
    async with hub.pool.connect() as connection:
        assert (await check_ledger(connection)).faults == []
        await connection.rollback()
        for statement, named in _CHANGED:
            await connection.execute(text(statement))
            faults = (await check_ledger(connection)).faults
            assert any(named in fault for fault in faults), (statement, faults)
            await connection.rollback()


async def test_what_a_party_received_is_told_by_function_and_period(
    hub: Hub, found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (mail, *_) = await hub.rows(tables.mail)
    for function, period, times in (
        (None, _ALWAYS, 1),
        ("electricity", _ALWAYS, 1),
        ("nuclear", _ALWAYS, 0),
        (None, Period(since=NOW + timedelta(days=1)), 0),
        (None, Period(until=NOW), 0),
    ):
        assert await audit.received(hub.settings, mail.party, function, period) == 0
        told = capsys.readouterr().out
        assert f"{mail.party} kreeg {times} keer iets." in told
        assert told.count(found) == times


async def test_who_knew_at_a_moment_is_who_had_it_in_its_mailbox(
    hub: Hub, found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mails = await hub.rows(tables.mail)
    assert await audit.who_knew(hub.settings, found, NOW + timedelta(hours=1)) == 0
    told = capsys.readouterr().out
    assert f"wisten {len(mails) + 1} partijen hiervan" in told
    assert all(f"  {mail.party} sinds " in told for mail in mails)
    async with transaction(hub.pool) as connection:
        moved = {"sent_at": NOW - timedelta(days=9), "state": "failed"}
        await connection.execute(update(tables.mail).values(moved))
    assert await audit.who_knew(hub.settings, found, NOW + timedelta(hours=1)) == 0
    assert capsys.readouterr().out == told, "who changes the tables does not change what was recorded"
    assert await audit.who_knew(hub.settings, found, NOW - timedelta(days=1)) == 0
    assert "was dit er nog niet" in capsys.readouterr().out


async def test_who_may_see_it_and_who_had_it_are_told_apart_page_by_page(
    hub: Hub,
    found: str,
    client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mails = await hub.rows(tables.mail)
    lost = mails[0].party
    await save(hub.pool, with_facts(HISTORY, Kind.PARTY, lost, clearance=Tlp.CLEAR), NOW + timedelta(hours=1))
    await hub.go(NOW + timedelta(hours=2))
    assert await audit.who_may(hub.settings, found) == 0
    told = capsys.readouterr().out
    assert "  gm0935: mag het zien; had het sinds " in told
    assert f"  {lost}: mag het nu niet meer zien; had het sinds " in told
    assert "; kreeg het nog niet" in told
    later = NOW + timedelta(days=40)
    for at, seen, unseen in (
        (NOW + timedelta(minutes=1), f"  {lost}: mocht het zien; had het sinds ", "mocht het niet zien"),
        (NOW - timedelta(minutes=1), "Dit was er nog niet op", "mocht"),
        (later, f"  {lost}: mocht het niet zien; had het sinds ", f"  {lost}: mocht het zien"),
    ):
        assert await audit.who_may(hub.settings, found, at) == 0
        told = capsys.readouterr().out
        assert seen in told, at
        assert unseen not in told, at
    async with transaction(hub.pool) as connection:
        token = await new_token(connection, HUB, datetime.now(UTC), scopes=[Scope.AUDIT])
    client.headers["Authorization"] = f"Bearer {token}"
    monkeypatch.setattr(store, "PER_PAGE", 3)
    for ask, name in (("seen-by", "parties"), ("known-by", "received")):
        shown, after = [], ""
        while after is not None:
            answer = (await client.get(f"audit/events/{found}/{ask}{after}")).json()
            shown += [one["party"] for one in answer[name]]
            assert len(answer[name]) <= 3
            after = f"?after={quote(answer['next'])}" if answer["next"] else None
        assert len(shown) == len(set(shown)) > 3
        assert {mail.party for mail in mails} <= set(shown)


async def test_who_pulled_it_or_was_asked_it_knew_too(
    hub: Hub, found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    key = UUID(found)
    facts = {"party": "acm", "channel": "pull", "delivery": str(key), "register": 1}
    question = attributes("question-raised", data={"asked": ["enexis"]})
    await hub.feed(question)
    slot = SLOTS.moment(FIRST) + timedelta(weeks=4)
    await hub.go(slot)
    await hub.send()
    async with transaction(hub.pool) as connection:
        await record(connection, [Entry("delivery-sent", (key, "pull"), key, NOW, facts)])
        await record(
            connection, [Entry("bottleneck-read", (key, "wml"), key, slot, {"party": "wml", "register": 1})]
        )
    assert await audit.who_knew(hub.settings, found, NOW) == 0
    told = capsys.readouterr().out
    assert f"  acm sinds {wording.moment(NOW)} (haalde het op)" in told
    assert "wml" not in told
    await audit.who_knew(hub.settings, str(event_key(question["source"], question["id"])), slot)
    assert f"  enexis sinds {wording.moment(slot)} (in een bundel)" in capsys.readouterr().out


async def test_what_waits_on_a_situation_sheet_is_not_told_by_the_contact_of_that_sheet(
    hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = attributes("situation-opened", id="s", areas="VR24", data={"crisis": CRISIS})
    asked = {"standard_question": "stations-at-water-depth", "crisis": CRISIS}
    on_sheet = question("op-het-blad", data=asked)
    await hub.feed(opened, on_sheet)
    await hub.go(NOW + timedelta(hours=1))
    await hub.send()
    await hub.send()
    (bundle,) = await hub.rows(tables.bundle, tables.bundle.c.operator == "enexis")
    assert (bundle.kind, bundle.mail_key is None) == ("crisis", False)
    for event, told in ((opened, True), (on_sheet, False)):
        await audit.who_knew(
            hub.settings, str(event_key(event["source"], event["id"])), NOW + timedelta(days=1)
        )
        assert ("  enexis sinds " in capsys.readouterr().out) == told
    await audit.asked(hub.settings, "enexis", _ALWAYS)
    assert "ging mee in een bundel" not in capsys.readouterr().out


async def test_every_way_out_counts_as_received_page_by_page(
    hub: Hub, found: str, client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await hub.feed(attributes("question-raised", data={"asked": ["enexis"]}))
    await hub.go(SLOTS.moment(FIRST) + timedelta(weeks=4))
    await hub.send()
    async with transaction(hub.pool) as connection:
        token = await new_token(connection, "enexis", datetime.now(UTC))
    client.headers["Authorization"] = f"Bearer {token}"
    addresses = (await client.post("feed-addresses")).json()
    assert (await client.get("deliveries")).status_code == 200
    for name in ("atom", "bottlenecksCsv"):
        assert (await client.get(f"http://localhost{urlsplit(addresses[name]).path}")).status_code == 200
    key = UUID(found)
    async with transaction(hub.pool) as connection:
        for way in ("webhook:zaken", "topic:kafka"):
            facts = {"party": "enexis", "channel": way, "delivery": str(key), "register": 1}
            await record(connection, [Entry("delivery-sent", (key, way), key, NOW, facts)])
    every = {"digest", "bundle", "pull", "feed", "bottlenecks", "webhook:zaken", "topic:kafka"}
    async with transaction(hub.pool) as connection:
        whole = await received_by(connection, "enexis", None, _ALWAYS)
        assert {row.way for row in whole} == every
        paged, after = [], None
        while page := await received_by(connection, "enexis", None, _ALWAYS, after, 1):
            paged += page
            after = Cursor(page[-1].got_at, page[-1].event_key, page[-1].way)
        assert paged == whole
        other = await received_by(connection, "enexis", "nuclear", _ALWAYS)
        assert other == []
    assert await audit.received(hub.settings, "enexis", None, _ALWAYS) == 0
    told = capsys.readouterr().out
    assert "(naar webhook zaken; TLP:GREEN; " in told
    assert f"enexis kreeg {len(whole)} keer iets." in told


async def test_what_an_operator_was_asked_is_told_with_when_it_left(
    hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    for slug in ("gm0935", "gm0994"):
        source = source_of(slug)
        await hub.feed(attributes("question-raised", source=source, data={"asked": ["enexis"]}))
    await hub.go(SLOTS.moment(FIRST) + timedelta(weeks=4))
    await hub.send()
    (placed, *_) = await hub.rows(tables.request)
    assert await audit.life(hub.settings, str(placed.event_key)) == 0
    told = capsys.readouterr().out
    (bundle,) = await hub.rows(tables.bundle)
    assert told.count("Bundel vrijgegeven") == 1
    assert told.count(f"mail {bundle.mail_key}") == len(["made", "sent"])
    assert await audit.asked(hub.settings, "enexis", _ALWAYS) == 0
    told = capsys.readouterr().out
    assert "enexis kreeg 2 verzoeken." in told
    assert told.count("ging mee in een bundel op") == 2
    one = min(await hub.rows(tables.event), key=lambda row: row.accepted_at)
    question = {name: one.content[name] for name in ("source", "id")}
    data = {"question": question, "per_area": []}
    await hub.feed(attributes("question-answered", source=source_of("enexis"), data=data))
    await _number(hub)
    await audit.asked(hub.settings, "enexis", _ALWAYS)
    told = capsys.readouterr().out
    assert re.search(
        r"; record \d+; .*; beantwoord op dinsdag 29 juni 2027, .* \([0-9a-f-]+; record \d+\)", told
    )
    async with transaction(hub.pool) as connection:
        of_one = tables.request.c.event_key == one.event_key
        await connection.execute(update(tables.request).where(of_one).values(asker="wml"))
        await connection.execute(delete(tables.request).where(~of_one))
    await audit.asked(hub.settings, "enexis", _ALWAYS)
    told = capsys.readouterr().out
    assert "enexis kreeg 2 verzoeken." in told, "what the tables lost stands in the ledger"
    assert "wml" not in told
    assert told.count("staat alleen nog in het grootboek; record ") == 1
    with pytest.raises(audit.NobodyOfThatName, match="niemand"):
        await audit.asked(hub.settings, "niemand", _ALWAYS)
    rows = await hub.rows(tables.ledger, tables.ledger.c.kind == "audit-asked")
    queries = {json.loads(row.record)["query"] for row in rows}
    assert queries == {'{"operator": "enexis"}', json.dumps({"event": str(placed.event_key)})}


async def _set_aside(hub: Hub, owner: AsyncEngine, entries: list[Entry]) -> None:
    """As a worker that was broken into writes them, and as the owner then keeps them apart."""
    async with transaction(owner) as connection:
        await record(connection, entries)
        number = await connection.scalar(text("SELECT max(batch) FROM ledger_batch")) or 0
        await connection.execute(text("ALTER TABLE ledger_batch DISABLE TRIGGER ALL"))
        change = "UPDATE ledger_batch SET leaf_hashes = sha256('x') || substring(leaf_hashes FROM 33)"
        await connection.execute(text(f"{change} WHERE batch = {number}"))
        (batch,) = await find_batches(connection, [number])
        wrong = await wrongs_of(connection, batch)
        await set_aside(connection, batch, wrong, "van een inbraak", "administrator", NOW)
    await _number(hub)


async def test_what_was_set_aside_is_no_part_of_an_answer_and_shown_beside_the_life_of_its_event(
    hub: Hub,
    owner_pool: AsyncEngine,
    found: str,
    client: httpx.AsyncClient,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await hub.feed(attributes("question-raised", data={"asked": ["enexis"]}))
    key, (mail, *_) = UUID(found), await hub.rows(tables.mail)
    (request,) = await hub.rows(tables.request)
    await _number(hub)
    sent = {"party": "acm", "channel": "pull", "delivery": str(key), "register": 1}
    again = {"mail": str(mail.mail_key), "party": mail.party, "events": [found]}
    lies = [
        Entry("delivery-sent", ("lie",), key, NOW, sent),
        Entry("content-read", ("lie",), key, NOW, {"party": "wml", "channel": "feed"}),
        Entry("delivery-withheld", ("lie",), key, NOW, {**sent, "why": "label"}),
        Entry("mail-sent", (mail.mail_key, 2), None, NOW, again),
        Entry("mail-bounced", (mail.mail_key,), None, NOW, again),
        Entry("mail-taken-back", ("lie",), None, NOW, {**again, "composed": 1}),
        Entry("item-answered", ("lie",), request.event_key, NOW, {"operator": "enexis", "served": []}),
        Entry(
            "request-placed", ("lie",), key, NOW, {"operator": "wml", "asker": "acm", "accepted": str(NOW)}
        ),
    ]
    async with transaction(hub.pool) as connection:
        token = await new_token(connection, HUB, datetime.now(UTC), scopes=[Scope.AUDIT])
    client.headers["Authorization"] = f"Bearer {token}"

    async def answers() -> list[str]:
        later = NOW + timedelta(hours=1)
        for asking in (
            audit.who_knew(hub.settings, found, later),
            audit.who_may(hub.settings, found, later),
            *(audit.received(hub.settings, one, None, _ALWAYS) for one in ("acm", "wml", mail.party)),
            *(audit.asked(hub.settings, one, _ALWAYS) for one in ("enexis", "wml")),
        ):
            assert await asking == 0
        async with transaction(hub.pool) as connection:
            states = await states_of(connection, key)
            had = await sent_to(connection, "acm", [key])
            back = await taken_back(connection, key, [mail.mail_key])
            shown = [one.record for one in await event_store.ledger_of_event(connection, key)]
            fresh = await next_times(connection, "mail-sent", [(mail.mail_key,)])
        return [capsys.readouterr().out, *map(str, (states, had, back, shown)), str(fresh)]

    before = await answers()
    await _set_aside(hub, owner_pool, lies)
    *after, fresh = await answers()
    assert after == before[:-1]
    assert fresh != before[-1], "a key that is taken is not taken once more"
    async with transaction(hub.pool) as connection:
        assert (await check_ledger(connection)).faults == []
    assert await audit.life(hub.settings, found) == 0
    told = capsys.readouterr().out
    assert told.count("APART GEZET, telt niet mee (groep ") == len(lies) - 1
    assert ", van een inbraak): Verzoek" in told
    numbered = [one for one in told.splitlines() if one.startswith("record ")]
    assert len(numbered) == 1 + 2 * len(await hub.rows(tables.mail))
    life = (await client.get(f"audit/events/{found}/records")).json()
    assert {one["kind"] for one in life["setAside"]} == {one.kind for one in lies} - {"item-answered"}
    assert {one["why"] for one in life["setAside"]} == {"van een inbraak"}
    assert len(life["records"]) == len(numbered)
    last = life["records"][-1]["number"]
    assert (await client.get(f"audit/events/{found}/records?after={last}")).json()["setAside"] == []


async def test_pages_go_on_where_the_one_before_ended(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(store, "PER_PAGE", 2)
    for number in range(5):
        await hub.feed(attributes("question-raised", id=f"q{number}", data={"asked": ["enexis"]}))
    placed = attributes("question-raised", id="q0")
    question = event_key(placed["source"], placed["id"])
    sent = [
        Entry(
            "delivery-sent",
            (question, n),
            question,
            NOW + timedelta(minutes=n),
            {"party": f"gm{n:04}", "channel": "pull", "delivery": str(question), "register": 1},
        )
        for n in range(5)
    ] + [
        Entry("bottleneck-read", (n,), question, NOW + timedelta(hours=n), {"party": "acm", "register": 1})
        for n in range(5)
    ]
    async with transaction(hub.pool) as connection:
        await record(connection, sent)
    await _number(hub)
    later = NOW + timedelta(days=1)
    await hub.at(later)
    for ask, line, many in (
        (lambda after: audit.asked(hub.settings, "enexis", _ALWAYS, after), r"^\S.* gm0935: .*\(.{36}\)$", 5),
        (lambda after: audit.received(hub.settings, "acm", None, _ALWAYS, after), r"; record \d+\)$", 5),
        (lambda after: audit.life(hub.settings, str(question), after), r"^record \d+, ", 12),
        (lambda after: audit.who_knew(hub.settings, str(question), later, after), r"^  \S+ .*sinds", 7),
        (lambda after: audit.who_may(hub.settings, str(question), None, after), r"^  \S+: mag ", 7),
    ):
        lines: list[str] = []
        after = None
        while True:
            assert await ask(after) == 0
            told = capsys.readouterr().out
            here = re.findall(rf"{line}", told, re.M)
            assert 0 <= len(here) <= 3, told
            lines += re.findall(rf"^.*{line.lstrip('^')}.*$", told, re.M)
            if (further := re.search(r"--after '(.+)'$", told, re.M)) is None:
                break
            after = further[1]
        assert len(lines) == len(set(lines)) >= many, lines
    for wrong in ("x", "-1", "9" * 20):
        with pytest.raises(audit.NoCursor, match="--after weg"):
            await audit.life(hub.settings, str(question), wrong)
        with pytest.raises(audit.NoCursor, match="--after weg"):
            await audit.received(hub.settings, "acm", None, _ALWAYS, wrong)
    cursor = Cursor(datetime(2027, 6, 1, 8, 0, 0, 5, UTC), event_key("a", "b"))
    assert Cursor.read(str(cursor)) == cursor
    cursor = cursor._replace(way="webhook:zaken")
    assert Cursor.read(str(cursor)) == cursor
    key = cursor.key
    for at in ("2027-06-01T08:00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z"):
        with pytest.raises(ValueError, match=r"te lang geleden|no cursor"):
            Cursor.read(f"{at}~{key}")
    with pytest.raises(ValueError, match="no cursor"):
        Cursor.read(f"2027-06-01T08:00:00Z~{key}~\0")


async def test_a_party_gets_the_proof_of_its_own_exchange_alone(
    hub: Hub, found: str, settings: Settings, tmp_path: Path
) -> None:
    mails = await hub.rows(tables.mail)
    path = tmp_path / "own.jsonl"
    chosen = Selection(party=mails[0].party, is_own=True)
    assert await ledger_files.export(settings, path, chosen) == 0
    assert second_checker.check(path.read_bytes()) == []
    said = [json.loads(json.loads(line)["record"]) for line in path.read_text().splitlines()[1:-1]]
    assert [(one["kind"], one["events"]) for one in said] == [("mail-sent", [found])]
    async with transaction(hub.pool) as connection:
        period = Period(NOW - timedelta(days=1), NOW + timedelta(days=1))
        found_again = [one async for one in store.own_records(connection, mails[0].party, period, 10**6)]
    assert [json.loads(one.record) for one in found_again] == said
    early = Period(NOW - timedelta(days=9), NOW - timedelta(days=8))
    async with transaction(hub.pool) as connection:
        assert [one async for one in store.own_records(connection, mails[0].party, early, 10**6)] == []
    exports = await hub.rows(tables.ledger, tables.ledger.c.kind == "content-exported")
    (told,) = [json.loads(row.record) for row in exports]
    assert (told["by"], told["what"], told["tlp"]) == ("administrator", "ledger-extract", "GREEN")
    assert told["asked"]["party"] == mails[0].party
    with pytest.raises(ledger_files.CannotWrite, match="staat al"):
        await ledger_files.export(settings, path, chosen)
    assert [name for name in os.listdir(tmp_path) if "own" in name] == ["own.jsonl"]  # noqa: PTH208
    assert len(await hub.rows(tables.ledger, tables.ledger.c.kind == "content-exported")) == 1
    amber = attributes("bottleneck-found", id="amber", tlp="AMBER")
    await hub.feed(amber)
    async with transaction(hub.pool) as connection:
        key = event_key(amber["source"], "amber")
        facts = {"party": mails[0].party, "channel": "bottlenecks"}
        await record(connection, [Entry("content-read", (key, mails[0].party), key, NOW, facts)])
    await _number(hub)
    assert await ledger_files.export(settings, tmp_path / "more.jsonl", chosen) == 0
    exports = await hub.rows(tables.ledger, tables.ledger.c.kind == "content-exported")
    assert sorted(json.loads(row.record)["tlp"] for row in exports) == ["AMBER", "GREEN"]
    others = {mail.party for mail in mails[1:]}
    assert others
    assert not any(f'"{other}"' in path.read_text() for other in others)
