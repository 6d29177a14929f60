"""What people say of two questions, and which items hold the requests that this is about.

Whoever changes them holds the operator's row."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.throttle.components import Word
from hub.rules.throttle.regrouping import Asked
from hub.store import tables
from hub.store.throttle.requests import OPEN, NewItem, get_item, new_item_key, open_item
from hub.store.throttle.situations import ON_SHEET

_word, _request, _item = tables.question_word.c, tables.request.c, tables.item.c


async def keep_word(
    connection: AsyncConnection,
    by_key: UUID,
    operator: str,
    pair: tuple[UUID, UUID],
    word: Word,
    at: datetime,
) -> None:
    """Keeps what a person says of two requests to an operator, whether they are here or still to come."""
    one, other = pair
    row = {"by_key": by_key, "operator": operator, "one": one, "other": other, "word": word, "at": at}
    await connection.execute(insert(tables.question_word).on_conflict_do_nothing(), row)


async def words_of(connection: AsyncConnection, operator: str) -> Sequence[Any]:
    """All words about requests to an operator, with the event that says each, and by whom."""
    said = tables.steering.c
    query = (
        select(tables.question_word, said.party, said.content)
        .join(tables.steering, said.by_key == _word.by_key)
        .where(_word.operator == operator)
        .order_by(_word.at, _word.by_key)
    )
    return (await connection.execute(query)).all()


async def spoken_of(
    connection: AsyncConnection, operator: str, event_keys: Collection[UUID]
) -> dict[UUID, Row[Any]]:
    """Those of these requests that are here, with the functions of their items."""
    query = (
        select(tables.request, _item.functions)
        .join(tables.item, _item.item_key == _request.item_key)
        .where(_request.operator == operator, _request.event_key.in_(set(event_keys)))
    )
    return {row.event_key: row for row in await connection.execute(query)}


async def asked_with(connection: AsyncConnection, operator: str, keys: Collection[str]) -> list[Asked]:
    """The open requests with one of these merge keys, on open items."""
    query = (
        select(
            _request.event_key,
            _request.merge_key,
            _request.state,
            _item.item_key,
            _item.merge_key.label("of_item"),
            _item.state.label("item_state"),
        )
        .join(tables.item, _item.item_key == _request.item_key)
        .where(
            _request.operator == operator,
            _request.merge_key.in_(set(keys)),
            _request.state.in_(OPEN),
            _item.state.in_(("waiting", "sent")),
            ~_item.merge_key.like(f"{ON_SHEET} %"),
        )
        .order_by(_request.received_at, _request.event_key)
    )
    return [Asked(*row) for row in await connection.execute(query)]


async def library_keys_of(connection: AsyncConnection, operator: str, keys: Collection[str]) -> set[str]:
    """The keys in the library of the questions with these merge keys, as far as they were ever asked."""
    query = select(_request.library_key).where(_request.operator == operator, _request.merge_key.in_(keys))
    return set((await connection.execute(query.distinct())).scalars())


async def end_empty(connection: AsyncConnection, item_keys: Collection[UUID]) -> None:
    """Nobody waits on these any more: their requests are going to another item."""
    await connection.execute(
        update(tables.item)
        .where(_item.item_key.in_(item_keys))
        .values(state="withdrawn", not_before=None, bundle_key=None)
    )


async def rename_item(connection: AsyncConnection, item_key: UUID, merge_key: str) -> None:
    """The item has another merge key from now on."""
    await connection.execute(
        update(tables.item).where(_item.item_key == item_key).values(merge_key=merge_key)
    )


async def item_for(
    connection: AsyncConnection, operator: str, merge_key: str, like: UUID, library_key: str, at: datetime
) -> Row[Any]:
    """The open item with a merge key; when there is none, one that waits, `like` another."""
    of_key = (_item.operator == operator, _item.merge_key == merge_key)
    query = select(tables.item).where(*of_key, _item.state.in_(("waiting", "sent")))
    if found := (await connection.execute(query)).first():
        return found
    other = (await connection.execute(select(tables.item).where(_item.item_key == like))).one()
    new = NewItem(
        await new_item_key(connection, operator, merge_key),
        operator,
        merge_key,
        library_key,
        other.functions,
        other.tlp,
        None,
        at,
    )
    await open_item(connection, new)
    return await get_item(connection, new.item_key)


async def put_on(
    connection: AsyncConnection, operator: str, event_keys: Collection[UUID], item_key: UUID, state: str
) -> None:
    """These open requests go to an item, in a state."""
    await connection.execute(
        update(tables.request)
        .where(_request.operator == operator, _request.event_key.in_(event_keys))
        .values(item_key=item_key, state=state)
    )


async def postpone_item(connection: AsyncConnection, item_key: UUID, slot: int) -> None:
    """The item waits with its open requests, and they are left alone before a slot."""
    await connection.execute(
        update(tables.request)
        .where(_request.item_key == item_key, _request.state.in_(OPEN))
        .values(state="waiting", not_before=slot)
    )
    await connection.execute(
        update(tables.item).where(_item.item_key == item_key).values(state="waiting", not_before=slot)
    )


async def refresh_items(connection: AsyncConnection, item_keys: Collection[UUID]) -> dict[UUID, int | None]:
    """What waits is as old as its oldest request, needed as early as the earliest, and postponed as far as
    one of them is; that slot for each that waits."""
    of_item = (_request.item_key == _item.item_key, _request.state == "waiting")
    oldest, earliest, latest = (
        select(one).where(*of_item).correlate(tables.item).scalar_subquery()
        for one in (
            func.min(_request.received_at),
            func.min(_request.needed_by),
            func.max(_request.not_before),
        )
    )
    refreshed = await connection.execute(
        update(tables.item)
        .where(_item.item_key.in_(item_keys), _item.state == "waiting")
        .values(opened_at=func.coalesce(oldest, _item.opened_at), needed_by=earliest, not_before=latest)
        .returning(_item.item_key, _item.not_before)
    )
    return {row.item_key: row.not_before for row in refreshed}


async def end_item(connection: AsyncConnection, item_key: UUID, state: str) -> None:
    """The item ends."""
    await connection.execute(update(tables.item).where(_item.item_key == item_key).values(state=state))
