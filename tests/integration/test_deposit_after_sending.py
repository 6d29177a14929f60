"""A deposit answers what its operator has already received: what it covers, for who may have it, once."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from hub.errors import DatabaseUnavailable
from hub.store import tables
from tests.events import attributes, source_of
from tests.fed import Hub
from tests.replayed import replayed
from tests.throttled import breaking_off

SLOT = datetime(2027, 6, 22, 8, tzinfo=UTC)
LATER = datetime(2027, 7, 20, 8, tzinfo=UTC)
_DEPTH = {"standard_question": "stations-at-water-depth", "parameters": {"depth_cm": "50"}}


def _asked(asker: str, *areas: str, **changes: Any) -> dict[str, Any]:
    return attributes(
        "question-raised",
        id=f"v-{asker}",
        source=source_of(asker),
        areas=",".join(areas or (asker.upper(),)),
        data={"asked": ["enexis"], "needed_by": None, **_DEPTH},
        **changes,
    )


def _deposit(*areas: str, named: tuple[str, ...] = (), **changes: Any) -> dict[str, Any]:
    rows = [{"area": area, "text": "Twee stations."} for area in areas]
    data = {**_DEPTH, "text": "Tekst van d1.", "per_area": rows, "valid_until": None, "recipients": named}
    return attributes("answer-deposited", id="d1", areas=",".join(areas), data=data, **changes)


def _answered(asker: str, *areas: str, event_id: str = "a1") -> dict[str, Any]:
    rows = [{"area": area, "text": "Geen."} for area in areas]
    data = {"question": {"source": source_of(asker), "id": f"v-{asker}"}, "per_area": rows}
    return attributes("question-answered", id=event_id, source=source_of("enexis"), data=data)


async def _told(hub: Hub, *parties: str) -> dict[str, int]:
    await hub.mailer.compose()
    mails = await hub.rows(tables.mail, tables.mail.c.kind == "immediate")
    return {party: sum(mail.party == party for mail in mails) for party in parties}


async def _areas(hub: Hub) -> dict[str, list[str]]:
    return {row.asker: row.areas for row in await hub.rows(tables.request)}


async def test_what_it_covers_is_answered_once_and_only_the_gap_stays_with_the_operator(hub: Hub) -> None:
    await hub.feed(_asked("gm0935"), _asked("pv31", "GM0935", "GM0994"))
    await hub.go(SLOT)
    await hub.feed(_asked("gm0938"), _deposit("GM0935", "GM0938"), _deposit("GM0935", "GM0938"))
    assert await hub.states() == {"gm0935": "answered", "gm0938": "answered", "pv31": "sent"}
    assert (await _areas(hub))["pv31"] == ["GM0994"]
    assert await _told(hub, "gm0935", "gm0938", "pv31") == {"gm0935": 1, "gm0938": 1, "pv31": 1}
    # The bundle named one asker to refer to; an answer to that one is still the answer for the others.
    await hub.feed(_answered("gm0935", "GM0994"))
    assert set((await hub.states()).values()) == {"answered"}
    assert (await _told(hub, "pv31"))["pv31"] == 2
    await hub.go(LATER)
    assert len(await hub.bundles()) == 1
    assert [one.said == one.computed for one in replayed(r.record for r in await hub.rows(tables.ledger))]


async def test_an_item_that_is_covered_wholly_is_answered_and_can_no_longer_be_declined(hub: Hub) -> None:
    await hub.feed(_asked("gm0935"), _asked("gm0994"))
    await hub.go(SLOT)
    await hub.feed(_deposit("GM0935", "GM0994"))
    assert {row.state for row in await hub.rows(tables.item)} == {"answered"}
    about = {"source": source_of("gm0935"), "id": "v-gm0935"}
    await hub.feed(attributes("request-declined", data={"request": about, "reason": "Nee."}))
    assert set((await hub.states()).values()) == {"answered"}


async def test_who_may_not_have_it_waits_on_for_an_answer_of_its_own(hub: Hub) -> None:
    await hub.feed(_asked("gm0935"), _asked("pv31", "GM0935"))
    await hub.go(SLOT)
    await hub.feed(_deposit("GM0935", tlp="AMBER", named=("gm0935",)))
    assert await hub.states() == {"gm0935": "answered", "pv31": "sent"}
    assert await _told(hub, "gm0935", "pv31") == {"gm0935": 1, "pv31": 0}
    await hub.feed(_answered("gm0935", "GM0935"))
    assert await hub.states() == {"gm0935": "answered", "pv31": "answered"}
    assert await _told(hub, "gm0935", "pv31") == {"gm0935": 2, "pv31": 1}


async def test_an_answer_that_has_ended_answers_nothing_that_was_sent(hub: Hub) -> None:
    await hub.feed(_asked("gm0935"))
    await hub.go(SLOT)
    ended = _deposit("GM0935")
    ended["data"]["valid_until"] = "2027-06-21"
    await hub.feed(ended)
    assert await hub.states() == {"gm0935": "sent"}


async def test_what_left_but_was_not_mailed_yet_is_not_asked_any_more(hub: Hub) -> None:
    await hub.feed(_asked("gm0935"))
    compose, hub.mailer.compose = hub.mailer.compose, _nothing  # type: ignore[method-assign]
    await hub.go(SLOT)
    await hub.feed(_deposit("GM0935"))
    hub.mailer.compose = compose  # type: ignore[method-assign]
    assert await _told(hub, "gm0935") == {"gm0935": 1}
    (bundle,) = await hub.rows(tables.bundle)
    assert (await hub.bundles(), bundle.withheld) == ([], "nothing-left")


async def _nothing() -> None:
    """A mailer that is away."""


async def test_broken_off_at_every_statement_and_by_two_at_once_each_is_answered_once(hub: Hub) -> None:
    await hub.feed(_asked("gm0935"), _asked("gm0994"), _asked("pv31", "GM0935", "GM0938"))
    await hub.go(SLOT)
    records = hub.records(_deposit("GM0935", "GM0994"))
    await hub.router.on_records(records)
    at, done, times = 1, len(await hub.rows(tables.handled)), 0
    while True:
        with breaking_off(hub.pool, at):
            try:
                await hub.throttle.on_records(records)
                break
            except DatabaseUnavailable:
                times += 1
        handled = len(await hub.rows(tables.handled))
        at, done = (at + 1, done) if handled == done else (1, handled)
    await asyncio.gather(*(hub.throttle.on_records(records) for _ in range(2)))
    states = await hub.states()
    assert (states["gm0935"], states["gm0994"], states["pv31"]) == ("answered", "answered", "sent")
    assert await _told(hub, "gm0935", "gm0994", "pv31") == dict.fromkeys(("gm0935", "gm0994", "pv31"), 1)
    ledger = await hub.rows(tables.ledger, tables.ledger.c.kind == "request-served")
    assert (len(ledger), times > 15) == (3, True)
