"""Requests of which half of the time is over, and whether that was told."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables
from hub.store.throttle.requests import OPEN

_AT_ONCE = 50
"""Requests of an operator in one transaction; the others are told of at the next wake-up."""
_request, _event = tables.request.c, tables.event.c


async def operators_half_way(connection: AsyncConnection, now: datetime) -> list[str]:
    """The operators with open requests that are half-way, not told yet, and known to the router."""
    query = _half_way(select(_request.operator), now).distinct().order_by(_request.operator)
    return list((await connection.execute(query)).scalars())


async def half_way_at(connection: AsyncConnection, operator: str, now: datetime) -> Sequence[Any]:
    """Those of one operator, the first ones, with their events."""
    query: Select[Any] = _half_way(select(tables.request, _event.content), now).where(
        _request.operator == operator
    )
    ordered = query.order_by(_request.received_at, _request.event_key).limit(_AT_ONCE)
    rows: Sequence[Any] = (await connection.execute(ordered)).all()
    return rows


def _half_way(query: Select[Any], now: datetime) -> Select[Any]:
    return query.join(tables.event, _event.event_key == _request.event_key).where(
        _request.half_way_at <= now,
        ~_request.told_half_way,
        _request.state.in_(OPEN),
        _request.expires_at > now,
    )


async def mark_told(connection: AsyncConnection, operator: str, event_keys: Collection[UUID]) -> None:
    """Who asked these has been told that half of the time is over."""
    await connection.execute(
        update(tables.request)
        .where(_request.operator == operator, _request.event_key.in_(event_keys))
        .values(told_half_way=True)
    )
