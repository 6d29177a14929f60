"""What can't wait reaches its operator at once, within hard limits, and its asker hears of it."""

from datetime import timedelta
from typing import Any

import pytest

from hub.rules.throttle.policy import Change, Policy, Quiet
from hub.store import tables
from hub.store.database import transaction
from hub.store.throttle.policies import keep_change
from schemas.terms import Tlp
from tests.events import attributes, source_of
from tests.fed import NOW, Hub
from tests.replayed import replayed
from tests.throttled import FIRST, SLOTS

SOON = str(SLOTS.day(FIRST) - timedelta(days=0))


def _urgent(event_id: str, asker: str = "gm0935", **changes: Any) -> dict[str, Any]:
    data = {
        "asked": ["enexis"],
        "text": f"Vraag {event_id}?",
        "needed_by": "2027-06-03",
        "urgent": "De dijk is zwak.",
        **changes.pop("data", {}),
    }
    return attributes("question-raised", id=event_id, source=source_of(asker), data=data, **changes)


def _confirmed(request: dict[str, Any], by: str = "kernteam-electricity", **changes: Any) -> dict[str, Any]:
    data = {"request": {"source": request["source"], "id": request["id"]}, "reason": "Het is zo."}
    return attributes(
        "request-confirmed", id=f"b-{request['id']}", source=source_of(by), data=data, **changes
    )


async def _told(hub: Hub, event_id: str) -> list[tuple[str, str | None]]:
    """What the hub publishes of a request: states and words, in order."""
    rows = await hub.rows(tables.outbox)
    rows.sort(key=lambda row: row.position)
    data = [row.content["data"] for row in rows]
    return [(one["state"], one.get("reason")) for one in data if one.get("request", {}).get("id") == event_id]


async def _named(hub: Hub, event_id: str) -> set[str]:
    data = [row.content["data"] for row in await hub.rows(tables.outbox)]
    return {
        slug for one in data if one.get("request", {}).get("id") == event_id for slug in one["recipients"]
    }


async def _contacts(hub: Hub) -> list[tuple[str | None, bool]]:
    rows = await hub.rows(tables.bundle, tables.bundle.c.kind == "urgent")
    return [(row.asker, row.confirmed) for row in sorted(rows, key=lambda row: row.released_at)]


# On 1 June before ten, the slot of that day is still to come.
@pytest.fixture(autouse=True)
async def _after_the_slot(hub: Hub) -> None:
    await hub.go(SLOTS.moment(FIRST) + timedelta(hours=1))


async def test_an_urgent_request_goes_out_at_once_with_all_who_ask_the_same(hub: Hub) -> None:
    same = {"text": "Houdt het station het?", "urgent": None, "needed_by": None}
    await hub.feed(_urgent("v1", "gm0994", data=same), _urgent("ander", "gm0938", data={"urgent": None}))
    await hub.feed(_urgent("v2", data={"text": "Houdt het station het?"}))
    await hub.mailer.compose()
    (mail,) = await hub.rows(tables.mail, tables.mail.c.kind == "bundle")
    assert mail.subject == "[OEFENING] [Kernhub] [TLP:GREEN] Spoed, bundel 1: 1 vraag van 2 partijen"
    assert "De vrager geeft aan dat dit niet kan wachten" in mail.body
    assert "De dijk is zwak." in mail.body
    assert "dinsdag 8 juni 2027, 10:00 uur" in " ".join(mail.body.split())
    assert await hub.states() == {"gm0994": "sent", "gm0938": "waiting", "gm0935": "sent"}
    (bundle,) = await hub.rows(tables.bundle)
    assert (bundle.kind, bundle.asker, bundle.confirmed, bundle.slot) == ("urgent", "gm0935", False, FIRST)
    assert await _told(hub, "v2") == [("urgent-sent", None)]
    assert await _told(hub, "v1") == []


async def test_what_is_in_time_or_sent_already_is_told_so_and_waits(hub: Hub) -> None:
    await hub.feed(
        _urgent("v1"),
        _urgent("v2", "gm0994", data={"text": "Vraag v1?"}),
        _urgent("v3", "gm0994", data={"needed_by": "2027-06-08"}),
        _urgent("v4", "gm0938", data={"needed_by": None}),
    )
    assert await _contacts(hub) == [("gm0935", False)]
    assert await _told(hub, "v2") == [("urgent-not-sent", "operator-has-the-question-already")]
    assert await _told(hub, "v3") == [("urgent-not-sent", "next-slot-is-in-time")]
    assert await _told(hub, "v4") == [("urgent-not-sent", "next-slot-is-in-time")]
    states = sorted(row.state for row in await hub.rows(tables.request))
    assert states == ["joined-sent", "sent", "waiting", "waiting"]


@pytest.mark.parametrize("first", ["request", "confirmation"])
async def test_over_its_share_an_asker_needs_the_coordinator_who_hears_of_it(hub: Hub, first: str) -> None:
    second = _urgent("v2")
    await hub.feed(_urgent("v1"))
    if first == "confirmation":
        await hub.feed(_confirmed(second), second)
        assert await _told(hub, "v2") == [("urgent-sent", None)]
    else:
        await hub.feed(second)
        why = "asker-has-had-its-share-so-ask-the-coordinator"
        assert await _told(hub, "v2") == [("urgent-not-sent", why)]
        assert await _named(hub, "v2") == {"gm0935", "min-ezk", "kernteam-electricity"}
        await hub.feed(_confirmed(second))
        assert (await _told(hub, "v2"))[1:] == [("urgent-sent", None)]
    assert await _contacts(hub) == [("gm0935", False), ("gm0935", True)]
    await hub.mailer.compose()
    assert "de coördinator heeft" in (await hub.bundles())[1]


