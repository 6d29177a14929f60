"""What operators hear from the hub besides their bundle: their systems what is in it, and who answers what
does not count that it does not, and why."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.outlets.handing import next_deliveries
from hub.store import tables
from hub.store.clock import clock_of
from hub.store.database import transaction
from hub.store.deliveries.stream import BEGIN, number_planned
from hub.store.register.registers import Registers
from tests.events import attributes, source_of
from tests.fed import Hub

SLOT = datetime(2027, 6, 22, 8, tzinfo=UTC)
LATER = datetime(2027, 7, 20, 8, tzinfo=UTC)
BUNDLE, WITHHELD = "nl.vitale-functies.bundle.released.v1", "nl.vitale-functies.answer.withheld.v1"


def _question(event_id: str, asker: str = "gm0935", **changes: Any) -> dict[str, Any]:
    data = {"asked": ["enexis"], "needed_by": None, **changes.pop("data", {})}
    return attributes("question-raised", id=event_id, source=source_of(asker), data=data, **changes)


def _answer(event_id: str, question: str, by: str = "enexis", text: str = "Acht uur.", **data: Any) -> Any:
    answered = {"question": {"source": source_of("gm0935"), "id": question}, "valid_until": None}
    content = answered | {"text": text, "per_area": []} | data
    return attributes("question-answered", id=event_id, source=source_of(by), data=content)


async def _put_out(hub: Hub, event_type: str) -> list[dict[str, Any]]:
    rows = await hub.rows(tables.outbox)
    found = [row.content for row in rows if row.content["type"] == event_type]
    return sorted(found, key=lambda one: (one["time"], one["id"]))


async def _systems(hub: Hub, party: str) -> list[str]:
    """The types of what the systems of a party get."""
    await number_planned(hub.pool)
    registers = Registers(hub.pool, clock_of(hub.settings, hub.pool))
    async with transaction(hub.pool) as connection:
        found = await next_deliveries(connection, party, BEGIN, await registers.newest(), 100)
    return [one.event["type"] for one in found.handed]


async def _immediate(hub: Hub, party: str) -> list[str]:
    mail = tables.mail.c
    rows = await hub.rows(tables.mail, mail.party == party, mail.kind == "immediate")
    return sorted(row.body for row in rows)


async def _kinds(hub: Hub, *kinds: str) -> list[str]:
    return sorted(row.kind for row in await hub.rows(tables.ledger) if row.kind in kinds)


async def test_a_bundle_is_an_event_for_the_systems_of_its_operator_and_in_no_mail_of_its_own(
    hub: Hub,
) -> None:
    await hub.feed(_question("v1"), _question("v2", "gm0994", data={"text": "Hoe diep?"}))
    await hub.feed(_question("v3", "pv31", data={"text": "Hoe diep?"}, areas="GM0935"))
    assert await _put_out(hub, BUNDLE) == []
    await hub.go(SLOT)
    (told,) = await _put_out(hub, BUNDLE)
    (bundle,) = await hub.bundles()
    asked = {one["number"]: one for one in told["data"]["questions"]}
    assert all(f"1-{number}" in bundle and one["request"]["id"] in bundle for number, one in asked.items())
    assert sorted(one["text"] for one in asked.values()) == [
        "Hoe diep?",
        "Hoe lang werkt de noodstroom van het station?",
    ]
    assert told["data"]["recipients"] == ["enexis"]
    await hub.feed(told)
    await hub.mailer.compose()
    assert await _immediate(hub, "enexis") == []
    assert await _systems(hub, "enexis") == [BUNDLE]
    parties = {party for row in await hub.rows(tables.audience) for party in row.parties}
    for party in parties - {"enexis"}:
        assert BUNDLE not in await _systems(hub, party)
    await hub.go(SLOT + timedelta(hours=1))
    assert await _put_out(hub, BUNDLE) == [told]


async def test_what_leaves_with_urgency_is_told_to_systems_too(hub: Hub) -> None:
    await hub.at(datetime(2027, 6, 2, 8, tzinfo=UTC))
    urgent = {"urgent": "Het water staat er morgen.", "needed_by": "2027-06-03"}
    await hub.feed(_question("v1", data=urgent))
    await hub.mailer.compose()
    (told,) = await _put_out(hub, BUNDLE)
    assert (told["data"]["kind"], told["data"]["questions"][0]["needed_by"]) == ("urgent", "2027-06-03")


async def test_a_bundle_that_may_not_go_out_is_told_to_nobody(hub: Hub) -> None:
    await hub.feed(_question("v1"))
    await hub.at(SLOT)
    await hub.throttle.release_due()
    await hub.change("enexis")
    await hub.mailer.compose()
    assert await _put_out(hub, BUNDLE) == []
    assert await _kinds(hub, "bundle-withheld") == ["bundle-withheld"]


async def test_an_answer_to_what_was_answered_is_not_passed_on_and_its_author_hears_how_to_correct(
    hub: Hub,
) -> None:
    await hub.feed(_question("v1"))
    await hub.go(SLOT)
    await hub.feed(_answer("a1", "v1"), _answer("a2", "v1", text="Negen uur."))
    await hub.mailer.compose()
    (body,) = await _immediate(hub, "gm0935")
    assert "Acht uur." in body
    (told,) = await _put_out(hub, WITHHELD)
    assert (told["data"]["why"], told["data"]["settled_by"]["id"]) == ("answered-before", "a1")
    assert told["data"]["answer"]["id"] == "a2"
    await hub.feed(told)
    await hub.mailer.compose()
    (mail,) = await _immediate(hub, "enexis")
    words = " ".join(mail.split())
    assert "al. Dit antwoord is niet doorgegeven aan wie haar stelde." in words
    assert "data.supersedes" in words
    assert "a1" in words
    assert await _kinds(hub, "answer-settled", "item-answered") == ["answer-settled", "item-answered"]
    await hub.go(LATER)
    digests = await hub.rows(tables.mail, tables.mail.c.kind == "digest")
    assert "Negen uur." not in "".join(row.body for row in digests)


async def test_a_correction_that_names_what_it_replaces_reaches_who_had_that(hub: Hub) -> None:
    await hub.feed(_question("v1"))
    await hub.go(SLOT)
    named = {"source": source_of("enexis"), "id": "a1"}
    await hub.feed(_answer("a1", "v1"), _answer("a2", "v1", text="Negen uur.", supersedes=named))
    await hub.mailer.compose()
    assert any("Negen uur." in body for body in await _immediate(hub, "gm0935"))
    assert await _put_out(hub, WITHHELD) == []


async def test_the_same_answer_sent_twice_is_nothing_odd(hub: Hub) -> None:
    await hub.feed(_question("v1"))
    await hub.go(SLOT)
    await hub.feed(_answer("a1", "v1"), _answer("a1", "v1"), _answer("a2", "v1"))
    await hub.mailer.compose()
    assert len(await _immediate(hub, "gm0935")) == 1
    assert await _put_out(hub, WITHHELD) == []


@pytest.mark.parametrize("question", ["v1", "bestaat-niet"])
async def test_who_was_not_asked_hears_once_that_its_answer_went_to_nobody_and_nothing_else(
    hub: Hub, question: str
) -> None:
    await hub.feed(_question("v1", data={"text": "Een geheim."}))
    await hub.go(SLOT)
    answer = _answer("a1", question, "wml", text="Ons antwoord.")
    await hub.feed(answer, answer)
    (told,) = await _put_out(hub, WITHHELD)
    assert {name: value for name, value in told["data"].items() if name != "answer"} == {
        "recipients": ["wml"],
        "title": "Ons antwoord.",
        "why": "not-asked",
    }
    await hub.feed(told)
    await hub.mailer.compose()
    (mail,) = await _immediate(hub, "wml")
    assert "geen vraag met dit kenmerk" in " ".join(mail.split())
    assert "geheim" not in mail
    assert await hub.states() == {"gm0935": "sent"}


async def test_an_answer_that_was_early_counts_when_its_question_comes_all_the_same(hub: Hub) -> None:
    await hub.feed(_answer("a1", "v1"))
    assert len(await _put_out(hub, WITHHELD)) == 1
    await hub.feed(_question("v1"))
    assert await hub.states() == {"gm0935": "answered"}
