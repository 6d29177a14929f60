"""Requests and answers on a real database: asked once, answered to who may know, nothing stuck."""

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

import consumers.throttle.placing
from hub.kafka.broker import ensure_topics, function_topic
from hub.register.history import Kind
from hub.register.kinds import PartyKind
from hub.store import tables
from hub.store.clock import move_clock
from hub.store.database import transaction
from hub.store.ledger.checks import check_ledger
from hub.store.ledger.records import Entry, record
from schemas.terms import FunctionSlug, Tlp
from tests.events import attributes, source_of
from tests.fed import NOW, Hub
from tests.ledgers import number_all
from tests.registers import HISTORY, REGISTER, save, with_facts

SLOT = datetime(2027, 6, 22, 8, tzinfo=UTC)
"""The fourth slot since `NOW`: what was asked then leaves in it, also when nobody else asks."""
OPERATORS = sorted(slug for slug, party in REGISTER.parties.items() if party.kind is PartyKind.OPERATOR)


def _question(event_id: str, asker: str = "gm0935", **changes: Any) -> dict[str, Any]:
    data = {"asked": ["enexis"], "needed_by": None, **changes.pop("data", {})}
    return attributes("question-raised", id=event_id, source=source_of(asker), data=data, **changes)


def _standard(event_id: str, asker: str, **changes: Any) -> dict[str, Any]:
    data = {"standard_question": "stations-at-water-depth", **changes.pop("data", {})}
    return _question(event_id, asker, areas=asker.upper(), data=data, **changes)


def _answer(event_id: str, asker: str, question: str, **changes: Any) -> dict[str, Any]:
    data = {
        "question": {"source": source_of(asker), "id": question},
        "per_area": [],
        **changes.pop("data", {}),
    }
    return attributes("question-answered", id=event_id, source=source_of("enexis"), data=data, **changes)


async def test_an_operator_hears_of_a_request_in_its_bundle_only(hub: Hub) -> None:
    await hub.feed(_question("v1", tlp="AMBER+STRICT", data={"recipients": ["enexis"]}))
    await hub.mailer.compose()
    assert await hub.rows(tables.delivery, tables.delivery.c.party == "enexis") == []
    await hub.go(SLOT)
    assert len(await hub.bundles()) == 1


@pytest.mark.parametrize(("label", "state"), [("AMBER", "not-shared"), ("RED", "sent")])
async def test_a_closed_answer_never_reaches_an_asker_without_clearance(
    hub: Hub, label: str, state: str
) -> None:
    asker = "netbeheer-nederland"
    assert REGISTER.parties[asker].clearance is Tlp.GREEN
    await hub.feed(_question("v1", asker))
    await hub.go(SLOT)
    await hub.feed(_answer("a1", asker, "v1", tlp=label, data={"recipients": [asker]}))
    assert await hub.states() == {asker: state}
    assert await hub.rows(tables.delivery, tables.delivery.c.party == asker) == []


@pytest.mark.parametrize("left", [Tlp.GREEN, None])
async def test_a_bundle_keeps_what_its_operator_may_no_longer_know(hub: Hub, left: Tlp | None) -> None:
    await hub.feed(_question("v1", tlp="RED"))
    async with transaction(hub.pool) as connection:
        await move_clock(connection, SLOT)
    await hub.throttle.release_due()
    await hub.change("enexis", **({"clearance": left} if left else {}))
    await hub.mailer.compose()
    (bundle,) = await hub.rows(tables.bundle)
    assert (await hub.bundles(), bundle.withheld) == ([], "nothing-left")
    assert await hub.states() == {"gm0935": "withheld"}


async def test_a_bundle_keeps_what_its_operator_has_nothing_to_do_with_any_more(hub: Hub) -> None:
    await hub.feed(_question("v1", tlp="AMBER", data={"asked": []}), _question("v2", tlp="AMBER"))
    async with transaction(hub.pool) as connection:
        await move_clock(connection, SLOT)
    await hub.throttle.release_due()
    await hub.change("enexis", areas=("PV20",))
    await hub.mailer.compose()
    (body,) = await hub.bundles()
    assert "id     v2" in body
    assert "id     v1" not in body