async def test_only_a_coordinator_of_the_function_that_is_asked_confirms(hub: Hub) -> None:
    await hub.feed(_urgent("v1"), _urgent("v2"))
    await hub.feed(_confirmed(_urgent("v2"), "kernteam-health", functions="health"))
    assert await _contacts(hub) == [("gm0935", False)]


async def test_a_coordinator_who_may_not_know_a_request_does_not_hear_of_it(hub: Hub) -> None:
    await hub.feed(_urgent("v1"), _urgent("v2", tlp="RED"))
    assert await _named(hub, "v2") == {"gm0935"}


async def test_p01_beyond_the_hard_caps_there_is_the_duty_number_until_the_window_is_over(hub: Hub) -> None:
    asked = [
        _urgent(f"v{n}", asker) for n, asker in enumerate(("gm0935", "gm0994", "gm0938", "pv31", "vr24"))
    ]
    await hub.feed(*asked)
    await hub.feed(*map(_confirmed, asked))
    await hub.feed(*map(_confirmed, asked))
    assert [confirmed for _, confirmed in await _contacts(hub)] == [False, False, True, True]
    assert (await _told(hub, "v4"))[-1] == ("urgent-not-sent", "only-the-duty-number")
    await hub.mailer.compose()
    await hub.go(SLOTS.moment(FIRST + 4) - timedelta(hours=1))
    late = {"needed_by": str(SLOTS.day(FIRST + 4) - timedelta(days=1))}
    await hub.feed(_urgent("nog", "gm0957", data=late))
    assert len(await _contacts(hub)) == 4
    await hub.go(SLOTS.moment(FIRST + 4) + timedelta(hours=1))
    await hub.feed(_urgent("later", "gm0957", data={"needed_by": str(SLOTS.day(FIRST + 4))}))
    assert len(await _contacts(hub)) == 5


@pytest.mark.parametrize(
    "policy", [Policy(bundles=0), Policy(quiet=(Quiet(SLOTS.day(FIRST - 1), SLOTS.day(FIRST + 20)),))]
)
async def test_urgent_goes_through_quiet_and_to_who_wants_nothing_routine(hub: Hub, policy: Policy) -> None:
    async with transaction(hub.pool) as connection:
        await keep_change(connection, "enexis", Change(0, policy), NOW)
    await hub.feed(_urgent("v1", data={"needed_by": "2027-06-20"}))
    assert await _contacts(hub) == [("gm0935", False)]
    await hub.mailer.compose()
    assert len(await hub.bundles()) == 1


async def test_p14_who_needs_the_coordinator_hears_nothing_of_contacts_that_it_may_not_know(hub: Hub) -> None:
    closed = [_urgent(f"r{number}", "vr24", tlp="RED") for number in range(3)]
    await hub.feed(_urgent("v1"), *closed, *(_confirmed(one) for one in closed[1:]))
    assert await _contacts(hub) == [("gm0935", False), ("vr24", False), ("vr24", True), ("vr24", True)]
    second = _urgent("v2")
    await hub.feed(second)
    why = "asker-has-had-its-share-so-ask-the-coordinator"
    assert await _told(hub, "v2") == [("urgent-not-sent", why)]
    await hub.feed(_confirmed(second))
    assert (await _told(hub, "v2"))[1:] == [("urgent-not-sent", "only-the-duty-number")]


async def test_urgent_costs_nothing_of_the_routine_budget_and_the_ledger_can_be_done_again(hub: Hub) -> None:
    soon = {"urgent": None, "needed_by": str(SLOTS.day(FIRST + 1) + timedelta(days=6))}
    await hub.feed(_urgent("v1"), _urgent("v2", data=soon))
    await hub.go(SLOTS.moment(FIRST + 1))
    kinds = sorted((row.kind, row.slot - FIRST) for row in await hub.rows(tables.bundle))
    assert kinds == [("routine", 1), ("urgent", 0)]
    (again,) = replayed(bytes(row.record) for row in await hub.rows(tables.ledger))
    assert again.said == again.computed


async def test_who_may_no_longer_be_asked_with_urgency_costs_no_urgent_place(hub: Hub) -> None:
    await hub.feed(_urgent("v1", tlp="AMBER"))
    await hub.change("enexis", clearance=Tlp.CLEAR)
    await hub.mailer.compose()
    (bundle,) = await hub.rows(tables.bundle)
    assert (bundle.withheld, await hub.bundles()) == ("nothing-left", [])


async def test_an_answered_urgent_request_is_told_nothing(hub: Hub) -> None:
    request = _urgent("v1")
    reference = {"source": request["source"], "id": "v1"}
    answer = attributes(
        "question-answered", id="a1", source=source_of("enexis"), data={"question": reference, "per_area": []}
    )
    await hub.feed(answer, request)
    assert await hub.states() == {"gm0935": "answered"}
    assert (await _told(hub, "v1"), await _contacts(hub)) == ([], [])
