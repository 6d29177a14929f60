"""Situations: their sheets, what operators reported on them, and who asks."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables

_sheet, _event = tables.sheet.c, tables.event.c


async def count_situations(connection: AsyncConnection) -> int:
    """How many situations opened a sheet."""
    return await connection.scalar(select(func.count(_sheet.situation_key.distinct()))) or 0


async def list_situations(connection: AsyncConnection, most: int, skip: int = 0) -> Sequence[Any]:
    """Situations with how many operators have a sheet and how many reported, newest first."""
    query = (
        select(
            _event.event_key,
            _event.content,
            func.min(_sheet.opened_at).label("opened_at"),
            func.max(_sheet.until).label("until"),
            func.count(_sheet.operator.distinct()).label("operators"),
            func.count(_sheet.operator.distinct()).filter(_sheet.report_key.is_not(None)).label("reported"),
        )
        .join(tables.event, _event.event_key == _sheet.situation_key)
        .group_by(_event.event_key)
        .order_by(func.min(_sheet.opened_at).desc(), _event.event_key)
        .limit(most)
        .offset(skip)
    )
    return (await connection.execute(query)).all()


async def sheets_to_read(
    connection: AsyncConnection, situation_key: UUID | None = None
) -> Sequence[Row[Any]]:
    """Every sheet, or those of one situation, with the situation and the newest report; newest first."""
    report = tables.event.alias()
    query = (
        select(
            tables.sheet,
            _event.content.label("situation"),
            report.c.content.label("report"),
            report.c.publisher.label("reporter"),
        )
        .join(tables.event, _event.event_key == _sheet.situation_key)
        .outerjoin(report, report.c.event_key == _sheet.report_key)
        .order_by(_sheet.opened_at.desc(), _sheet.situation_key, _sheet.operator, _sheet.function)
    )
    if situation_key is not None:
        query = query.where(_sheet.situation_key == situation_key)
    return (await connection.execute(query)).all()


async def requests_of_situation(connection: AsyncConnection, situation_key: UUID) -> Sequence[Row[Any]]:
    """The requests that are part of the sheets of a situation, or were answered there, oldest first."""
    request, item, bundle = tables.request.c, tables.item.c, tables.bundle.c
    query = (
        select(tables.request, item.answer_key, item.bundle_key, _event.content)
        .join(tables.item, item.item_key == request.item_key)
        .join(tables.bundle, bundle.bundle_key == item.bundle_key)
        .join(tables.event, _event.event_key == request.event_key)
        .where(bundle.kind == "crisis", bundle.cause == situation_key)
        .order_by(request.received_at, request.event_key, request.operator)
    )
    return (await connection.execute(query)).all()
