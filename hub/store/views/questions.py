"""The questions that stand in the hub, for who looks for ones like his own."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, exists, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables
from hub.store.views.parties import deliveries_to

_event, _request, _item = tables.event.c, tables.request.c, tables.item.c
_kept, _lapse, _delivery = tables.kept_answer.c, tables.lapse.c, tables.delivery.c

OPEN = ("waiting", "joined-sent", "sent")
RAISED = "nl.vitale-functies.question.raised.v1"
DEPOSITED = "nl.vitale-functies.answer.deposited.v1"


async def questions_near(
    connection: AsyncConnection, party: str, functions: Collection[str], today: date
) -> Sequence[Any]:
    """(event_key, answer_key) of the questions about some of these functions that are open, or that an answer
    of the library still answers, among those that the party published or was to receive, and of every deposit
    about them. answer_key: None while open; of a deposit its own key. Whether the party may know them now is
    not asked here."""
    theirs = select(deliveries_to([party]).subquery().c.event_key)
    about = _event.functions.overlap(list(functions))
    near = (
        select(_event.event_key)
        .where(about, _event.type == RAISED)
        .where(or_(_event.publisher == party, _event.event_key.in_(theirs)))
        .subquery()
    )
    lapsed = exists().where(_lapse.answer_key == _kept.answer_key, _lapse.operator == _kept.operator)
    holds = (~lapsed, _kept.given_on <= today, _kept.valid_until >= today, _kept.kind != "decline")
    opened = (
        select(near.c.event_key, literal(None, Uuid).label("answer_key"))
        .join(tables.request, _request.event_key == near.c.event_key)
        .where(_request.state.in_(OPEN))
    )
    answered = (
        select(near.c.event_key, _kept.answer_key)
        .join(tables.request, _request.event_key == near.c.event_key)
        .join(tables.item, _item.item_key == _request.item_key)
        .join(tables.kept_answer, _kept.answer_key == _item.answer_key)
        .where(_request.state == "answered", *holds)
    )
    deposited = (
        select(_event.event_key, _kept.answer_key)
        .join(tables.kept_answer, _kept.answer_key == _event.event_key)
        .where(about, _event.type == DEPOSITED, *holds)
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
