"""The requests of one asker: where each stands, and what was answered."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables
from hub.store.throttle.requests import OPEN

_event, _item, _request = tables.event.c, tables.item.c, tables.request.c
_delivery, _served = tables.delivery.c, tables.served.c


async def count_requests_of(connection: AsyncConnection, asker: str) -> int:
    """How many requests to operators this party made."""
    query = (
        select(func.count())
        .select_from(tables.request.join(tables.event, _event.event_key == _request.event_key))
        .where(_request.asker == asker)
    )
    return await connection.scalar(query) or 0


async def list_requests_of(
    connection: AsyncConnection, asker: str, most: int, skip: int = 0
) -> Sequence[Any]:
    """The requests of this party, newest first: each with its event, the answer to its item, the operator
    that its own one referred it to, and how many others have the same open question. Only who may know of one
    another shares an open item."""
    also = tables.request.alias()
    others = (
        select(func.count(also.c.asker.distinct()))
        .where(also.c.item_key == _request.item_key, also.c.asker != asker, also.c.state.in_(OPEN))
        .scalar_subquery()
    )
    further, referral = tables.request.alias(), tables.event.alias()
    referred_to = (
        select(func.min(further.c.operator))
        .join(referral, referral.c.event_key == further.c.referred_by)
        .where(further.c.event_key == _request.event_key, referral.c.publisher == _request.operator)
        .scalar_subquery()
    )
    query = (
        select(
            tables.request,
            _item.answer_key,
            _event.content,
            others.label("others"),
            referred_to.label("referred_to"),
        )
        .join(tables.event, _event.event_key == _request.event_key)
        .join(tables.item, _item.item_key == _request.item_key)
        .where(_request.asker == asker)
        .order_by(_request.received_at.desc(), _request.event_key, _request.operator)
        .limit(most)
        .offset(skip)
    )
    return (await connection.execute(query)).all()


async def served_to(connection: AsyncConnection, keys: Collection[UUID]) -> Sequence[Any]:
    """What the library gave for requests, oldest first."""
    query = select(tables.served).where(_served.event_key.in_(keys)).order_by(_served.at, _served.answer_key)
    return (await connection.execute(query)).all()


async def received(connection: AsyncConnection, party: str, keys: Collection[UUID]) -> Sequence[Any]:
    """Those of these events that were delivered to a party, with why."""
    query = (
        select(tables.event, _delivery.reasons)
        .join(tables.delivery, _delivery.event_key == _event.event_key)
        .where(
            _event.event_key.in_(keys),
            _delivery.party == party,
            _delivery.channel == "mail",
            _delivery.withheld.is_(None),
        )
    )
    return (await connection.execute(query)).all()
