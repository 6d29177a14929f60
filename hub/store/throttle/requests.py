"""Requests and items. Whoever changes them holds the operator's row."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.identity import derived_key
from hub.rules.throttle.expiry import half_way
from hub.store import tables

_item, _request = tables.item.c, tables.request.c
OPEN = ("waiting", "joined-sent", "sent")


class NewRequest(NamedTuple):
    """One request to one operator; `state` is a request state. `visibility`: with which others it may be one;
    `referred_by`: what another operator said that made it."""

    event_key: UUID
    operator: str
    asker: str
    item_key: UUID
    areas: Sequence[str]
    needed_by: date | None
    expires_at: datetime
    state: str
    received_at: datetime
    merge_key: str
    library_key: str
    visibility: str
    referred_by: UUID | None = None


class NewItem(NamedTuple):
    """One question as the operator sees it."""

    item_key: UUID
    operator: str
    merge_key: str
    library_key: str
    functions: Sequence[str]
    tlp: str
    needed_by: date | None
    opened_at: datetime


async def find_open_item(connection: AsyncConnection, operator: str, merge_key: str) -> Row[Any] | None:
    """The item with this key that waits or is with the operator."""
    query = select(tables.item).where(
        _item.operator == operator, _item.merge_key == merge_key, _item.state.in_(("waiting", "sent"))
    )
    return (await connection.execute(query)).first()


async def keep_answer(
    connection: AsyncConnection, answer_key: UUID, operator: str, question_key: UUID, content: dict[str, Any]
) -> None:
    """Keeps an answer of this operator, whether its question is here or still to come."""
    row = {
        "answer_key": answer_key,
        "operator": operator,
        "question_key": question_key,
        "content": content,
    }
    await connection.execute(insert(tables.answer).on_conflict_do_nothing(), row)


async def answers_to(connection: AsyncConnection, question_key: UUID, operator: str) -> Sequence[Any]:
    """The answers that this operator gave to a question."""
    answer = tables.answer.c
    query = select(tables.answer).where(answer.question_key == question_key, answer.operator == operator)
    return (await connection.execute(query)).all()


async def new_item_key(connection: AsyncConnection, operator: str, merge_key: str) -> UUID:
    """The key of the next item with this merge key: whichever of its requests comes first, and whatever was
    withdrawn before its operator saw it."""
    ended = (_item.state != "withdrawn") | _item.bundle_key.is_not(None)
    query = select(func.count()).where(_item.operator == operator, _item.merge_key == merge_key, ended)
    number = await connection.scalar(query) or 0
    while True:
        key = derived_key("item", operator, merge_key, number)
        # One may have another merge key by now.
        taken = select(_item.item_key).where(_item.item_key == key, ended | (_item.merge_key != merge_key))
        if await connection.scalar(taken) is None:
            return key
        number += 1


async def open_item(connection: AsyncConnection, new: NewItem) -> None:
    """Opens an item that waits, or opens again one that was withdrawn before its operator saw it."""
    row = {**new._asdict(), "state": "waiting"}
    again = {name: row[name] for name in ("state", "needed_by", "opened_at")} | {"not_before": None}
    statement = insert(tables.item).values(row)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["item_key"], set_=again, where=_item.state == "withdrawn"
        )
    )


async def add_request(connection: AsyncConnection, new: NewRequest) -> None:
    """Adds the request to its item; what waits is as old as its oldest request, and needed as early as the
    earliest."""
    row = {**new._asdict(), "half_way_at": half_way(new.received_at, new.expires_at)}
    await connection.execute(insert(tables.request), row)
    if new.state == "waiting":
        await connection.execute(
            update(tables.item)
            .where(_item.item_key == new.item_key)
            .values(
                needed_by=func.least(_item.needed_by, new.needed_by),
                opened_at=func.least(_item.opened_at, new.received_at),
            )
        )


async def find_request(connection: AsyncConnection, event_key: UUID, operator: str) -> Row[Any] | None:
    """The request that this event made of this operator, with its item's state."""
    query = (
        select(tables.request, _item.state.label("item_state"))
        .join(tables.item, _item.item_key == _request.item_key)
        .where(_request.event_key == event_key, _request.operator == operator)
    )
    return (await connection.execute(query)).first()


async def ask_anew(
    connection: AsyncConnection,
    event_key: UUID,
    operator: str,
    item_key: UUID,
    areas: Sequence[str],
    state: str,
) -> None:
    """A request that had ended is asked all the same, on an item and about these areas."""
    await connection.execute(
        update(tables.request)
        .where(_request.event_key == event_key, _request.operator == operator)
        .values(item_key=item_key, areas=list(areas), state=state, closed_at=None)
    )


