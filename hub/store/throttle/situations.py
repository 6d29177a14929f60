"""Situation sheets, and the requests that are part of one. Whoever changes them holds the operator's row."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.throttle.crisis import Sheet
from hub.store import tables
from schemas.terms import FunctionSlug, Tlp

_sheet, _item, _request, _bundle, _pressing = (
    tables.sheet.c,
    tables.item.c,
    tables.request.c,
    tables.bundle.c,
    tables.pressing.c,
)
ON_SHEET = "sheet"
_of_sheet = (
    _bundle.kind == "crisis",
    _bundle.cause == _sheet.situation_key,
    _bundle.operator == _sheet.operator,
    _item.bundle_key == _bundle.bundle_key,
    _item.functions[1] == _sheet.function,
    _item.state == "sent",
)


class KeptSheet(NamedTuple):
    """A sheet, the situation that opened it, and its newest report."""

    situation_key: UUID
    sheet: Sheet
    report_key: UUID | None


def sheet_of(row: Any) -> Sheet:
    """The sheet of a row."""
    function, tlp = FunctionSlug(row.function), Tlp(row.tlp)
    return Sheet(row.operator, function, row.crisis, tuple(row.areas), tlp, row.opened_at, row.until)


async def sheets_about(
    connection: AsyncConnection, crisis: str, operator: str | None = None
) -> list[KeptSheet]:
    """Every sheet about a crisis, or those of one operator, newest first."""
    query = select(tables.sheet).where(_sheet.crisis == crisis)
    if operator is not None:
        query = query.where(_sheet.operator == operator)
    query = query.order_by(_sheet.opened_at.desc(), _sheet.situation_key, _sheet.operator, _sheet.function)
    rows = await connection.execute(query)
    return [KeptSheet(row.situation_key, sheet_of(row), row.report_key) for row in rows]


async def sheets_opened_by(connection: AsyncConnection, situation_key: UUID, operator: str) -> list[Sheet]:
    """The sheets that a situation opened for an operator, by function."""
    query = select(tables.sheet).where(_sheet.situation_key == situation_key, _sheet.operator == operator)
    return [sheet_of(row) for row in await connection.execute(query.order_by(_sheet.function))]


async def keep_sheet(connection: AsyncConnection, situation_key: UUID, sheet: Sheet) -> None:
    """Opens a sheet."""
    row = {**sheet._asdict(), "areas": list(sheet.areas), "tlp": str(sheet.tlp)}
    await connection.execute(insert(tables.sheet), {**row, "situation_key": situation_key})


async def change_sheet(connection: AsyncConnection, kept: KeptSheet, **values: Any) -> None:
    """Changes `until`, `areas` or `report_key` of a sheet."""
    await connection.execute(
        update(tables.sheet)
        .where(
            _sheet.situation_key == kept.situation_key,
            _sheet.operator == kept.sheet.operator,
            _sheet.function == kept.sheet.function,
        )
        .values(**values)
    )


async def end_sheets(connection: AsyncConnection, situation_key: UUID, operator: str, now: datetime) -> None:
    """Ends the sheets that a situation opened for an operator."""
    await connection.execute(
        update(tables.sheet)
        .where(
            _sheet.situation_key == situation_key,
            _sheet.operator == operator,
            _sheet.until > now,
        )
        .values(until=now)
    )


async def for_crisis(connection: AsyncConnection, operator: str, crisis: str) -> Sequence[Row[Any]]:
    """The requests to an operator for a crisis that wait, oldest first, with what they say."""
    query = (
        select(tables.request, _pressing.content, _item.functions)
        .join(
            tables.pressing,
            (_pressing.event_key == _request.event_key) & (_pressing.operator == _request.operator),
        )
        .join(tables.item, _item.item_key == _request.item_key)
        .where(_pressing.operator == operator, _pressing.crisis == crisis, _request.state == "waiting")
        .order_by(_request.received_at, _request.event_key)
    )
    return (await connection.execute(query)).all()


async def find_pressing(connection: AsyncConnection, event_key: UUID, operator: str) -> Row[Any]:
    """What a request that is or was on a sheet says."""
    query = select(tables.pressing).where(_pressing.event_key == event_key, _pressing.operator == operator)
    return (await connection.execute(query)).one()


def key_on_sheet(situation_key: UUID, merge_key: str) -> str:
    """The merge key of a question that is part of a sheet: who asks it beside the crisis does not join it."""
    return f"{ON_SHEET} {situation_key} {merge_key}"


def is_on_sheet(merge_key: str) -> bool:
    """Whether this is the key of a question that is part of a sheet."""
    return merge_key.startswith(f"{ON_SHEET} ")


async def open_on_sheet(
    connection: AsyncConnection, item_key: UUID, merge_key: str, like: UUID, bundle_key: UUID
) -> None:
    """Opens an item that the operator has as part of its sheet, about the same as another item."""
    kept = ("operator", "library_key", "functions", "tlp", "needed_by", "opened_at")
    found = await connection.execute(select(*(_item[name] for name in kept)).where(_item.item_key == like))
    new = {"item_key": item_key, "merge_key": merge_key, "bundle_key": bundle_key, "state": "sent"}
    await connection.execute(insert(tables.item), {**found.one()._asdict(), **new})


async def move_request(
    connection: AsyncConnection, event_key: UUID, operator: str, item_key: UUID, state: str
) -> None:
    """Makes a request part of another item."""
    await connection.execute(
        update(tables.request)
        .where(_request.event_key == event_key, _request.operator == operator)
        .values(item_key=item_key, state=state)
    )


async def requests_on(connection: AsyncConnection, kept: KeptSheet) -> Sequence[Row[Any]]:
    """The requests that are part of a sheet, or were answered by it, with what they say."""
    query = (
        select(tables.request, _pressing.content, _item.merge_key.label("item_merge_key"))
        .join(
            tables.pressing,
            (_pressing.event_key == _request.event_key) & (_pressing.operator == _request.operator),
        )
        .join(tables.item, _item.item_key == _request.item_key)
        .join(tables.bundle, _bundle.bundle_key == _item.bundle_key)
        .where(
            _bundle.kind == "crisis",
            _bundle.cause == kept.situation_key,
            _bundle.operator == kept.sheet.operator,
            _item.functions[1] == str(kept.sheet.function),
            _request.state.in_(("joined-sent", "answered", "not-shared")),
        )
        .order_by(_request.received_at, _request.event_key)
    )
    return (await connection.execute(query)).all()


async def answer_items(connection: AsyncConnection, item_keys: Iterable[UUID], report_key: UUID) -> None:
    """The report is the answer on these items; they end when nobody waits for more."""
    await connection.execute(
        update(tables.item).where(_item.item_key.in_(set(item_keys))).values(answer_key=report_key)
    )


async def operators_with_ended_sheets(connection: AsyncConnection, now: datetime) -> list[str]:
    """The operators with requests on a sheet that has ended."""
    query = select(_item.operator).select_from(tables.sheet).where(*_of_sheet, _sheet.until <= now)
    return sorted(set((await connection.execute(query.distinct())).scalars()))


async def items_on_ended_sheets(
    connection: AsyncConnection, operator: str, now: datetime
) -> Sequence[Row[Any]]:
    """The items of an operator that are left on sheets that have ended, each with its situation."""
    query = (
        select(tables.item, _sheet.situation_key)
        .select_from(tables.sheet)
        .where(*_of_sheet, _sheet.until <= now, _sheet.operator == operator)
        .order_by(_item.opened_at, _item.item_key)
    )
    return (await connection.execute(query)).all()
