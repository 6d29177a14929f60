"""What an asker does with its own request: withdraw it, before or after it came, alone or with others."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.kafka.broker import Publisher
from hub.rules.identity import event_key
from hub.settings import Settings
from hub.store import tables
from hub.store.clock import move_clock
from hub.store.database import opened, transaction
from tests.events import attributes, source_of
from tests.fed import NOW, Hub
from tests.replayed import replayed
from tests.throttled import FIRST, SLOTS, Left, Told, Week, Workers, question, story


@asynccontextmanager
async def _workers(settings: Settings, number: int = 1) -> AsyncIterator[Workers]:
    async with Publisher(settings) as publisher, opened(settings) as one, opened(settings) as two:
        yield Workers(settings, [one, two][:number], publisher)


def _withdrawn(of: Told, at: datetime | None = None) -> Told:
    at = at or of.at
    data = {"request": {"source": of.event["source"], "id": of.event["id"]}, "reason": "Is niet meer nodig."}
    event = attributes(
        "request-withdrawn",
        id=f"terug-{of.event['id']}",
        source=of.event["source"],
        time=at.isoformat(timespec="seconds"),
        data=data,
    )
    return Told(at, event)


def _key(told: Told) -> Any:
    return event_key(told.event["source"], told.event["id"])


def _answer(to: Told, **changes: Any) -> dict[str, Any]:
    data = {"question": {"source": to.event["source"], "id": to.event["id"]}, "per_area": []}
    data |= {"valid_until": None}
    data |= changes.pop("data", {})
    return attributes(
        "question-answered", id=f"a-{to.event['id']}", source=source_of("enexis"), data=data, **changes
    )


async def _feed(workers: Workers, told: Sequence[Told]) -> None:
    await workers.accept(told)
    await workers.all[0].on_records(workers.records(told))


async def _by_event(workers: Workers) -> dict[Any, str]:
    return {row.event_key: row.state for row in await workers.rows(tables.request)}


async def _states(workers: Workers) -> dict[tuple[Any, str], str]:
    return {(row.event_key, row.operator): row.state for row in await workers.rows(tables.request)}


def _changed_minds(seed: int) -> list[tuple[Week, list[Told]]]:
    """The story, and for each week which of its requests are withdrawn before their slot."""
    dice = random.Random(seed)  # noqa: S311 - the same story for the same seed
    return [
        (week, [_withdrawn(told) for told in dice.sample(week.requests, len(week.requests) // 3)])
        for week in story(seed)
    ]


async def _play(workers: Workers, seed: int, *, shuffled: bool) -> list[Left]:
    dice = random.Random(seed)  # noqa: S311 - the same order for the same seed
    for week, withdrawals in _changed_minds(seed):
        told = [*sorted(week.requests, key=lambda one: one.at), *withdrawals]
        await workers.accept(told)
        await workers.move(SLOTS.moment(week.slot) - timedelta(minutes=30))
        if shuffled:
            told += dice.sample(told, len(told) // 2)
            dice.shuffle(told)
        half = len(told) // 2 if shuffled else 0
        await asyncio.gather(
            workers.all[0].on_records(workers.records(told[half:])),
            workers.all[-1].on_records(workers.records(told[:half])),
        )
        await workers.move(SLOTS.moment(week.slot))
        await workers.release()
    return await workers.left()


@pytest.mark.parametrize("seed", [11, 12, 13])
async def test_p08_withdrawn_before_or_after_it_came_doubled_and_in_any_order_the_same_bundles_leave(
    settings: Settings, twin: Settings, seed: int
) -> None:
    async with _workers(settings) as workers:
        expected = await _play(workers, seed, shuffled=False)
        states = await _states(workers)
    async with _workers(twin, 2) as workers:
        assert await _play(workers, seed, shuffled=True) == expected
        assert await _states(workers) == states
        again = replayed(bytes(row.record) for row in await workers.rows(tables.ledger))
    assert "withdrawn" in states.values()
    assert len(expected) > 4
    assert [one.said for one in again] == [one.computed for one in again]
    assert sorted(one.said[0] for one in again) == sorted(bundle.input_hash.hex() for bundle in expected)


@pytest.mark.parametrize("seed", [14, 15])
async def test_p05_p06_each_request_is_in_one_item_and_each_one_ends(settings: Settings, seed: int) -> None:
    async with _workers(settings, 2) as workers:
        await _play(workers, seed, shuffled=True)
        items = {row.item_key: row for row in await workers.rows(tables.item)}
        requests = await workers.rows(tables.request)
        open_items = set()
        for row in requests:
            if row.state in ("waiting", "joined-sent", "sent"):
                open_items.add(row.item_key)
                assert items[row.item_key].state == ("waiting" if row.state == "waiting" else "sent")
        assert open_items == {key for key, row in items.items() if row.state in ("waiting", "sent")}
        await workers.move(max(row.expires_at for row in requests))
        await workers.release()
        ended = set((await _by_event(workers)).values())
        assert ended == {"withdrawn", "expired"}
        assert {row.state for row in await workers.rows(tables.item)} <= {"withdrawn", "expired"}


async def test_a_withdrawal_that_two_workers_take_at_once_is_one(settings: Settings) -> None:
    at = SLOTS.moment(FIRST) - timedelta(days=1)
    asked = question(1, at, data={"asked": ["enexis", "wml"]})
    told = [asked, _withdrawn(asked)]
    async with _workers(settings, 2) as workers:
        await workers.accept(told)
        await workers.move(at + timedelta(hours=1))
        await asyncio.gather(
            workers.all[0].on_records(workers.records(told * 2)),
            workers.all[1].on_records(workers.records(told[::-1] * 2)),
        )
        rows = await workers.rows(tables.request)
        said = [row.kind for row in await workers.rows(tables.ledger)]
        assert {(row.operator, row.state) for row in rows} == {("enexis", "withdrawn"), ("wml", "withdrawn")}
        assert {row.state for row in await workers.rows(tables.item)} == {"withdrawn"}
    assert (said.count("request-withdrawn"), said.count("request-steered")) == (2, 1)


async def test_p19_withdrawing_after_the_bundle_refunds_nothing_and_leaves_who_asks_the_same(
    settings: Settings,
) -> None:
    at = SLOTS.moment(FIRST) - timedelta(days=1)
    soon = str(SLOTS.day(FIRST) + timedelta(days=5))
    alone = question(1, at, data={"needed_by": soon})
    shared = question(2, at, data={"needed_by": soon, "text": "Hoe hoog?"})
    other = question(3, at, "gm0994", data={"needed_by": soon, "text": "Hoe hoog?"})
    later = question(4, SLOTS.moment(FIRST) + timedelta(hours=1), data={"needed_by": soon})
    async with _workers(settings, 2) as workers:
        await workers.run(Week(FIRST, (alone, shared, other)))
        await workers.move(SLOTS.moment(FIRST) + timedelta(hours=2))
        await _feed(workers, [later, _withdrawn(alone), _withdrawn(shared)])
        states = await _by_event(workers)
        assert (states[_key(alone)], states[_key(shared)]) == ("withdrawn", "withdrawn")
        assert (states[_key(other)], states[_key(later)]) == ("sent", "waiting")
        assert sorted(row.state for row in await workers.rows(tables.item)) == [
            "sent",
            "waiting",
            "withdrawn",
        ]
        for week in (1, 2):
            await workers.move(SLOTS.moment(FIRST + week))
            await workers.release()
        left = await workers.left()
        again = replayed(bytes(row.record) for row in await workers.rows(tables.ledger))
    assert [bundle.slot for bundle in left] == [FIRST, FIRST + 2]
    assert [one.said for one in again] == [one.computed for one in again]


async def test_p19_a_bundle_of_which_all_was_withdrawn_before_its_mail_still_counts(hub: Hub) -> None:
    slot = SLOTS.moment(FIRST)
    soon = str(SLOTS.day(FIRST) + timedelta(days=5))
    asked = question(1, NOW, data={"needed_by": soon})
    await hub.feed(asked.event)
    await _release_only(hub, slot)
    await hub.feed(_withdrawn(asked).event, question(2, slot, data={"needed_by": soon}).event)
    for week in (0, 1, 2):
        await hub.go(SLOTS.moment(FIRST + week))
    bundles = {row.slot: row.withheld for row in await hub.rows(tables.bundle)}
    assert bundles == {FIRST: "withdrawn", FIRST + 2: None}
    assert len(await hub.bundles()) == 1


async def _release_only(hub: Hub, at: datetime) -> None:
    async with transaction(hub.pool) as connection:
        await move_clock(connection, at)
    await hub.throttle.release_due()


async def test_an_answer_goes_to_who_asks_the_same_and_the_library_and_not_to_who_withdrew(hub: Hub) -> None:
    same = {"text": "Staat het station droog?"}
    first, second = question(1, NOW, data=same), question(2, NOW, "gm0994", data=same)
    await hub.feed(first.event, second.event)
    await hub.go(SLOTS.moment(FIRST + 3))
    await hub.feed(_withdrawn(first).event)
    await hub.feed(_answer(first))
    await hub.feed(question(3, NOW, "pv31", data=same).event)
    await hub.go(SLOTS.moment(FIRST + 3))
    assert await hub.states() == {"gm0935": "withdrawn", "gm0994": "answered", "pv31": "answered"}
    mails = await hub.rows(tables.mail, tables.mail.c.kind == "immediate")
    answers = [row for row in mails if "vraag beantwoord" in row.subject.lower()]
    assert sorted(row.party for row in answers) == ["gm0994", "pv31"]


async def test_what_an_operator_says_is_called_as_its_reader_asked_it(hub: Hub) -> None:
    code = {"standard_question": "assets-in-area"}
    first = question(1, NOW, data={"text": "Hoeveel stations?", **code})
    second = question(2, NOW, "gm0994", data={"text": "Hoeveel kasten?", **code})
    await hub.feed(first.event, second.event)
    await hub.feed(_answer(first), question(3, NOW, "pv31", data={"text": "Wat staat er?", **code}).event)
    await hub.mailer.compose()
    rows = await hub.rows(tables.mail, tables.mail.c.kind == "immediate")
    assert sorted((row.party, row.subject.rpartition("beantwoord: ")[2]) for row in rows) == [
        ("gm0935", "Hoeveel stations?"),
        ("gm0994", "Hoeveel kasten?"),
        ("pv31", "Wat staat er?"),
    ]
    assert all(f"\nVraag beantwoord: {row.subject.rpartition(': ')[2]}\n" in row.body for row in rows)


async def test_what_was_answered_before_it_was_withdrawn_stays_answered(hub: Hub) -> None:
    asked = question(1, NOW)
    await hub.feed(asked.event)
    await hub.feed(_answer(asked))
    await hub.feed(_withdrawn(asked).event)
    assert await hub.states() == {"gm0935": "answered"}


async def test_withdrawn_before_it_came_it_gets_nothing_from_the_library_or_at_once(hub: Hub) -> None:
    first = question(1, NOW)
    urgent = {"text": "Vraag 1?", "urgent": "Het water staat hoog.", "needed_by": "2027-06-03"}
    second = question(2, NOW, "gm0994", data=urgent)
    await hub.feed(first.event)
    await hub.feed(_answer(first))
    await hub.feed(_withdrawn(second).event)
    await hub.feed(second.event)
    await hub.go(NOW)
    assert await hub.states() == {"gm0935": "answered", "gm0994": "withdrawn"}
    assert await hub.rows(tables.bundle) == []
    assert "gm0994" not in {row.party for row in await hub.rows(tables.mail)}


async def test_nobody_withdraws_what_another_asked(hub: Hub) -> None:
    asked = question(1, NOW)
    await hub.feed(asked.event)
    stolen = _withdrawn(asked).event | {"source": source_of("gm0994")}
    await hub.feed(stolen)
    assert await hub.states() == {"gm0935": "waiting"}
    assert len(await hub.rows(tables.dead_letter)) == 1


async def test_what_was_withdrawn_by_all_and_is_asked_again_waits_as_new(hub: Hub) -> None:
    first = question(1, NOW)
    second = question(2, NOW, "gm0994", data={"text": "Vraag 1?"})
    await hub.feed(first.event)
    await hub.feed(_withdrawn(first).event)
    assert [row.state for row in await hub.rows(tables.item)] == ["withdrawn"]
    await hub.feed(second.event)
    assert await hub.states() == {"gm0935": "withdrawn", "gm0994": "waiting"}
    await hub.go(SLOTS.moment(FIRST + 3))
    assert await hub.states() == {"gm0935": "withdrawn", "gm0994": "sent"}
    (mail,) = await hub.bundles()
    assert "van 1 partij" in mail
