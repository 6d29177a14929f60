"""Events, their deliveries, and the letters that could not be handled."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.policy import Mode
from hub.rules.relations import Reason
from hub.store import tables


class NewEvent(NamedTuple):
    """An event to keep; `content` is its attributes and data as they came."""

    event_key: UUID
    type: str
    subject: str
    functions: Sequence[str]
    areas: Sequence[str]
    tlp: str
    publisher: str
    accepted_at: datetime
    content: dict[str, Any]
    register_version: int


class NewDelivery(NamedTuple):
    """An event to one party over one channel, with why."""

    event_key: UUID
    party: str
    channel: str
    mode: Mode
    reasons: tuple[Reason, ...]
    register_version: int
    planned_at: datetime


async def keep_events(connection: AsyncConnection, events: Sequence[NewEvent]) -> set[UUID]:
    """Keeps the events that are new; the keys of those."""
    if not events:
        return set()
    statement = insert(tables.event).on_conflict_do_nothing().returning(tables.event.c.event_key)
    rows = [row._asdict() for row in sorted(events, key=lambda e: e.event_key)]
    kept = await connection.execute(statement, rows)
    return set(kept.scalars())


async def plan_deliveries(connection: AsyncConnection, deliveries: Iterable[NewDelivery]) -> None:
    """Copies deliveries of events that this transaction keeps, so that none can exist yet.

    Answers may have some from the throttle: those go through `add_deliveries`."""
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    assert driver is not None  # noqa: S101 - a checked-out connection has its driver
    await driver.copy_records_to_table(
        "delivery",
        columns=("event_key", "party", "channel", "mode", "reasons", "register_version", "planned_at"),
        records=((*d[:4], json.dumps(d.reasons), *d[5:]) for d in deliveries),
    )


async def add_deliveries(connection: AsyncConnection, deliveries: Sequence[NewDelivery]) -> None:
    """Adds deliveries; one that exists and waits for a digest becomes immediate when this one is."""
    if not deliveries:
        return
    statement = insert(tables.delivery)
    waiting = tables.delivery.c.mail_key.is_(None) & (statement.excluded.mode == Mode.IMMEDIATE)
    merged = tables.delivery.c.reasons.op("||")(statement.excluded.reasons)
    rows = [{**d._asdict(), "reasons": [list(r) for r in d.reasons]} for d in deliveries]
    rows.sort(key=lambda row: (row["event_key"], row["party"]))
    for row in rows:
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=["event_key", "party", "channel"],
                set_={"mode": statement.excluded.mode, "reasons": merged},
                where=waiting,
            ),
            row,
        )


async def kept_type(connection: AsyncConnection, event_key: UUID) -> str | None:
    """The type of an event that the router has kept."""
    found: str | None = await connection.scalar(
        select(tables.event.c.type).where(tables.event.c.event_key == event_key)
    )
    return found


async def kept_keys(connection: AsyncConnection) -> set[UUID]:
    """The keys of all kept events."""
    return set((await connection.execute(select(tables.event.c.event_key))).scalars())


class DeadLetter(NamedTuple):
    """A record that a consumer could not handle, and why. `problems` are [field, code, detail]."""

    consumer: str
    topic: str
    partition: int
    offset: int
    event_key: UUID | None
    reason: str
    problems: Sequence[Sequence[str]]
    at: datetime


async def keep_dead_letters(connection: AsyncConnection, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
    """Keeps the letters that are new; those."""
    if not letters:
        return []
    letter = tables.dead_letter.c
    statement = insert(tables.dead_letter).on_conflict_do_nothing()
    kept = await connection.execute(
        statement.returning(letter.topic, letter.partition, letter.offset),
        [{**row._asdict(), "problems": [list(p) for p in row.problems]} for row in letters],
    )
    new = {tuple(row) for row in kept}
    return [row for row in letters if (row.topic, row.partition, row.offset) in new]


async def handled_before(connection: AsyncConnection, consumer: str, keys: Iterable[UUID]) -> set[UUID]:
    """Marks events as handled by a consumer in this transaction; those that it had handled before."""
    keys = set(keys)
    if not keys:
        return set()
    statement = insert(tables.handled).on_conflict_do_nothing().returning(tables.handled.c.event_key)
    rows = [{"consumer": consumer, "event_key": key} for key in sorted(keys)]
    new = await connection.execute(statement, rows)
    return keys - set(new.scalars())
