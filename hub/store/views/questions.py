"""The questions that stand in the hub, for who looks for ones like his own."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, and_, any_, exists, literal, literal_column, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables
from hub.store.database import keys_of

_event, _request, _item = tables.event.c, tables.request.c, tables.item.c
_kept, _lapse, _delivery = tables.kept_answer.c, tables.lapse.c, tables.delivery.c
_audience, _outcome = tables.audience.c, tables.outcome.c

OPEN = ("waiting", "joined-sent", "sent")
RAISED = "nl.vitale-functies.question.raised.v1"
DEPOSITED = "nl.vitale-functies.answer.deposited.v1"


async def horizon(connection: AsyncConnection) -> int:
    """The first transaction that may still be under way: what earlier ones wrote can be read by now."""
    return await connection.scalar(select(text("pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))) or 0


async def questions_since(connection: AsyncConnection, begin: tuple[int, UUID], most: int) -> Sequence[Any]:
    """Questions and deposits written after this transaction and key, in that order: up to so many."""
    query = (
        select(_event.event_key, _event.written_in, _event.content)
        .where(
            _event.type.in_((literal_column(f"'{RAISED}'"), literal_column(f"'{DEPOSITED}'"))),
            tuple_(_event.written_in, _event.event_key) > begin,
        )
        .order_by(_event.written_in, _event.event_key)
        .limit(most)
    )
    return (await connection.execute(query)).all()


async def questions_near(
    connection: AsyncConnection,
    party: str,
    functions: Collection[str],
    today: date,
    keys: Sequence[UUID],
) -> Sequence[Any]:
    """(event_key, answer_key) of those of these questions that are about some of these functions, are open or
    still answered by an answer of the library, and that the party published or was to receive; and of every
    deposit about them. answer_key: None while open; of a deposit its own key. Whether the party may know them
    now is not asked here."""
    these = _event.event_key == any_(keys_of(keys))
    about = _event.functions.overlap(list(functions))
    to_them = or_(
        _event.publisher == party,
        exists().where(_outcome.event_key == _event.event_key, _outcome.party == party),
        exists().where(
            _audience.event_key == _event.event_key, _audience.is_open, _audience.parties.contains([party])
        ),
    )
    # Read once, though three parts of the query look at it.
    near = (
        select(_event.event_key, _event.type)
        .where(these, about, or_(_event.type == DEPOSITED, and_(_event.type == RAISED, to_them)))
        .cte("near")
    )
    lapsed = exists().where(_lapse.answer_key == _kept.answer_key, _lapse.operator == _kept.operator)
    holds = (~lapsed, _kept.given_on <= today, _kept.valid_until >= today, _kept.kind != "decline")
    opened = (
        select(near.c.event_key, literal(None, Uuid).label("answer_key"))
        .join(tables.request, _request.event_key == near.c.event_key)
        .where(near.c.type == RAISED, _request.state.in_(OPEN))
    )
    answered = (
        select(near.c.event_key, _kept.answer_key)
        .join(tables.request, _request.event_key == near.c.event_key)
        .join(tables.item, _item.item_key == _request.item_key)
        .join(tables.kept_answer, _kept.answer_key == _item.answer_key)
        .where(near.c.type == RAISED, _request.state == "answered", *holds)
    )
    deposited = (
        select(near.c.event_key, _kept.answer_key)
        .join(tables.kept_answer, _kept.answer_key == near.c.event_key)
        .where(near.c.type == DEPOSITED, *holds)
    )
    return (await connection.execute(opened.union(answered, deposited))).all()


async def read_events(connection: AsyncConnection, keys: Collection[UUID]) -> Sequence[Any]:
    """The events with these keys: key, publisher and content."""
    query = select(_event.event_key, _event.publisher, _event.content).where(_event.event_key.in_(keys))
    return (await connection.execute(query)).all()


async def reasons_of(
    connection: AsyncConnection, keys: Collection[UUID], party: str
) -> dict[UUID, Sequence[Any]]:
    """Why each of these events was delivered to the party; not those that were withheld."""
    query = select(_delivery.event_key, _delivery.reasons).where(
        _delivery.event_key.in_(keys),
        _delivery.party == party,
        _delivery.channel == "mail",
        _delivery.withheld.is_(None),
    )
    return {row.event_key: row.reasons for row in await connection.execute(query)}
