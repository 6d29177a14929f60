"""Claims: a (source, id) belongs to one content for ever."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables


class Claim(NamedTuple):
    """What (source, id) stands for, since when, and whether Kafka has acknowledged it."""

    content_hash: bytes
    accepted_at: datetime
    acknowledged: bool


async def claim_content(
    connection: AsyncConnection, contents: Mapping[UUID, bytes], now: datetime
) -> dict[UUID, Claim]:
    """Claims each event key for its content hash; the claims that hold, earlier ones included."""
    if not contents:
        return {}
    rows = [
        {"event_key": key, "content_hash": digest, "accepted_at": now}
        for key, digest in sorted(contents.items())
    ]
    await connection.execute(insert(tables.claim).on_conflict_do_nothing(), rows)
    found = await connection.execute(select(tables.claim).where(tables.claim.c.event_key.in_(contents)))
    return {r.event_key: Claim(r.content_hash, r.accepted_at, r.acknowledged_at is not None) for r in found}


async def count_claims(connection: AsyncConnection, besides: Iterable[UUID] = ()) -> int:
    """How many events of parties were ever claimed, besides these."""
    own = select(tables.outbox.c.event_key)
    query = select(func.count()).select_from(tables.claim).where(tables.claim.c.event_key.not_in(own))
    return await connection.scalar(query.where(tables.claim.c.event_key.not_in(set(besides)))) or 0


async def acknowledge(connection: AsyncConnection, keys: Iterable[UUID], now: datetime) -> None:
    """Kafka has these events with acks=all."""
    rows = [{"key": key, "at": now} for key in sorted(keys)]
    if rows:
        statement = (
            update(tables.claim)
            .where(tables.claim.c.event_key == bindparam("key"), tables.claim.c.acknowledged_at.is_(None))
            .values(acknowledged_at=bindparam("at"))
        )
        await connection.execute(statement, rows)
