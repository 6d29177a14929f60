"""The laws of the throttle through real workers on a real database: in numbers, doubled, in any order, and
broken off at every statement."""

import asyncio
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event

from hub.errors import DatabaseUnavailable
from hub.kafka.broker import Publisher
from hub.rules.throttle.policy import Change, Policy, Quiet
from hub.rules.throttle.standing import leaves
from hub.settings import Settings
from hub.store import tables
from hub.store.clock import move_clock
from hub.store.database import dsn, opened, transaction
from hub.store.throttle.lines import find_standing
from hub.store.throttle.policies import keep_change
from tests.replayed import replayed
from tests.throttled import FIRST, SLOTS, Left, Told, Week, Workers, breaking_off, question, story

Feed = Callable[[Workers, list[Told]], Awaitable[None]]
Release = Callable[[Workers], Awaitable[None]]


@asynccontextmanager
async def _workers(settings: Settings, number: int = 1) -> AsyncIterator[Workers]:
    async with Publisher(settings) as publisher, opened(settings) as one, opened(settings) as two:
        yield Workers(settings, [one, two][:number], publisher)


async def _in_order(workers: Workers, requests: list[Told]) -> None:
    await workers.all[0].on_records(workers.records(sorted(requests, key=lambda told: told.at)))


async def _play(
    workers: Workers, weeks: list[Week], feed: Feed = _in_order, release: Release = Workers.release
) -> list[Left]:
    """All bundles of the story: each week is accepted, placed before its slot, and released in it."""
    for slot, requests in weeks:
        await workers.accept(requests)
        await workers.move(SLOTS.moment(slot) - timedelta(minutes=30))
        await feed(workers, list(requests))
        await workers.move(SLOTS.moment(slot))
        await release(workers)
    return await workers.left()


@pytest.mark.parametrize("seed", [1, 2])
async def test_p01_p03_p04_two_workers_at_once_keep_the_budget_the_size_and_the_slot(
    settings: Settings, seed: int
) -> None:
    first, last = (SLOTS.day(FIRST + week) for week in (2, 4))
    quiet = Policy(quiet=(Quiet(first, last),))
    async with _workers(settings, 2) as workers:
        async with transaction(workers.pool) as connection:
            await keep_change(connection, "wml", Change(0, quiet), SLOTS.moment(FIRST - 1))
        bundles = await _play(workers, story(seed, 9))
        kept = {(row.operator, row.slot): row for row in await workers.rows(tables.bundle)}
        red = {row.item_key for row in await workers.rows(tables.item, tables.item.c.tlp == "RED")}
        requests = await workers.rows(tables.request, tables.request.c.item_key.in_(red))
        classified = {row.event_key for row in requests}
    assert {bundle.operator for bundle in bundles} == {"enexis", "wml", "kpn"}
    for operator in ("enexis", "wml", "kpn"):
        slots = [bundle.slot for bundle in bundles if bundle.operator == operator]
        assert all(later - earlier >= 2 for earlier, later in pairwise(slots))
    asked = [(bundle.operator, one) for bundle in bundles for item in bundle.items for one in item]
    assert len(asked) == len(set(asked))
    assert any(len(bundle.items) == 20 for bundle in bundles)
    for bundle in bundles:
        assert 1 <= len(bundle.items) <= 20
        hidden = {item for item in bundle.items if item & classified}
        assert len(hidden) <= 4
        row = kept[bundle.operator, bundle.slot]
        assert row.slot_at == row.released_at == SLOTS.moment(bundle.slot)
        assert row.only_classified == (hidden == bundle.items)
        assert not (bundle.operator == "wml" and first <= SLOTS.day(bundle.slot) < last)


async def test_p07_who_asks_the_same_at_once_through_two_workers_is_one_question(settings: Settings) -> None:
    at = SLOTS.moment(FIRST) - timedelta(days=1)
    askers = ("gm0935", "gm0994", "gm0938", "gm0957", "pv31", "vr24", "ws0665", "vr23")
    same = {"text": "Staat het station droog?"}
    told = [
        question(number, at + timedelta(minutes=number), asker, data=same)
        for number, asker in enumerate(askers)
    ]
    async with _workers(settings, 2) as workers:
        await workers.accept(told)
        await workers.move(at + timedelta(hours=1))
        await asyncio.gather(
            *(workers.all[n % 2].on_records(workers.records([one])) for n, one in enumerate(told))
        )
        assert len(await workers.rows(tables.item)) == 1
        assert {row.state for row in await workers.rows(tables.request)} == {"waiting"}
        assert len(await workers.rows(tables.request)) == len(askers)


async def test_p20_a_request_that_two_workers_place_at_once_is_one_and_never_joins_itself(
    settings: Settings,
) -> None:
    at = SLOTS.moment(FIRST) - timedelta(days=1)
    told = [question(1, at)]
    async with _workers(settings, 2) as workers:
        await workers.accept(told)
        await workers.move(at + timedelta(hours=1))
        await asyncio.gather(*(worker.on_records(workers.records(told * 2)) for worker in workers.all))
        await workers.move(SLOTS.moment(FIRST + 3))
        await workers.release()
        await workers.all[0].on_records(workers.records(told))
        (request,) = await workers.rows(tables.request)
        (item,) = await workers.rows(tables.item)
    assert (request.state, item.state) == ("sent", "sent")


