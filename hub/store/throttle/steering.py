"""What was said of requests and situations, also of those that are still to come."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables

_steering = tables.steering.c
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('steered ' || :key, 0))")


async def lock_steered(connection: AsyncConnection, key: UUID) -> None:
    """Nobody else places or steers this request or situation until the transaction ends: so it and what is
    said of it do not miss one another. To be taken before any operator."""
    await connection.execute(_LOCK, {"key": str(key)})


async def keep_steering(
    connection: AsyncConnection,
    by_key: UUID,
    request_key: UUID,
    party: str,
    content: dict[str, Any],
    now: datetime,
) -> None:
    """Keeps what a party says of a request, whether that is here or still to come."""
    row = {"by_key": by_key, "request_key": request_key, "party": party, "content": content, "at": now}
    await connection.execute(insert(tables.steering).on_conflict_do_nothing(), row)


async def find_said(connection: AsyncConnection, by_key: UUID) -> Row[Any] | None:
    """One thing that was said, by its own key."""
    query = select(tables.steering).where(_steering.by_key == by_key)
    return (await connection.execute(query)).first()


async def referred_to(connection: AsyncConnection, request_key: UUID) -> set[str]:
    """The operators to which a request was referred, and by which, also before it came."""
    to = _steering.content["data"]["to"].astext
    query = select(to, _steering.party).where(_steering.request_key == request_key, to.is_not(None))
    return {operator for row in await connection.execute(query) for operator in row}


async def steering_of(connection: AsyncConnection, request_key: UUID) -> Sequence[Any]:
    """All that was said of a request, in the order of its coming."""
    query = select(tables.steering).where(_steering.request_key == request_key)
    return (await connection.execute(query.order_by(_steering.at, _steering.by_key))).all()