async def test_bundles_with_nothing_left_stop_no_other_and_cost_nothing(hub: Hub) -> None:
    soon = (SLOT + timedelta(hours=3)).isoformat()
    await hub.feed(
        *(
            _question(f"v{i}", data={"asked": [slug], "text": f"Vraag {i}?"}, expirytime=soon)
            for i, slug in enumerate(OPERATORS[:21])
        )
    )
    async with transaction(hub.pool) as connection:
        await move_clock(connection, SLOT)
    await hub.throttle.release_due()
    await hub.go(SLOT + timedelta(hours=4))
    assert {row.withheld for row in await hub.rows(tables.bundle)} == {"nothing-left"}
    await hub.feed(_question("goed", data={"asked": [OPERATORS[0]], "needed_by": "2027-07-05"}))
    await hub.go(SLOT + timedelta(weeks=1))
    assert len(await hub.bundles(OPERATORS[0])) == 1


async def test_who_joins_while_the_item_expires_is_still_asked(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.feed(_question("v1", expirytime="2027-06-02T08:00:00+02:00"))
    async with transaction(hub.pool) as connection:
        await move_clock(connection, NOW + timedelta(days=2))
    joining = hub.records(_question("v2", "gm0994"))
    await hub.router.on_records(joining)
    placed, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(connection: AsyncConnection, entries: list[Entry]) -> None:
        placed.set()
        await go_on.wait()
        await record(connection, entries)

    monkeypatch.setattr(consumers.throttle.placing, "record", slowly)
    join = asyncio.create_task(hub.throttle.on_records(joining))
    await placed.wait()
    expire = asyncio.create_task(hub.throttle.release_due())
    done, _ = await asyncio.wait([expire], timeout=0.5)
    assert not done
    go_on.set()
    await asyncio.gather(join, expire)
    await hub.go(SLOT + timedelta(weeks=1))
    assert await hub.states() == {"gm0935": "expired", "gm0994": "sent"}
    assert len(await hub.bundles()) == 1


async def test_an_exercise_keeps_only_itself_from_a_real_mailbox(hub: Hub) -> None:
    real = "00000001123456780000"
    await hub.feed(_question("oefening"))
    changed = with_facts(HISTORY, Kind.PARTY, "gm0994", oin=real)
    enexis = {"oin": "00000001876543210000", "mailbox": "vragen@enexis.nl"}
    await save(hub.pool, with_facts(changed, Kind.PARTY, "enexis", **enexis), NOW)
    source = f"urn:nld:oin:{real}:systeem:zaken"
    await hub.feed(_question("echt", data={"text": "Echt?"}) | {"source": source})
    await hub.go(SLOT)
    (body,) = await hub.bundles()
    assert "Echt?" in body
    assert await hub.states() == {"gm0935": "withheld", "gm0994": "sent"}


async def test_an_amber_answer_says_who_did_not_get_it_and_never_takes_one_back(hub: Hub) -> None:
    # Utrecht has nothing to do with Maastricht, so only its own question gives it a need to know.
    await hub.feed(*(_question(f"v-{asker}", asker, tlp="AMBER") for asker in ("gm0344", "gm0363")))
    await hub.go(SLOT)
    await hub.feed(_answer("a1", "gm0344", "v-gm0344", tlp="AMBER"))
    assert await hub.states() == {"gm0344": "answered", "gm0363": "not-shared"}
    await hub.feed(_answer("a2", "gm0363", "v-gm0363", tlp="AMBER", data={"text": "Negen uur."}))
    assert await hub.states() == {"gm0344": "answered", "gm0363": "answered"}


@pytest.mark.parametrize("label", ["AMBER+STRICT", "RED"])
async def test_an_answer_for_the_named_only_gives_others_no_sign(hub: Hub, label: str) -> None:
    closed = {"tlp": label, "data": {"recipients": ["gm0344"]}}
    await hub.feed(*(_question(f"v-{asker}", asker) for asker in ("gm0344", "gm0363")))
    await hub.feed(_answer("a1", "gm0344", "v-gm0344", **closed))
    assert await hub.states() == {"gm0344": "answered", "gm0363": "waiting"}
    await hub.go(SLOT)
    (body,) = await hub.bundles()
    assert "id     v-gm0363" in body
    await hub.feed(_question("v-gm0994", "gm0994"), _answer("a2", "gm0344", "v-gm0344", **closed))
    await hub.feed(_answer("a3", "gm0994", "v-gm0994", tlp=label, data={"recipients": ["gm0994"]}))
    assert await hub.states() == {"gm0344": "answered", "gm0363": "sent", "gm0994": "answered"}
    await hub.feed(_answer("a4", "gm0363", "v-gm0363"))
    assert (await hub.states())["gm0363"] == "answered"


async def test_what_the_answer_does_not_cover_is_asked_again(hub: Hub) -> None:
    await hub.feed(_standard("v1", "gm0935"))
    await hub.go(SLOT)
    await hub.feed(_standard("v2", "gm0994"))
    rows = [{"area": "GM0935", "text": "Drie stations."}]
    await hub.feed(_answer("a1", "gm0935", "v1", data={"per_area": rows}))
    assert await hub.states() == {"gm0935": "answered", "gm0994": "waiting"}
    await hub.go(SLOT + timedelta(weeks=4))
    assert await hub.states() == {"gm0935": "answered", "gm0994": "sent"}
    assert "Valkenburg" in (await hub.bundles())[1]


async def test_a_free_question_is_not_asked_again_after_its_answer(hub: Hub) -> None:
    await hub.feed(_question("v1"))
    await hub.go(SLOT)
    await hub.feed(_answer("a1", "gm0935", "v1"), _question("v2", "pv31"))
    assert await hub.states() == {"gm0935": "answered", "pv31": "answered"}


async def test_a_red_answer_is_never_given_again(hub: Hub) -> None:
    asks = {"tlp": "RED", "data": {"recipients": ["gm0994"]}}
    await hub.feed(_question("v1", **asks))
    await hub.go(SLOT)
    await hub.feed(_answer("a1", "gm0935", "v1", tlp="RED", data={"recipients": ["gm0935"]}))
    await hub.feed(_question("v2", **asks))
    assert [row.state for row in await hub.rows(tables.request, tables.request.c.state == "waiting")] == [
        "waiting"
    ]


async def test_an_answer_that_comes_before_its_question_counts(hub: Hub) -> None:
    question, answer = _question("v1"), _answer("a1", "gm0935", "v1")
    await hub.router.on_records(hub.records(question, answer))
    await hub.throttle.on_records(hub.records(answer))
    await hub.throttle.on_records(hub.records(question))
    assert await hub.states() == {"gm0935": "answered"}
    assert await hub.rows(tables.delivery, tables.delivery.c.party == "gm0935")


async def test_an_answer_serves_before_the_router_has_seen_it(hub: Hub) -> None:
    await hub.feed(_standard("v1", "gm0935"))
    await hub.go(SLOT)
    answer = _answer("a1", "gm0935", "v1", data={"per_area": [{"area": "GM0994", "text": "Geen."}]})
    await hub.throttle.on_records(hub.records(answer))
    await hub.feed(_standard("v2", "gm0994"))
    assert await hub.states() == {"gm0935": "answered", "gm0994": "answered"}


async def test_each_asker_is_read_in_its_own_words(hub: Hub) -> None:
    await hub.feed(
        _standard("v1", "gm0935", data={"text": "Welke stations staan laag?", "background": None}),
        _standard("v2", "gm0994", data={"text": "Welke stations lopen onder?", "background": "Het Geuldal."}),
    )
    await hub.go(SLOT)
    (body,) = await hub.bundles()
    assert "Welke stations staan laag?" in body
    assert "In eigen woorden: Welke stations lopen onder?" in body
    assert "Achtergrond: Het Geuldal." in body
    assert "Waarom u: deze vraag is aan u gesteld." in body


async def test_a_request_that_may_no_longer_come_in_is_buried_and_not_forgotten(hub: Hub) -> None:
    await ensure_topics(hub.settings)
    question = hub.records(_question("v1", "gm0994"))
    await hub.router.on_records(question)
    await hub.change("gm0994", oin="00000001123456780000")
    await hub.throttle.on_records(question)
    (letter,) = await hub.rows(tables.dead_letter)
    assert (letter.consumer, letter.reason) == ("throttle", "not-admitted")


async def test_what_some_hear_of_at_once_still_comes_in_the_digest_of_others(hub: Hub) -> None:
    await hub.feed(attributes("bottleneck-found", id="k1"))
    digest = tables.delivery.c.mode == "digest"
    waiting = {row.party for row in await hub.rows(tables.delivery, digest)}
    await hub.mailer.compose()
    await hub.go(SLOT)
    assert "enexis" in waiting
    assert {row.party for row in await hub.rows(tables.mail, tables.mail.c.kind == "digest")} == waiting
    assert {row.mail_key is None for row in await hub.rows(tables.delivery)} == {False}
    assert await hub.rows(tables.audience, tables.audience.c.is_open) == []


async def test_a_queued_mail_is_decided_again_when_the_register_has_changed(hub: Hub) -> None:
    await hub.feed(attributes("bottleneck-found", id="k1", tlp="AMBER"))
    await hub.mailer.compose()
    await hub.change("pv31", clearance=Tlp.CLEAR)
    await hub.send()
    await hub.mailer.compose()
    await hub.send()
    mails = await hub.rows(tables.mail)
    (delivery,) = await hub.rows(tables.delivery, tables.delivery.c.party == "pv31")
    assert (delivery.mail_key, delivery.withheld) == (None, "clearance-too-low")
    assert {row.state for row in mails} == {"sent"}
    assert "pv31" not in {row.party for row in mails}


async def test_a_mailbox_that_moved_gets_the_queued_mail(hub: Hub) -> None:
    await hub.feed(attributes("bottleneck-found", id="k1"))
    await hub.mailer.compose()
    await hub.change("pv31", mailbox="nieuw@postbus.example")
    await hub.send()
    await hub.mailer.compose()
    await hub.send()
    (mail,) = await hub.rows(tables.mail, tables.mail.c.party == "pv31")
    assert (mail.state, mail.address) == ("sent", "nieuw@postbus.example")


async def test_every_delivery_says_by_which_register(hub: Hub) -> None:
    await hub.feed(_question("v1"))
    await hub.go(SLOT)
    await hub.feed(_answer("a1", "gm0935", "v1"))
    for table in (tables.delivery, tables.mail, tables.event):
        assert {row.register_version for row in await hub.rows(table)} == {REGISTER.version}


async def test_an_event_on_the_topic_of_another_function_is_buried(hub: Hub) -> None:
    await ensure_topics(hub.settings)
    (good,) = hub.records(attributes("bottleneck-found", id="k1"))
    astray = dataclasses.replace(good, topic=function_topic(hub.settings, FunctionSlug.DRINKING_WATER))
    await hub.router.on_records([astray])
    assert [row.reason for row in await hub.rows(tables.dead_letter)] == ["wrong-topic"]
    assert await hub.rows(tables.event) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET content = jsonb_set(content, '{data,title}', '\"vervalst\"')",
        "DELETE FROM event",
    ],
)
async def test_an_event_that_differs_from_its_record_is_found_out(hub: Hub, statement: str) -> None:
    await hub.feed(attributes("bottleneck-found", id="k1"))
    async with transaction(hub.pool) as connection:
        await number_all(connection, NOW)
        assert (await check_ledger(connection)).faults == []
        await connection.execute(text(statement))
        (fault,) = (await check_ledger(connection)).faults
    assert fault.endswith("hoort bij een gebeurtenis die veranderd of weg is")
