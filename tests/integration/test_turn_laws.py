"""The laws of turns and of what may be told, through real workers on a real database."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from hub.kafka.broker import Publisher
from hub.rules.clearance import is_classified
from hub.rules.identity import event_key
from hub.rules.throttle.keeping import turns_from_json
from hub.rules.throttle.policy import DEFAULT
from hub.rules.throttle.standing import Leaves, leaves
from hub.rules.throttle.turns import TURN
from hub.settings import Settings
from hub.store import tables
from hub.store.database import opened, transaction
from hub.store.throttle.lines import find_standing
from schemas.terms import Tlp
from tests.throttled import FIRST, SLOTS, Left, Told, Week, Workers, question, story

_FLOOD = 60


@asynccontextmanager
async def _workers(settings: Settings) -> AsyncIterator[Workers]:
    async with Publisher(settings) as publisher, opened(settings) as one, opened(settings) as two:
        yield Workers(settings, [one, two], publisher)


def _flooded(seed: int) -> list[Week]:
    """A story in which one asker floods in the first week, with shared and with classified questions."""
    first, *others = story(seed, 8)
    begin = SLOTS.cut_off(FIRST - 1)
    flood = [
        question(
            1_000 + number,
            begin + timedelta(minutes=number, microseconds=500 + number),
            "ws0665",
            tlp="RED" if number % 9 == 0 else "GREEN",
            data={"text": f"Vloed {number}?"},
        )
        for number in range(_FLOOD)
    ]
    return [first._replace(requests=(*flood, *first.requests)), *others]


@pytest.mark.parametrize("seed", [3, 4])
async def test_p11_who_waits_is_in_the_next_bundles_whatever_another_floods(
    settings: Settings, seed: int
) -> None:
    weeks = _flooded(seed)
    async with _workers(settings) as workers:
        for week in weeks:
            await workers.run(week)
        items = {row.item_key: row for row in await workers.rows(tables.item)}
        bundles = {row.bundle_key: row for row in await workers.rows(tables.bundle)}
        requests = await workers.rows(tables.request)
    left = {key: bundles[item.bundle_key].slot for key, item in items.items() if item.bundle_key}
    assert any(row.asker == "ws0665" and row.state == "waiting" for row in requests)
    checked = 0
    for operator in {bundle.operator for bundle in bundles.values()}:
        slots = sorted(bundle.slot for bundle in bundles.values() if bundle.operator == operator)
        seen = [
            row
            for row in requests
            if row.operator == operator
            and row.state != "joined-sent"
            and not is_classified(Tlp(items[row.item_key].tlp))
        ]
        for place, slot in enumerate(slots):
            waiting = {
                row.asker
                for row in seen
                if row.received_at < SLOTS.cut_off(slot)
                and left.get(row.item_key, slot) >= slot
                and row.expires_at > SLOTS.moment(slot)
            }
            places = DEFAULT.places - DEFAULT.reserve
            most = -(-(2 * (len(waiting) - 1) + 1) // places) if waiting else 0
            if place + most > len(slots):
                continue
            taken = {row.asker for row in seen if left.get(row.item_key) in slots[place : place + most]}
            assert waiting <= taken
            checked += len(waiting)
    assert checked > 20


@pytest.mark.parametrize("seed", [3, 4])
async def test_p10_nobody_who_waits_is_more_than_a_turn_behind_or_ahead(
    settings: Settings, seed: int
) -> None:
    ahead = set()
    async with _workers(settings) as workers:
        for week in _flooded(seed):
            await workers.run(week)
            for row in await workers.rows(tables.operator_lock, tables.operator_lock.c.turns.is_not(None)):
                for lane in turns_from_json(row.turns):
                    costs = [lane.served.get(asker, lane.level) for asker in lane.since]
                    ahead |= {cost - lane.level for cost in costs}
    assert max(ahead) == TURN
    assert min(ahead) >= 0


@pytest.mark.parametrize("seed", [3, 5])
async def test_p14_what_an_asker_may_not_know_changes_nothing_that_it_is_told(
    settings: Settings, twin: Settings, seed: int
) -> None:
    weeks = story(seed, 5)
    hidden = [
        question(
            2_000 + number,
            SLOTS.cut_off(FIRST - 1) + timedelta(minutes=7 * number, microseconds=900 + number),
            "vr24",
            tlp="RED",
            data={
                "text": f"Geheim {number}?",
                "needed_by": str(SLOTS.day(FIRST + 3)) if number % 2 else None,
            },
        )
        for number in range(12)
    ]
    more = [weeks[0]._replace(requests=(*weeks[0].requests, *hidden)), *weeks[1:]]
    async with _workers(settings) as plain, _workers(twin) as full:
        compared = 0
        for one, other in zip(weeks, more, strict=True):
            told = []
            for workers, week in ((plain, one), (full, other)):
                await workers.accept(week.requests)
                await workers.move(SLOTS.moment(week.slot) - timedelta(minutes=30))
                await workers.all[0].on_records(workers.records(week.requests))
                told.append(await _told(workers, week, "gm0935"))
            assert told[0] == told[1]
            compared += len(told[0])
            left = []
            for workers, week in ((plain, one), (full, other)):
                await workers.move(SLOTS.moment(week.slot))
                await workers.release()
                left.append(_open(await workers.left(), hidden))
            if left[0] != left[1]:
                break  # the budget is a channel: a bundle that only the hidden ones made leave is seen
    assert compared > 3


async def _told(workers: Workers, week: Week, asker: str) -> dict[tuple[UUID, str], Leaves | None]:
    """What the asker is told of each of its requests that waits."""
    now = SLOTS.moment(week.slot) - timedelta(minutes=30)
    rows = await workers.rows(
        tables.request, tables.request.c.asker == asker, tables.request.c.state == "waiting"
    )
    told = {}
    for row in rows:
        async with transaction(workers.pool) as connection:
            standing = await find_standing(connection, row.operator, now)
        told[row.event_key, row.operator] = leaves(standing, row.item_key, asker)
    return told


def _open(bundles: Sequence[Left], hidden: Sequence[Told]) -> list[Any]:
    """Which items left when, but for the hidden ones."""
    keys = {event_key(one.event["source"], one.event["id"]) for one in hidden}
    return [
        (bundle.operator, bundle.slot, frozenset(item for item in bundle.items if not item & keys))
        for bundle in bundles
        if any(not item & keys for item in bundle.items)
    ]
