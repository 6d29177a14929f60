"""Events of the hub itself, kept with the change that they tell of, and of files, until Kafka has them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import any_, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.identity import event_key
from hub.store import tables
from hub.store.database import keys_of
from hub.store.wake import Channel, wake
from schemas.terms import FunctionSlug

_LOCK = 7_301_004
_outbox = tables.outbox.c


class Waiting(NamedTuple):
    """An event that Kafka does not have yet."""

    event_key: UUID
    content: dict[str, Any]


async def put_out(
    connection: AsyncConnection, events: Sequence[dict[str, Any]], now: datetime, *, is_own: bool = True
) -> None:
    """Keeps events to publish, in the transaction of what they tell of. The same event twice is one.
    `is_own`: they are the hub's, and not of a file."""
    if not events:
        return
    rows = [
        {
            "event_key": event_key(event["source"], event["id"]),
            "content": event,
            "made_at": now,
            "is_own": is_own,
        }
        for event in events
    ]
    await connection.execute(insert(tables.outbox).on_conflict_do_nothing(), rows)
    await wake(connection, Channel.OUTBOX)


async def hold_publishing(connection: AsyncConnection) -> None:
    """Lets nobody else publish until the transaction ends."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


async def count_on_their_way(connection: AsyncConnection, keys: Collection[UUID]) -> int:
    """How many of these events Kafka has and the router is still to read."""
    query = (
        select(func.count())
        .select_from(tables.outbox)
        .where(
            _outbox.event_key == any_(keys_of(sorted(keys))),
            _outbox.published_at.is_not(None),
            ~exists().where(tables.event.c.event_key == _outbox.event_key),
            ~exists().where(tables.dead_letter.c.event_key == _outbox.event_key),
        )
    )
    return await connection.scalar(query) or 0


async def claim_waiting(
    connection: AsyncConnection, most: int, without: Collection[FunctionSlug] = ()
) -> list[Waiting]:
    """The next events to publish, in order, but those with these lead functions; one publisher at a time
    keeps that order. The hub's own go first: people wait for them, and a file may be long."""
    await hold_publishing(connection)
    rows = await connection.execute(
        select(_outbox.event_key, _outbox.content)
        .where(
            _outbox.published_at.is_(None),
            func.split_part(_outbox.content["functions"].astext, ",", 1).not_in(list(without)),
        )
        .order_by(_outbox.is_own.desc(), _outbox.position)
        .limit(most)
    )
    return [Waiting(*row) for row in rows]


async def mark_published(connection: AsyncConnection, keys: Sequence[UUID], now: datetime) -> None:
    """Kafka has these."""
    await connection.execute(
        update(tables.outbox).where(_outbox.event_key.in_(keys)).values(published_at=now)
    )
