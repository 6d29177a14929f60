"""Declining, postponing and merging through real workers: two at once, doubled, in any order, and broken off
at every statement."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.errors import DatabaseUnavailable, Unavailable
from hub.kafka.broker import Publisher
from hub.rules.identity import event_key
from hub.settings import Settings
from hub.store import tables
from hub.store.database import opened, transaction
from hub.store.exchanges import NewEvent, keep_events
from tests.events import attributes, source_of
from tests.replayed import replayed
from tests.throttled import FIRST, SLOTS, Left, Told, Workers, breaking_off, question

START = SLOTS.moment(FIRST - 1) + timedelta(hours=3)
_ASKERS = ("gm0935", "gm0994", "gm0938")


def _two(
    kind: str, one: int, other: int, at: datetime, by: str = "enexis", functions: str = "electricity"
) -> Told:
    refs = [{"source": source_of(_asker(n)), "id": f"v{n}"} for n in (one, other)]
    data = {"asked": "enexis", "one": refs[0], "other": refs[1]}
    name = f"{kind}-{one}-{other}-{at.timestamp()}"
    event = attributes(
        kind,
        id=name,
        source=source_of(by),
        time=at.isoformat(timespec="seconds"),
        data=data,
        functions=functions,
    )
    return Told(at, event)


def _of(kind: str, number: int, at: datetime, **data: Any) -> Told:
    request = {"source": source_of(_asker(number)), "id": f"v{number}"}
    event = attributes(
        kind,
        id=f"{kind}-{number}-{at.timestamp()}",
        source=source_of("enexis"),
        time=at.isoformat(timespec="seconds"),
        data={"request": request, "recipients": None, **data},
    )
    return Told(at, event)


def _asker(number: int) -> str:
    return _ASKERS[number % len(_ASKERS)]


def _ask(number: int, text: str, at: datetime, **data: Any) -> Told:
    return question(number, at, _asker(number), data={"text": text, **data})


def _weeks(seed: int, weeks: int = 5) -> list[list[Told]]:
    """Questions in a few wordings each week, and an operator that says which of them are the same, or not."""
    dice = random.Random(seed)  # noqa: S311 - the same story for the same seed
    told: list[list[Told]] = []
    number = 0
    for week in range(weeks):
        at = START + timedelta(weeks=week)
        new: list[Told] = []
        for _ in range(6):
            text = f"Wat doet u bij {dice.choice('abcdefghijklmn')}?"
            needed_by = str((at + timedelta(days=12)).date()) if dice.random() < 0.4 else None
            new.append(_ask(number, text, at + timedelta(minutes=number), needed_by=needed_by))
            number += 1
        for n in range(4):
            kind = dice.choice(("questions-merged", "questions-merged", "questions-separated"))
            one, other = dice.sample(range(number), 2)
            new.append(_two(kind, one, other, at + timedelta(hours=5, minutes=n)))
        told.append(new)
    return told


async def _all(workers: Workers, told: list[Told]) -> None:
    await workers.all[0].on_records(workers.records(sorted(told, key=lambda one: one.at)))


def _any_order(seed: int) -> Callable[[Workers, list[Told]], Awaitable[None]]:
    dice = random.Random(seed)  # noqa: S311 - the same order for the same seed

    async def feed(workers: Workers, told: list[Told]) -> None:
        doubled = [*told, *dice.sample(told, len(told) // 2)]
        dice.shuffle(doubled)
        half = len(doubled) // 2
        await asyncio.gather(
            _until_done(workers, 0, doubled[:half]), _until_done(workers, -1, doubled[half:])
        )

    return feed


async def _until_done(workers: Workers, number: int, told: list[Told]) -> None:
    """As Kafka does: what a worker did not do, since PostgreSQL broke off one of two that waited for each
    other, comes to it again."""
    while True:
        try:
            return await workers.all[number].on_records(workers.records(told))
        except Unavailable:
            continue


async def _play(
    settings: Settings,
    weeks: list[list[Told]],
    feed: Callable[[Workers, list[Told]], Awaitable[None]] = _all,
    after: Callable[[Workers, int], Awaitable[None]] | None = None,
) -> tuple[list[Left], list[bytes]]:
    """All bundles of a story, and the ledger."""
    async with Publisher(settings) as publisher, opened(settings) as one, opened(settings) as two:
        workers = Workers(settings, [one, two], publisher)
        for week, told in enumerate(weeks):
            await workers.accept(told)
            await workers.move(SLOTS.moment(FIRST + week) - timedelta(minutes=30))
            await feed(workers, told)
            await _check_states(workers)
            await workers.move(SLOTS.moment(FIRST + week))
            await workers.release()
            await workers.move(SLOTS.moment(FIRST + week) + timedelta(hours=1))
            if after:
                await after(workers, week)
            await _check_states(workers)
        ledger = [bytes(row.record) for row in await workers.rows(tables.ledger)]
        return await workers.left(), ledger


async def _check_states(workers: Workers) -> None:
    """P5: an open request is on one open item, in a state that fits it."""
    items = {row.item_key: row for row in await workers.rows(tables.item)}
    held = set()
    for row in await workers.rows(tables.request):
        item = items[row.item_key]
        if row.state in ("waiting", "joined-sent", "sent"):
            held.add(row.item_key)
            fits = ("waiting",) if item.state == "waiting" else ("sent", "joined-sent")
            assert row.state in fits, (row.state, item.state)
            assert item.state in ("waiting", "sent")
    opened_items = {key for key, row in items.items() if row.state in ("waiting", "sent")}
    assert opened_items == held


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_p05_p17_merged_and_separated_in_any_order_by_two_workers_the_same_bundles_leave(
    settings: Settings, twin: Settings, seed: int
) -> None:
    expected, ledger = await _play(settings, _weeks(seed))
    again, _ = await _play(twin, _weeks(seed), _any_order(seed))
    assert again == expected
    assert any(len(item) > 1 for bundle in expected for item in bundle.items)
    done = replayed(ledger)
    assert [one.said for one in done] == [one.computed for one in done]
    assert len(done) == len(expected) > 1


async def _broken_off(workers: Workers, told: list[Told]) -> None:
    """Each event breaks off at its first statement, at its second, and so on, until it is done."""
    for one in sorted(told, key=lambda one: one.at):
        at = 1
        while True:
            with breaking_off(workers.pool, at):
                try:
                    await workers.all[0].on_records(workers.records([one]))
                    break
                except DatabaseUnavailable:
                    at += 1


def _steered(week: int) -> list[Told]:
    at = SLOTS.moment(FIRST + week) + timedelta(minutes=30)
    until = str(SLOTS.day(FIRST + week + 2))
    numbers = range(week * 6, week * 6 + 6)
    kinds = ("request-declined", "request-postponed", "request-declined")
    steps = [
        _of(kind, n, at + timedelta(seconds=n), **({"until": until} if kind.endswith("postponed") else {}))
        for n, kind in zip(numbers, kinds, strict=False)
    ]
    return [*steps, _two("questions-merged", numbers[3], numbers[4], at + timedelta(minutes=9))]


@pytest.mark.parametrize("seed", [4])
async def test_p05_steering_that_is_broken_off_at_every_statement_leaves_the_same_bundles(
    settings: Settings, twin: Settings, seed: int
) -> None:
    async def steer(workers: Workers, week: int) -> None:
        told = _steered(week)
        await workers.accept(told)
        await _all(workers, told)

    async def steer_broken(workers: Workers, week: int) -> None:
        told = _steered(week)
        await workers.accept(told)
        await _broken_off(workers, told)

    weeks = _weeks(seed, 4)
    expected, ledger = await _play(settings, weeks, after=steer)
    again, _ = await _play(twin, weeks, _broken_off, steer_broken)
    assert again == expected
    done = replayed(ledger)
    assert [one.said for one in done] == [one.computed for one in done]
    kinds = [record for record in ledger if b'"item-postponed"' in record]
    assert kinds


async def test_p17_merged_and_undone_the_items_are_as_before(settings: Settings) -> None:
    at = START
    asked = [_ask(0, "Hoe hoog?", at), _ask(1, "Hoe hoog precies?", at), _ask(2, "Hoe diep?", at)]
    async with Publisher(settings) as publisher, opened(settings) as pool:
        workers = Workers(settings, [pool], publisher)
        await workers.accept(asked)
        await workers.move(at + timedelta(hours=1))
        await _all(workers, asked)

        async def partition() -> dict[Any, Any]:
            return {row.event_key: row.item_key for row in await workers.rows(tables.request)}

        before = await partition()
        for minute, kind in enumerate(("merged", "separated", "merged", "separated")):
            words = [_two(f"questions-{kind}", 0, 1, at + timedelta(minutes=minute + 1))]
            if minute < 2:
                words.append(_two("questions-merged", 1, 2, at + timedelta(seconds=minute + 1)))
            await workers.accept(words)
            await _all(workers, words)
            items = set((await partition()).values())
            if minute == 0:
                assert len(items) == 1
        apart = _two("questions-separated", 1, 2, at + timedelta(minutes=9))
        await workers.accept([apart])
        await _all(workers, [apart])
        assert await partition() == before
        more = [_ask(4, "Hoe hoog precies?", at + timedelta(minutes=10))]
        await workers.accept(more)
        await _all(workers, more)
        assert len(set((await partition()).values())) == 3


async def test_p12_a_question_that_is_merged_makes_no_other_of_its_asker_later(
    settings: Settings, twin: Settings
) -> None:
    soon = str(SLOTS.day(FIRST) + timedelta(days=5))
    own = [_ask(n, f"Eigen vraag {n}?", START + timedelta(minutes=n), needed_by=soon) for n in range(30)]
    merged = [_two("questions-merged", 0, n, START + timedelta(hours=1, minutes=n)) for n in (1, 2, 4)]
    alone, _ = await _play(settings, [own, [], [], []])
    joined, _ = await _play(twin, [[*own, *merged], [], [], []])

    def slots(bundles: list[Left]) -> dict[Any, int]:
        return {one: bundle.slot for bundle in bundles for item in bundle.items for one in item}

    earlier, later = slots(alone), slots(joined)
    assert all(later[one] <= earlier[one] for one in earlier)
    assert len(later) == 30


async def test_operators_that_refer_to_one_another_at_once_before_and_after_what_they_refer_end_it_all(
    settings: Settings,
) -> None:
    asked = [
        question(
            n, START + timedelta(minutes=n), data={"text": f"Vraag {n}?", "asked": [("enexis", "wml")[n % 2]]}
        )
        for n in range(12)
    ]
    referred = [
        Told(
            START + timedelta(hours=1, minutes=n),
            attributes(
                "request-referred",
                id=f"verwezen-{n}-{by}",
                source=source_of(by),
                data={
                    "request": {"source": source_of("gm0935"), "id": f"v{n}"},
                    "to": to,
                    "recipients": None,
                },
            ),
        )
        for n in range(12)
        for by, to in (("enexis", "wml"), ("wml", "kpn"))
    ]
    async with Publisher(settings) as publisher, opened(settings) as one, opened(settings) as two:
        workers = Workers(settings, [one, two], publisher)
        await workers.accept([*asked, *referred])
        await workers.move(START + timedelta(hours=2))
        await _keep(workers, asked)
        for seed in range(2):
            await _any_order(seed)(workers, [*asked, *referred])
        states = {(row.event_key, row.operator): row.state for row in await workers.rows(tables.request)}
        letters = await workers.rows(tables.dead_letter)
    assert letters == []
    keys = [event_key(told.event["source"], told.event["id"]) for told in asked]
    assert all(states[key, "kpn"] == "waiting" for key in keys)
    assert {state for (_, operator), state in states.items() if operator != "kpn"} == {"declined"}


async def _keep(workers: Workers, told: list[Told]) -> None:
    """As the router does."""
    async with transaction(workers.pool) as connection:
        await keep_events(
            connection,
            [
                NewEvent(
                    event_key(event["source"], event["id"]),
                    event["type"],
                    event["subject"],
                    ["electricity"],
                    ["GM0935"],
                    "GREEN",
                    "gm0935",
                    at,
                    json.dumps(event),
                    1,
                )
                for at, event in told
            ],
        )


async def test_what_was_merged_with_a_question_that_was_sent_waits_again_when_that_is_undone(
    settings: Settings,
) -> None:
    soon = str(SLOTS.day(FIRST) + timedelta(days=5))
    first = [_ask(0, "Hoe hoog?", START, needed_by=soon)]
    second = [
        _ask(1, "Hoe hoog precies?", START + timedelta(weeks=1)),
        _two("questions-merged", 0, 1, START + timedelta(weeks=1, hours=1)),
    ]
    apart = [_two("questions-separated", 0, 1, START + timedelta(weeks=2))]
    seen: list[dict[str, str]] = []

    async def look(workers: Workers, _: int) -> None:
        seen.append({row.asker: row.state for row in await workers.rows(tables.request)})

    await _play(settings, [first, second, apart], after=look)
    assert seen == [
        {"gm0935": "sent"},
        {"gm0935": "sent", "gm0994": "joined-sent"},
        {"gm0935": "sent", "gm0994": "waiting"},
    ]


async def test_what_is_not_for_the_same_eyes_or_kept_apart_is_not_merged_and_the_ledger_says_why(
    settings: Settings,
) -> None:
    asked = [
        _ask(0, "Hoe hoog?", START),
        _ask(1, "Hoe hoog precies?", START),
        question(2, START, _asker(2), tlp="AMBER", data={"text": "Hoe diep?"}),
        _ask(3, "Hoe hoog?", START),
    ]
    words = [
        _two("questions-merged", 0, 2, START + timedelta(hours=1)),
        _two("questions-merged", 0, 3, START + timedelta(hours=2)),
        _two("questions-separated", 0, 3, START + timedelta(hours=3)),
        _two(
            "questions-merged",
            0,
            1,
            START + timedelta(hours=4),
            by="kernteam-oil",
            functions="oil",
        ),
    ]
    _, ledger = await _play(settings, [[*asked, *words]])
    refused = b"".join(record for record in ledger if b'"merge-refused"' in record)
    assert b"are-not-for-the-same-eyes" in refused
    assert b"are-one-item-already" in refused
    assert b"are-asked-in-the-same-words" in refused
    assert b"are-not-all-in-its-functions" in refused
