"""The numbers of bundles and of what is asked in them: by these people refer to a question.

Whoever gives numbers holds the operator's row."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables

_bundle, _numbered = tables.bundle.c, tables.bundle_item.c


class Numbers(NamedTuple):
    """The number of a bundle in the operator's own count, and of each of its items in it, both from 1."""

    bundle: int
    items: Mapping[UUID, int]


async def number_bundle(
    connection: AsyncConnection, bundle_key: UUID, operator: str, items: Sequence[UUID]
) -> Numbers:
    """Numbers the bundle and its items in this order. What has a number keeps it."""
    number = await _number_of(connection, bundle_key, operator)
    known = await numbers_of(connection, bundle_key)
    new = [item for item in dict.fromkeys(items) if item not in known]
    first = max(known.values(), default=0) + 1
    given = {item: at for at, item in enumerate(new, start=first)}
    if given:
        rows = [{"bundle_key": bundle_key, "number": at, "item_key": item} for item, at in given.items()]
        await connection.execute(insert(tables.bundle_item), rows)
    return Numbers(number, known | given)


async def numbers_of(connection: AsyncConnection, bundle_key: UUID) -> dict[UUID, int]:
    """The number of each item that was in the mail of a bundle."""
    query = select(_numbered.item_key, _numbered.number).where(_numbered.bundle_key == bundle_key)
    return {row.item_key: row.number for row in await connection.execute(query)}


async def find_numbered(connection: AsyncConnection, operator: str, bundle: int, number: int) -> UUID | None:
    """The item that an operator means by the number of a bundle and its number there; None: there is none."""
    query = (
        select(_numbered.item_key)
        .join(tables.bundle, _bundle.bundle_key == _numbered.bundle_key)
        .where(_bundle.operator == operator, _bundle.number == bundle, _numbered.number == number)
    )
    found: UUID | None = await connection.scalar(query)
    return found


async def _number_of(connection: AsyncConnection, bundle_key: UUID, operator: str) -> int:
    known: int | None = await connection.scalar(
        select(_bundle.number).where(_bundle.bundle_key == bundle_key)
    )
    if known is not None:
        return known
    last = await connection.scalar(select(func.max(_bundle.number)).where(_bundle.operator == operator))
    await connection.execute(
        update(tables.bundle).where(_bundle.bundle_key == bundle_key).values(number=(last or 0) + 1)
    )
    return (last or 0) + 1
