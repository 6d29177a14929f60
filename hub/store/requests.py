"""Requests, items and bundles. Whoever joins or releases holds the operator's row."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.release import Waiting
from hub.store import tables
from hub.store.wake import Channel, wake

_item, _request, _bundle = tables.item.c, tables.request.c, tables.bundle.c
OPEN = ("waiting", "joined-sent", "sent")


class NewRequest(NamedTuple):
    """One request to one operator; `state` is a request state."""

    event_key: UUID
    operator: str
    asker: str
    item_key: UUID
    areas: Sequence[str]
    needed_by: date | None
    expires_at: datetime | None
    state: str
    received_at: datetime


class NewItem(NamedTuple):
    """One question as the operator sees it."""

    item_key: UUID
    operator: str
    merge_key: str
    functions: Sequence[str]
    tlp: str
    needed_by: date | None
    opened_at: datetime


async def lock_operator(connection: AsyncConnection, operator: str) -> int | None:
    """Holds the operator until the transaction ends; the slot of its last bundle."""
    lock = tables.operator_lock
    await connection.execute(insert(lock).on_conflict_do_nothing(), {"operator": operator})
    last: int | None = await connection.scalar(
        select(lock.c.last_slot).where(lock.c.operator == operator).with_for_update()
    )
    return last


async def find_open_item(connection: AsyncConnection, operator: str, merge_key: str) -> Row[Any] | None:
    """The item with this key that waits or is with the operator."""
    query = select(tables.item).where(
        _item.operator == operator, _item.merge_key == merge_key, _item.state.in_(("waiting", "sent"))
    )
    return (await connection.execute(query)).first()


async def answered_items(connection: AsyncConnection, operator: str, merge_key: str) -> Sequence[Any]:
    """Answered items with this key and the content of their answer, newest first."""
    query = (
        select(tables.item, tables.event.c.content.label("answer"))
        .join(tables.event, tables.event.c.event_key == _item.answer_key)
        .where(_item.operator == operator, _item.merge_key == merge_key, _item.state == "answered")
        .order_by(_item.opened_at.desc())
    )
    return (await connection.execute(query)).all()


async def open_item(connection: AsyncConnection, new: NewItem) -> None:
    """Opens an item that waits."""
    await connection.execute(insert(tables.item), {**new._asdict(), "state": "waiting"})


async def add_request(connection: AsyncConnection, new: NewRequest) -> None:
    """Adds the request to its item, which is needed as early as its earliest request."""
    await connection.execute(insert(tables.request), new._asdict())
    if new.needed_by and new.state == "waiting":
        await connection.execute(
            update(tables.item)
            .where(_item.item_key == new.item_key)
            .values(needed_by=func.least(func.coalesce(_item.needed_by, new.needed_by), new.needed_by))
        )


async def find_request(connection: AsyncConnection, event_key: UUID, operator: str) -> Row[Any] | None:
    """The request that this event made of this operator, with its item's state."""
    query = (
        select(tables.request, _item.state.label("item_state"))
        .join(tables.item, _item.item_key == _request.item_key)
        .where(_request.event_key == event_key, _request.operator == operator)
    )
    return (await connection.execute(query)).first()


async def requests_of_item(connection: AsyncConnection, item_key: UUID) -> Sequence[Any]:
    """Every request on an item, oldest first."""
    query = (
        select(tables.request)
        .where(_request.item_key == item_key)
        .order_by(_request.received_at, _request.event_key)
    )
    return (await connection.execute(query)).all()


async def answer_item(connection: AsyncConnection, item_key: UUID, answer_key: UUID) -> None:
    """Closes the item with this answer; a later answer replaces an earlier one."""
    await connection.execute(
        update(tables.item).where(_item.item_key == item_key).values(state="answered", answer_key=answer_key)
    )


async def set_request_state(
    connection: AsyncConnection, item_key: UUID, askers: Iterable[str], state: str
) -> None:
    """Gives the requests of these askers on an item a new state."""
    await connection.execute(
        update(tables.request)
        .where(_request.item_key == item_key, _request.asker.in_(list(askers)), _request.state != "expired")
        .values(state=state)
    )


async def last_slot_run(connection: AsyncConnection) -> int | None:
    """The last slot that was run to its end."""
    last: int | None = await connection.scalar(select(func.max(tables.slot_done.c.slot)))
    return last


async def mark_slot_run(connection: AsyncConnection, slot: int) -> None:
    """The slot has been run for every operator."""
    await connection.execute(insert(tables.slot_done).on_conflict_do_nothing(), {"slot": slot})
    await wake(connection, Channel.PROGRESS)


async def operators_waiting(connection: AsyncConnection) -> list[str]:
    """The operators for whom an item waits."""
    query = select(_item.operator).where(_item.state == "waiting").distinct().order_by(_item.operator)
    return list((await connection.execute(query)).scalars())


async def waiting_items(connection: AsyncConnection, operator: str) -> list[Waiting]:
    """The operator's items that wait for a bundle."""
    query = select(_item.item_key, _item.opened_at, _item.needed_by).where(
        _item.operator == operator, _item.state == "waiting"
    )
    return [Waiting(*row) for row in await connection.execute(query)]


async def release_bundle(
    connection: AsyncConnection,
    bundle_key: UUID,
    operator: str,
    slot: int,
    items: Sequence[UUID],
    now: datetime,
) -> None:
    """The items leave together: once per operator and slot."""
    await connection.execute(
        insert(tables.bundle),
        {"bundle_key": bundle_key, "operator": operator, "slot": slot, "released_at": now},
    )
    await connection.execute(
        update(tables.item).where(_item.item_key.in_(items)).values(state="sent", bundle_key=bundle_key)
    )
    await connection.execute(
        update(tables.request)
        .where(_request.item_key.in_(items), _request.state == "waiting")
        .values(state="sent")
    )
    await connection.execute(
        update(tables.operator_lock).where(tables.operator_lock.c.operator == operator).values(last_slot=slot)
    )


async def expire_requests(connection: AsyncConnection, now: datetime) -> list[Row[Any]]:
    """Ends the open requests whose expiry time has come, and the items that nobody waits for any more."""
    expired = await connection.execute(
        update(tables.request)
        .where(_request.expires_at <= now, _request.state.in_(OPEN))
        .values(state="expired")
        .returning(_request.event_key, _request.operator, _request.item_key)
    )
    rows = list(expired)
    if rows:
        still = select(_request.item_key).where(_request.item_key == _item.item_key, _request.state.in_(OPEN))
        await connection.execute(
            update(tables.item)
            .where(
                _item.item_key.in_({r.item_key for r in rows}),
                _item.state.in_(("waiting", "sent")),
                ~still.exists(),
            )
            .values(state="expired")
        )
    return rows