def _any_order(seed: int) -> Feed:
    dice = random.Random(seed)  # noqa: S311 - the same order for the same seed

    async def feed(workers: Workers, requests: list[Told]) -> None:
        doubled = [*requests, *dice.sample(requests, len(requests) // 2)]
        dice.shuffle(doubled)
        half = len(doubled) // 2
        await asyncio.gather(
            workers.all[0].on_records(workers.records(doubled[:half])),
            workers.all[-1].on_records(workers.records(doubled[half:])),
        )

    return feed


@pytest.mark.parametrize("seed", [3, 4])
async def test_p08_doubled_and_in_any_order_before_the_cut_off_the_same_bundles_leave(
    settings: Settings, twin: Settings, seed: int
) -> None:
    async with _workers(settings) as workers:
        expected = await _play(workers, story(seed))
    async with _workers(twin, 2) as workers:
        assert await _play(workers, story(seed), _any_order(seed)) == expected
    assert len(expected) > 8


async def _until_done(workers: Workers, step: Callable[[], Awaitable[None]]) -> int:
    """Does a step that is broken off at its first statement, at its second, and so on; from the first one
    again when some of it was done. How often it was broken off."""
    at, times, done = 1, 0, await _progress(workers)
    while True:
        with breaking_off(workers.pool, at):
            try:
                await step()
                return times
            except DatabaseUnavailable:
                times += 1
        now = await _progress(workers)
        at, done = (at + 1, done) if now == done else (1, now)


async def _progress(workers: Workers) -> tuple[int, ...]:
    runs = [row.last_run or 0 for row in await workers.rows(tables.operator_lock)]
    return len(await workers.rows(tables.handled)), len(await workers.rows(tables.bundle)), sum(runs)


async def test_p09_broken_off_at_every_statement_the_same_bundles_leave(
    settings: Settings, twin: Settings
) -> None:
    weeks = story(5, 5)
    times = 0

    async def feed(workers: Workers, requests: list[Told]) -> None:
        nonlocal times
        records = workers.records(sorted(requests, key=lambda told: told.at)[:4])
        times += await _until_done(workers, lambda: workers.all[0].on_records(records))
        await _in_order(workers, requests)

    async def release(workers: Workers) -> None:
        nonlocal times
        times += await _until_done(workers, workers.release)

    async with _workers(settings) as workers:
        expected = await _play(workers, weeks)
    async with _workers(twin) as workers:
        assert await _play(workers, weeks, feed, release) == expected
        released = [row for row in await workers.rows(tables.ledger) if row.kind == "bundle-released"]
    assert len(released) == len(expected) > 3
    assert times > 200


_DIES = """
import asyncio, os, signal, sys
from sqlalchemy import event
from hub.kafka.broker import Publisher
from hub.settings import Settings
from hub.store.database import opened
from tests.throttled import Workers

async def main():
    settings = Settings(database_url=sys.argv[1], kafka_servers=sys.argv[2])
    statements = iter(range(1, int(sys.argv[3])))
    async with Publisher(settings) as publisher, opened(settings) as pool:
        def die(*_):
            if next(statements, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
        event.listen(pool.sync_engine, "before_cursor_execute", die)
        await Workers(settings, [pool], publisher).release()

asyncio.run(main())
"""


async def test_p09_a_worker_that_is_killed_in_the_middle_of_a_release_leaves_it_to_the_next(
    settings: Settings, twin: Settings
) -> None:
    weeks = story(6, 2)

    async def release(workers: Workers) -> None:
        for statement in (9, 14):
            known = [dsn(workers.settings), workers.settings.kafka_servers, str(statement)]
            ran = await asyncio.to_thread(
                subprocess.run, [sys.executable, "-c", _DIES, *map(str, known)], check=False
            )
            assert ran.returncode in (-signal.SIGKILL, 0)
            killed.append(ran.returncode)
        await workers.release()

    killed: list[int] = []
    async with _workers(settings) as workers:
        expected = await _play(workers, weeks)
    async with _workers(twin) as workers:
        assert await _play(workers, weeks, release=release) == expected
    assert killed.count(-signal.SIGKILL) >= 3
    assert expected


async def test_p19_what_ends_after_its_bundle_refunds_nothing_and_leaves_who_asked_the_same(
    settings: Settings,
) -> None:
    at = SLOTS.moment(FIRST) - timedelta(days=1)
    soon = str(SLOTS.day(FIRST) + timedelta(days=5))
    ends = (SLOTS.moment(FIRST) + timedelta(days=1)).isoformat()
    told = [
        question(1, at, data={"needed_by": soon}, expirytime=ends),
        question(2, at, data={"needed_by": soon, "text": "Hoe hoog?"}, expirytime=ends),
        question(3, at, "gm0994", data={"needed_by": soon, "text": "Hoe hoog?"}),
    ]
    later = [question(4, SLOTS.moment(FIRST), data={"needed_by": soon})]
    async with _workers(settings, 2) as workers:
        await _play(workers, [Week(FIRST, tuple(told)), Week(FIRST + 1, tuple(later))])
        states = {row.event_key: row.state for row in await workers.rows(tables.request)}
        assert sorted(states.values()) == ["expired", "expired", "sent", "waiting"]
        assert sorted(row.state for row in await workers.rows(tables.item)) == ["expired", "sent", "waiting"]
        left = await _play(workers, [Week(FIRST + 2, ())])
    assert [bundle.slot for bundle in left] == [FIRST, FIRST + 2]


@pytest.mark.parametrize("seed", [7, 8])
async def test_each_bundle_and_its_hash_follow_from_the_ledger_alone(settings: Settings, seed: int) -> None:
    async with _workers(settings, 2) as workers:
        bundles = await _play(workers, story(seed, 8), _any_order(seed))
        again = replayed(bytes(row.record) for row in await workers.rows(tables.ledger))
    assert [one.said for one in again] == [one.computed for one in again]
    assert sorted(one.said[0] for one in again) == sorted(bundle.input_hash.hex() for bundle in bundles)
    assert len(again) > 8


async def test_a_slot_that_was_missed_for_a_day_is_skipped(settings: Settings) -> None:
    soon = str(SLOTS.day(FIRST) + timedelta(days=5))
    told = [question(1, SLOTS.moment(FIRST) - timedelta(days=1), data={"needed_by": soon})]
    async with _workers(settings) as workers:
        await workers.accept(told)
        await workers.move(SLOTS.moment(FIRST) - timedelta(hours=2))
        await _in_order(workers, told)
        await workers.move(SLOTS.moment(FIRST) + timedelta(days=1))
        await workers.release()
        assert await workers.left() == []
        await workers.move(SLOTS.moment(FIRST + 1) + timedelta(hours=13))
        await workers.release()
        assert [bundle.slot for bundle in await workers.left()] == [FIRST + 1]


async def test_each_operator_is_asked_on_its_own_day_and_hour(settings: Settings) -> None:
    soon = str(SLOTS.day(FIRST) + timedelta(days=5))
    both = {"asked": ["enexis", "wml"], "needed_by": soon}
    told = [question(1, SLOTS.moment(FIRST) - timedelta(days=1), data=both)]
    thursday = Policy(weekday=3, hour=14)
    async with _workers(settings) as workers:
        async with transaction(workers.pool) as connection:
            await keep_change(connection, "wml", Change(FIRST - 1, thursday), SLOTS.moment(FIRST - 2))
        await _play(workers, [Week(FIRST, tuple(told))])
        assert [bundle.operator for bundle in await workers.left()] == ["enexis"]
        at = SLOTS._replace(weekday=3, hour=14).moment(FIRST)
        await workers.move(at)
        await workers.release()
        (row,) = await workers.rows(tables.bundle, tables.bundle.c.operator == "wml")
    assert (row.slot, row.slot_at) == (FIRST, at)


async def test_nothing_is_written_when_nothing_is_due(settings: Settings) -> None:
    told = [question(1, SLOTS.moment(FIRST) - timedelta(days=1))]
    written: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        written.extend([statement] if not statement.lstrip().upper().startswith("SELECT") else [])

    async with _workers(settings) as workers:
        await _play(workers, [Week(FIRST, tuple(told))])
        sqlalchemy_event.listen(workers.pool.sync_engine, "before_cursor_execute", note)
        for hours in (0, 1, 5, 48):
            async with opened(settings) as other, transaction(other) as connection:
                await move_clock(connection, SLOTS.moment(FIRST) + timedelta(hours=hours))
            await workers.release()
    assert written == []


async def test_p13_with_nothing_new_no_item_leaves_later_than_its_asker_was_told(settings: Settings) -> None:
    async with _workers(settings, 2) as workers:
        await _play(workers, story(9, 3))
        now = SLOTS.moment(FIRST + 2) + timedelta(days=1)
        waiting = await workers.rows(tables.request, tables.request.c.state == "waiting")
        promised = {}
        async with transaction(workers.pool) as connection:
            for row in waiting:
                standing = await find_standing(connection, row.operator, now)
                told = leaves(standing, row.item_key, row.asker)
                assert told is not None
                if told.by is not None:
                    promised[row.event_key, row.operator] = told.by
        for week in range(3, 10):
            await workers.run(Week(FIRST + week, ()))
        sent_at = {row.bundle_key: row.slot_at for row in await workers.rows(tables.bundle)}
        left_in = {row.item_key: row.bundle_key for row in await workers.rows(tables.item)}
        rows = await workers.rows(tables.request)
    left = {(row.event_key, row.operator): sent_at.get(left_in[row.item_key]) for row in rows}
    assert len(promised) > 5
    late = [key for key, by in promised.items() if (when := left[key]) is None or when > by]
    assert late == []