async def requests_of_event(connection: AsyncConnection, event_key: UUID) -> Sequence[Any]:
    """What an event asked of each operator, by operator."""
    query = select(tables.request).where(_request.event_key == event_key).order_by(_request.operator)
    return (await connection.execute(query)).all()


async def is_any_withdrawn(connection: AsyncConnection, bundle_key: UUID) -> bool:
    """Whether an asker withdrew something of what left in this bundle."""
    query = (
        select(_request.event_key)
        .join(tables.item, _item.item_key == _request.item_key)
        .where(_item.bundle_key == bundle_key, _request.state == "withdrawn")
    )
    return (await connection.execute(query.limit(1))).first() is not None


async def withdraw_request(
    connection: AsyncConnection, event_key: UUID, operator: str, now: datetime
) -> UUID | None:
    """Ends an open request by its asker's word; its item. None: it had ended."""
    withdrawn: UUID | None = await connection.scalar(
        update(tables.request)
        .where(_request.event_key == event_key, _request.operator == operator, _request.state.in_(OPEN))
        .values(state="withdrawn", closed_at=now)
        .returning(_request.item_key)
    )
    return withdrawn


async def requests_of_item(connection: AsyncConnection, item_key: UUID) -> Sequence[Any]:
    """Every request on an item, oldest first."""
    query = (
        select(tables.request)
        .where(_request.item_key == item_key)
        .order_by(_request.received_at, _request.event_key)
    )
    return (await connection.execute(query)).all()


async def open_on_item(connection: AsyncConnection, item_key: UUID) -> Sequence[Any]:
    """The requests on an item that are open."""
    query = select(tables.request).where(_request.item_key == item_key, _request.state.in_(OPEN))
    return (await connection.execute(query)).all()


async def get_item(connection: AsyncConnection, item_key: UUID) -> Row[Any]:
    """The item."""
    return (await connection.execute(select(tables.item).where(_item.item_key == item_key))).one()


async def answer_item(connection: AsyncConnection, item_key: UUID, answer_key: UUID) -> None:
    """Closes the item with this answer; a later answer replaces an earlier one. What all its askers withdrew
    stays so."""
    state = case((_item.state == "withdrawn", "withdrawn"), else_="answered")
    await connection.execute(
        update(tables.item).where(_item.item_key == item_key).values(state=state, answer_key=answer_key)
    )


async def close_requests(
    connection: AsyncConnection, operator: str, event_keys: Iterable[UUID], state: str, now: datetime
) -> None:
    """Ends these requests to an operator; what ended in an answer, by its time, or by its asker stays so."""
    ended = ("expired", "withdrawn", *(("answered",) if state != "answered" else ()))
    await connection.execute(
        update(tables.request)
        .where(
            _request.operator == operator,
            _request.event_key.in_(list(event_keys)),
            _request.state.not_in(ended),
        )
        .values(state=state, closed_at=now)
    )


async def move_requests(
    connection: AsyncConnection, operator: str, event_keys: Iterable[UUID], item_key: UUID
) -> None:
    """Makes these requests wait on another item."""
    await connection.execute(
        update(tables.request)
        .where(_request.operator == operator, _request.event_key.in_(list(event_keys)))
        .values(item_key=item_key, state="waiting")
    )


async def end_items(connection: AsyncConnection, item_keys: Iterable[UUID], state: str) -> None:
    """Ends those of these items that nobody waits for any more."""
    still = select(_request.item_key).where(_request.item_key == _item.item_key, _request.state.in_(OPEN))
    await connection.execute(
        update(tables.item)
        .where(_item.item_key.in_(set(item_keys)), _item.state.in_(("waiting", "sent")), ~still.exists())
        .values(state=state)
    )


async def operators_with_expired(connection: AsyncConnection, now: datetime) -> list[str]:
    """The operators with open requests whose expiry time has come."""
    query = select(_request.operator).where(_request.expires_at <= now, _request.state.in_(OPEN))
    return list((await connection.execute(query.distinct().order_by(_request.operator))).scalars())


async def expire_requests(connection: AsyncConnection, operator: str, now: datetime) -> list[Row[Any]]:
    """Ends the operator's open requests whose expiry time has come, and the items that nobody waits for any
    more. The caller holds the operator."""
    expired = await connection.execute(
        update(tables.request)
        .where(_request.operator == operator, _request.expires_at <= now, _request.state.in_(OPEN))
        .values(state="expired", closed_at=now)
        .returning(_request.event_key, _request.operator, _request.item_key, _request.asker)
    )
    rows = list(expired)
    await end_items(connection, {row.item_key for row in rows}, "expired")
    return rows
