"""A town's worth of questions to a few operators, told to real throttle workers week by week."""

import asyncio
import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID

from aiokafka import ConsumerRecord
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.throttle.worker import Throttle
from hub.kafka.broker import Publisher, function_topic
from hub.rules.identity import content_hash, event_key
from hub.rules.throttle.slots import Slots
from hub.settings import Settings
from hub.store import tables
from hub.store.clock import clock_of, move_clock
from hub.store.database import transaction
from hub.store.intake.claims import claim_content
from hub.store.register.registers import Registers
from schemas.terms import FunctionSlug
from tests.events import attributes, source_of

SLOTS = Slots()
FIRST = SLOTS.latest(datetime(2027, 6, 1, 6, tzinfo=UTC)) + 1
OPERATORS = ("enexis", "wml", "kpn")
_ASKERS = ("gm0935", "gm0994", "gm0938", "pv31", "vr24")
_OFFSETS = count()
_LABELS = ("GREEN", "GREEN", "GREEN", "AMBER", "RED")


class Told(NamedTuple):
    """A request and when it was accepted."""

    at: datetime
    event: dict[str, Any]


class Week(NamedTuple):
    """What is accepted in time for a slot."""

    slot: int
    requests: tuple[Told, ...]


class Left(NamedTuple):
    """A bundle: who received it, in which slot, the events that ask each of its items, and its input hash."""

    operator: str
    slot: int
    items: frozenset[frozenset[UUID]]
    input_hash: bytes


def question(number: int, at: datetime, asker: str = "gm0935", **changes: Any) -> Told:
    """A question to one operator or more; `data` replaces fields of it."""
    data = {"asked": ["enexis"], "needed_by": None, "text": f"Vraag {number}?", **changes.pop("data", {})}
    event = attributes(
        "question-raised",
        id=f"v{number}",
        source=source_of(asker),
        time=at.isoformat(timespec="seconds"),
        data=data,
        **changes,
    )
    return Told(at, event)


def story(seed: int, weeks: int = 7) -> list[Week]:
    """Weeks with questions alone and shared, open and classified, needed soon and some day; in the second one
    an asker floods an operator."""
    dice = random.Random(seed)  # noqa: S311 - the same story for the same seed
    numbers = iter(range(10_000))
    told = []
    for week in range(weeks):
        slot = FIRST + week
        begin = SLOTS.cut_off(slot - 1)
        found = [_drawn(dice, next(numbers), begin) for _ in range(dice.randrange(4, 9))]
        if week == 1:
            found += [
                question(next(numbers), begin + timedelta(minutes=n), "ws0665", data={"text": f"Stroom {n}?"})
                for n in range(24)
            ]
        told.append(Week(slot, tuple(found)))
    return told


def _drawn(dice: random.Random, number: int, begin: datetime) -> Told:
    at = begin + timedelta(minutes=dice.randrange(7 * 24 * 60), microseconds=number)
    label = dice.choice(_LABELS)
    days = dice.choice((0, 0, 5, 12, 20, 40))
    needed_by = str((at + timedelta(days=days)).date()) if days else None
    asked = dice.sample(OPERATORS, dice.choice((1, 1, 2)))
    data = {"text": f"Wat doet u bij {dice.choice('abcdefgh')}?", "asked": asked, "needed_by": needed_by}
    return question(number, at, dice.choice(_ASKERS), tlp=label, data=data)


class Workers:
    """Throttle workers on one database."""

    def __init__(self, settings: Settings, pools: Sequence[AsyncEngine], publisher: Publisher):
        self.settings = settings.model_copy(update={"clock": "scenario"})
        self.pool = pools[0]
        self.all = [
            Throttle(
                self.settings,
                pool,
                Registers(pool, clock_of(self.settings, pool)),
                publisher,
                clock_of(self.settings, pool),
            )
            for pool in pools
        ]

    async def accept(self, requests: Sequence[Told]) -> None:
        """Each request gets its own moment of acceptance, whenever and in whatever order it is placed."""
        async with transaction(self.pool) as connection:
            for at, event in requests:
                key = event_key(event["source"], event["id"])
                await claim_content(connection, {key: content_hash(event)}, at, is_in_kafka=True)

    def records(self, requests: Sequence[Told]) -> list[ConsumerRecord[bytes, bytes]]:
        """The requests as they stand on Kafka."""
        return [self._record(told.event) for told in requests]

    def _record(self, event: dict[str, Any]) -> ConsumerRecord[bytes, bytes]:
        value = json.dumps(event).encode()
        topic = function_topic(self.settings, FunctionSlug(event["functions"].split(",")[0]))
        headers = (("content-type", b"application/cloudevents+json"),)
        return ConsumerRecord(topic, 0, next(_OFFSETS), 0, 0, b"k", value, 0, 1, len(value), headers)

    async def move(self, to: datetime) -> None:
        async with transaction(self.pool) as connection:
            await move_clock(connection, to)

    async def release(self) -> None:
        """All workers run what is due, at once."""
        await asyncio.gather(*(worker.release_due() for worker in self.all))

    async def run(self, week: Week) -> None:
        """A week as it should be: accepted, placed in time, and released in its slot."""
        await self.accept(week.requests)
        await self.move(SLOTS.moment(week.slot) - timedelta(minutes=30))
        await self.all[0].on_records(self.records(week.requests))
        await self.move(SLOTS.moment(week.slot))
        await self.release()

    async def rows(self, table: Any, *conditions: Any) -> list[Any]:
        async with transaction(self.pool) as connection:
            return list((await connection.execute(select(table).where(*conditions))).all())

    async def left(self) -> list[Left]:
        """All bundles, in order."""
        asked: dict[UUID, set[UUID]] = {}
        for row in await self.rows(tables.request):
            asked.setdefault(row.item_key, set()).add(row.event_key)
        items: dict[UUID, set[frozenset[UUID]]] = {}
        for row in await self.rows(tables.item, tables.item.c.bundle_key.is_not(None)):
            items.setdefault(row.bundle_key, set()).add(frozenset(asked.get(row.item_key, ())))
        return sorted(
            Left(row.operator, row.slot, frozenset(items[row.bundle_key]), bytes(row.input_hash))
            for row in await self.rows(tables.bundle)
        )


@contextmanager
def breaking_off(pool: AsyncEngine, at: int) -> Iterator[None]:
    """The connection is lost before statement number `at`, from 1."""
    statements = 0

    def count_statement(*_: Any) -> None:
        nonlocal statements
        statements += 1
        if statements == at:
            raise ConnectionResetError

    sqlalchemy_event.listen(pool.sync_engine, "before_cursor_execute", count_statement)
    try:
        yield
    finally:
        sqlalchemy_event.remove(pool.sync_engine, "before_cursor_execute", count_statement)
