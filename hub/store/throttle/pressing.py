"""Requests that are urgent or for a crisis, and the urgent contacts of an operator."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.throttle.policy import LONGEST_WINDOW
from hub.rules.throttle.urgent import Contact
from hub.store import tables
from hub.store.throttle.lines import SPENT

_pressing, _bundle = tables.pressing.c, tables.bundle.c


async def keep_pressing(
    connection: AsyncConnection, event_key: UUID, operator: str, crisis: str | None, content: dict[str, Any]
) -> None:
    """Keeps a request to an operator that is urgent, or for a crisis."""
    row = {"event_key": event_key, "operator": operator, "crisis": crisis, "content": content}
    await connection.execute(insert(tables.pressing).on_conflict_do_nothing(), row)


async def pressing_of(connection: AsyncConnection, event_key: UUID) -> Sequence[Any]:
    """What this event asked of each operator, by operator; nothing when it is not pressing."""
    query = select(tables.pressing).where(_pressing.event_key == event_key).order_by(_pressing.operator)
    return (await connection.execute(query)).all()


async def urgent_contacts(connection: AsyncConnection, operator: str, slot: int) -> list[Contact]:
    """The urgent contacts that left for the operator, as far back from a slot as any limit looks."""
    query = (
        select(_bundle.slot, _bundle.asker, _bundle.confirmed, _bundle.only_classified)
        .where(
            _bundle.operator == operator,
            _bundle.kind == "urgent",
            SPENT,
            _bundle.slot > slot - LONGEST_WINDOW,
        )
        .order_by(_bundle.slot)
    )
    return [Contact(*row) for row in await connection.execute(query)]


async def has_left(connection: AsyncConnection, operator: str, kind: str, cause: UUID) -> bool:
    """Whether the operator had this contact for this cause."""
    query = exists().where(_bundle.operator == operator, _bundle.kind == kind, _bundle.cause == cause)
    return bool(await connection.scalar(select(query)))
