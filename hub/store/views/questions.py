"""The questions that stand in the hub, for who looks for ones like his own."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, any_, exists, func, literal, literal_column, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables
from hub.store.database import keys_of

_event, _request, _item = tables.event.c, tables.request.c, tables.item.c
_kept, _lapse, _delivery = tables.kept_answer.c, tables.lapse.c, tables.delivery.c
_audience, _outcome = tables.audience.c, tables.outcome.c

OPEN = ("waiting", "joined-sent", "sent")
RAISED = "nl.vitale-functies.question.raised.v1"
DEPOSITED = "nl.vitale-functies.answer.deposited.v1"
_LOOKED_FOR: tuple[ColumnElement[str], ...] = (
    literal_column(f"'{RAISED}'"),
    literal_column(f"'{DEPOSITED}'"),
)
"""As the index has it, so that PostgreSQL knows it again."""


async def horizon(connection: AsyncConnection) -> int:
    """The first transaction that may still be under way: what earlier ones wrote can be read by now."""
    return await connection.scalar(select(text("pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))) or 0


async def questions_since(connection: AsyncConnection, begin: tuple[int, UUID], most: int) -> Sequence[Any]:
    """Questions and deposits written after this transaction and key, in that order: up to so many. `parties`:
    for whom each was planned so far."""
    planned = select(func.unnest(_audience.parties)).where(_audience.event_key == _event.event_key)
    mailed = select(_outcome.party).where(_outcome.event_key == _event.event_key)
    query = (
        select(
            _event.event_key,
            _event.publisher,
            _event.written_in,
            _event.content,
            func.array(planned.union(mailed).scalar_subquery()).label("parties"),
        )
        .where(_event.type.in_(_LOOKED_FOR), tuple_(_event.written_in, _event.event_key) > begin)
        .order_by(_event.written_in, _event.event_key)
        .limit(most)
    )
    return (await connection.execute(query)).all()


async def planned_since(connection: AsyncConnection, begin: int) -> AsyncIterator[tuple[UUID, list[str]]]:
    """Each question or deposit for which audiences were planned from this transaction on, and for whom."""
    query = (
        select(_audience.event_key, _audience.parties)
        .join(tables.planning, tables.planning.c.planning == _audience.planning)
        .join(tables.event, _event.event_key == _audience.event_key)
        .where(tables.planning.c.written_in >= begin, _event.type.in_(_LOOKED_FOR))
    )
    async for row in await connection.stream(query):
        yield row.event_key, row.parties


async def still_standing(
    connection: AsyncConnection, raised: Sequence[UUID], deposits: Sequence[UUID], today: date
) -> Sequence[Any]:
    """(event_key, answer_key) of those of these questions that are open or still answered by an answer of the
    library, and of those of these deposits that still answer. answer_key: None while open; of a deposit its
    own key."""
    lapsed = exists().where(_lapse.answer_key == _kept.answer_key, _lapse.operator == _kept.operator)
    holds = (~lapsed, _kept.given_on <= today, _kept.valid_until >= today, _kept.kind != "decline")
    these = _request.event_key == any_(keys_of(raised))
    opened = select(_request.event_key, literal(None, Uuid).label("answer_key")).where(
        these, _request.state.in_(OPEN)
    )
    answered = (
        select(_request.event_key, _kept.answer_key)
        .join(tables.item, _item.item_key == _request.item_key)
        .join(tables.kept_answer, _kept.answer_key == _item.answer_key)
        .where(these, _request.state == "answered", *holds)
    )
    deposited = select(_kept.answer_key.label("event_key"), _kept.answer_key).where(
        _kept.answer_key == any_(keys_of(deposits)), *holds
    )
    return (await connection.execute(opened.union(answered, deposited))).all()


async def read_events(connection: AsyncConnection, keys: Collection[UUID]) -> Sequence[Any]:
    """The events with these keys: key, publisher and content."""
    query = select(_event.event_key, _event.publisher, _event.content).where(_event.event_key.in_(keys))
    return (await connection.execute(query)).all()


async def read_reasons(
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
