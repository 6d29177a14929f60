"""Every contact beside the routine ones, through real workers: two at once, doubled, in any order, and broken
off at every statement."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from hub.errors import DatabaseUnavailable
from hub.kafka.broker import Publisher
from hub.rules.throttle.policy import DEFAULT
from hub.settings import Settings
from hub.store import tables
from hub.store.database import opened
from tests.events import attributes
from tests.replayed import replayed
from tests.throttled import FIRST, SLOTS, Told, Workers, breaking_off, question

_ASKERS = ("gm0935", "gm0994", "gm0938", "pv31", "vr24")
_MOST = DEFAULT.urgent + DEFAULT.confirmed


def _week(seed: int, week: int) -> list[Told]:
    """What is said in a week: urgent questions, words of the coordinator, a crisis and who asks for it."""
    dice = random.Random(seed * 100 + week)  # noqa: S311 - the same story for the same seed
    at = SLOTS.moment(FIRST + week) + timedelta(hours=2)
    found = []
    for n in range(6):
        number, asker = 100 * week + n, dice.choice(_ASKERS)
        needed = str((at + timedelta(days=dice.choice((1, 2, 20)))).date())
        text = f"Wat doet u bij {dice.choice('abcd')}{week}?"
        told = question(
            number,
            at + timedelta(minutes=n),
            asker,
            data={"urgent": "Nu.", "needed_by": needed, "text": text},
        )
        found.append(told)
        if dice.random() < 0.6:
            found.append(_confirmed(told, number))
    crisis = f"Storm {week // 2}"
    found.append(_situation(week, crisis, at))
    standard = {"standard_question": "stations-at-water-depth", "crisis": crisis}
    found.append(question(100 * week + 50, at + timedelta(minutes=20), "gm0935", data=standard))
    return found


def _confirmed(told: Told, number: int) -> Told:
    request = {"source": told.event["source"], "id": told.event["id"]}
    data = {"request": request, "reason": "Het is zo."}
    at = told.at + timedelta(hours=1)
    time = at.isoformat(timespec="seconds")
    return Told(at, attributes("request-confirmed", id=f"b{number}", time=time, data=data))


def _situation(week: int, crisis: str, at: Any) -> Told:
    data = {"crisis": crisis, "text": "Het waait."}
    time = at.isoformat(timespec="seconds")
    return Told(at, attributes("situation-opened", id=f"s{week}", areas="VR24", time=time, data=data))


@asynccontextmanager
async def _workers(settings: Settings) -> AsyncIterator[Workers]:
    async with Publisher(settings) as publisher, opened(settings) as one, opened(settings) as two:
        yield Workers(settings, [one, two], publisher)


async def _obeyed(workers: Workers) -> None:
    """P1 and P2: urgent ones are at most U + C, and with the routine ones B + U + C, in any W slots; with the
    reminders that stand alone 2B more; a crisis contact has its situation, once."""
    bundles = await workers.rows(tables.bundle)
    reminders = [row for row in await workers.rows(tables.reminder) if row.stands_alone]
    window = DEFAULT.window
    for operator in {row.operator for row in bundles}:
        mine = [row for row in bundles if row.operator == operator]
        for begin in range(FIRST - window, FIRST + 14):
            here = [row for row in mine if begin <= row.slot < begin + window]
            kinds = [row.kind for row in here]
            own = [row.asker for row in here if row.kind == "urgent" and not row.confirmed]
            assert kinds.count("routine") <= DEFAULT.bundles
            assert kinds.count("urgent") <= _MOST
            assert len(own) == len(set(own)) <= DEFAULT.urgent
            assert sum(row.confirmed for row in here) <= DEFAULT.confirmed
            alone = [row.slot for row in reminders if row.operator == operator]
            within = [slot for slot in alone if begin <= slot < begin + window]
            assert len(within) == len(set(within)) <= 2 * DEFAULT.bundles
            assert not set(within) & {row.slot for row in here if row.kind == "routine"}
            asked = len(here) - kinds.count("crisis")
            assert asked + len(within) <= 3 * DEFAULT.bundles + _MOST
    sheets = {(row.situation_key, row.operator) for row in await workers.rows(tables.sheet)}
    crises = [(row.cause, row.operator) for row in bundles if row.kind == "crisis"]
    assert len(crises) == len(set(crises)) > 0
    assert set(crises) == sheets
    causes = [(row.cause, row.operator) for row in bundles if row.kind == "urgent"]
    assert len(causes) == len(set(causes)) > 2


async def _reminded(workers: Workers) -> None:
    """Each bundle with something open was reminded of, once or twice, of no crisis, alone and along."""
    bundles = {row.bundle_key: row for row in await workers.rows(tables.bundle)}
    times = Counter(row.bundle_key for row in await workers.rows(tables.reminded))
    open_ones = {row.bundle_key for row in await workers.rows(tables.item, tables.item.c.state == "sent")}
    due = {key for key in open_ones if bundles[key].kind != "crisis" and bundles[key].slot < FIRST + 6}
    assert {times[key] for key in due} <= {1, 2}
    assert {bundles[key].kind for key in times} == {"routine", "urgent"}
    assert {row.stands_alone for row in await workers.rows(tables.reminder)} == {False, True}


@pytest.mark.parametrize("seed", [1, 2])
async def test_p01_p02_two_workers_at_once_doubled_and_in_any_order_keep_every_cap(
    settings: Settings, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - the same order for the same seed
    async with _workers(settings) as workers:
        for week in range(6):
            told = _week(seed, week)
            await workers.accept(told)
            await workers.move(SLOTS.moment(FIRST + week) + timedelta(hours=4))
            doubled = [*told, *dice.sample(told, len(told) // 2)]
            dice.shuffle(doubled)
            half = len(doubled) // 2
            parts = (doubled[:half], doubled[half:])
            await asyncio.gather(
                *(w.on_records(workers.records(some)) for w, some in zip(workers.all, parts, strict=True))
            )
            await workers.move(SLOTS.moment(FIRST + week + 1))
            await workers.release()
        for week in range(7, 12):
            await workers.move(SLOTS.moment(FIRST + week))
            await workers.release()
        await _obeyed(workers)
        await _reminded(workers)
        again = replayed(bytes(row.record) for row in await workers.rows(tables.ledger))
    assert [one.said for one in again] == [one.computed for one in again]


async def _until_done(workers: Workers, step: Callable[[], Awaitable[None]]) -> int:
    """Does a step that is broken off at its first statement, at its second, and so on; how often it was."""
    at, times, done = 1, 0, len(await workers.rows(tables.handled))
    while True:
        with breaking_off(workers.pool, at):
            try:
                await step()
                return times
            except DatabaseUnavailable:
                times += 1
        now = len(await workers.rows(tables.handled))
        at, done = (at + 1, done) if now == done else (1, now)


async def _contacts(workers: Workers) -> list[tuple[Any, ...]]:
    rows = await workers.rows(tables.bundle)
    return sorted((row.operator, row.kind, str(row.cause), row.slot, row.confirmed) for row in rows)


async def _published(workers: Workers) -> set[Any]:
    return {row.event_key for row in await workers.rows(tables.outbox)}


async def test_p09_broken_off_at_every_statement_the_same_contacts_are_made_and_told(
    settings: Settings, twin: Settings
) -> None:
    told = sorted(_week(3, 0), key=lambda one: one.at)
    after = SLOTS.moment(FIRST) + timedelta(hours=4)
    async with _workers(settings) as workers:
        await workers.accept(told)
        await workers.move(after)
        await workers.all[0].on_records(workers.records(told))
        expected = await _contacts(workers), await _published(workers)
    async with _workers(twin) as workers:
        await workers.accept(told)
        await workers.move(after)
        records = workers.records(told)
        times = await _until_done(workers, lambda: workers.all[0].on_records(records))
        assert (await _contacts(workers), await _published(workers)) == expected
        await _obeyed(workers)
    assert all(expected)
    assert times > 100
