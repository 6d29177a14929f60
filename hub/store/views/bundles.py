"""Bundles: what operators received together, and who asked."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables

_bundle, _item, _request, _event = tables.bundle.c, tables.item.c, tables.request.c, tables.event.c


async def count_bundles(connection: AsyncConnection, operator: str | None = None) -> int:
    """How many bundles there are, or went to one operator."""
    query = select(func.count()).select_from(tables.bundle)
    if operator is not None:
        query = query.where(_bundle.operator == operator)
    return await connection.scalar(query) or 0


async def list_bundles(
    connection: AsyncConnection, most: int, skip: int = 0, operator: str | None = None
) -> Sequence[Any]:
    """Bundles with how much is in them and of which sources, newest first."""
    source = _event.content["source"].astext
    keys = select(_bundle.bundle_key)
    if operator is not None:
        keys = keys.where(_bundle.operator == operator)
    page = (
        keys.order_by(_bundle.slot.desc(), _bundle.operator, _bundle.bundle_key).limit(most).offset(skip)
    ).subquery()
    query = (
        select(
            tables.bundle,
            func.count(_item.item_key.distinct()).label("items"),
            func.count(_request.event_key).label("requests"),
            func.count(_request.asker.distinct()).label("askers"),
            func.array_remove(func.array_agg(source.distinct()), None).label("sources"),
        )
        .join(page, page.c.bundle_key == _bundle.bundle_key)
        .outerjoin(tables.item, _item.bundle_key == _bundle.bundle_key)
        .outerjoin(tables.request, _request.item_key == _item.item_key)
        .outerjoin(tables.event, _event.event_key == _request.event_key)
        .group_by(*tables.bundle.c)
        .order_by(_bundle.slot.desc(), _bundle.operator, _bundle.bundle_key)
    )
    return (await connection.execute(query)).all()


async def find_bundle(connection: AsyncConnection, bundle_key: UUID) -> Row[Any] | None:
    """The bundle."""
    query = select(tables.bundle).where(_bundle.bundle_key == bundle_key)
    return (await connection.execute(query)).first()


async def requests_of_bundle(connection: AsyncConnection, bundle_key: UUID) -> Sequence[Any]:
    """Every request in a bundle, item by item as in its mail, with the item's number, state and answer."""
    answer, numbered = tables.event.alias(), tables.bundle_item.c
    query = (
        select(
            tables.request,
            _item.functions,
            _item.tlp,
            _item.state.label("item_state"),
            _item.answer_key,
            numbered.number,
            _event.content,
            answer.c.content.label("answer"),
        )
        .join(tables.item, _item.item_key == _request.item_key)
        .join(tables.event, _event.event_key == _request.event_key)
        .outerjoin(
            tables.bundle_item,
            (numbered.bundle_key == _item.bundle_key) & (numbered.item_key == _item.item_key),
        )
        .outerjoin(answer, answer.c.event_key == _item.answer_key)
        .where(_item.bundle_key == bundle_key)
        .order_by(
            numbered.number.nulls_last(),
            _item.needed_by.nulls_last(),
            _item.item_key,
            _request.received_at,
            _request.event_key,
        )
    )
    return (await connection.execute(query)).all()
