"""Events as people look them up, and all that came of one."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables
from hub.store.tables.ledger import counts
from hub.store.views.parties import deliveries_to

_event, _delivery, _mail = tables.event.c, tables.delivery.c, tables.mail.c
_request, _item = tables.request.c, tables.item.c


class EventFilter(NamedTuple):
    """Which events to list; None: whatever it is. `parties` published, received or were asked; `unheard`:
    only those that reached nobody."""

    function: str | None = None
    type: str | None = None
    areas: Sequence[str] | None = None
    parties: Sequence[str] | None = None
    tlp: str | None = None
    unheard: bool = False


def _conditions(wanted: EventFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.function is not None:
        conditions.append(_event.functions.contains([wanted.function]))
    if wanted.type is not None:
        conditions.append(_event.type == wanted.type)
    if wanted.areas is not None:
        conditions.append(_event.areas.overlap(list(wanted.areas)))
    if wanted.tlp is not None:
        conditions.append(_event.tlp == wanted.tlp)
    if wanted.unheard:
        delivered = select(_delivery.event_key).where(
            _delivery.event_key == _event.event_key, _delivery.withheld.is_(None)
        )
        asked = select(_request.event_key).where(
            _request.event_key == _event.event_key, _request.state != "withheld"
        )
        conditions += [~delivered.exists(), ~asked.exists()]
    if wanted.parties is not None:
        own = tables.event.alias().c
        published = select(own.event_key).where(own.publisher.in_(wanted.parties))
        received = select(deliveries_to(wanted.parties).subquery().c.event_key)
        asked = select(_request.event_key).where(_request.operator.in_(wanted.parties))
        # One semi-join: with OR, PostgreSQL would search the deliveries again for every event.
        conditions.append(_event.event_key.in_(union_all(published, received, asked)))
    return conditions


async def count_events(connection: AsyncConnection, wanted: EventFilter) -> int:
    """How many events there are of this kind."""
    query = select(func.count()).select_from(tables.event).where(*_conditions(wanted))
    return await connection.scalar(query) or 0


async def list_events(
    connection: AsyncConnection, wanted: EventFilter, most: int, skip: int = 0
) -> Sequence[Any]:
    """Events with their number of deliveries, newest first."""
    page = (
        select(_event.event_key)
        .where(*_conditions(wanted))
        .order_by(_event.accepted_at.desc(), _event.event_key)
        .limit(most)
        .offset(skip)
        .subquery()
    )
    deliveries = (
        select(func.count())
        .select_from(tables.delivery)
        .where(_delivery.event_key == _event.event_key)
        .scalar_subquery()
    )
    query = (
        select(tables.event, deliveries.label("deliveries"))
        .join(page, page.c.event_key == _event.event_key)
        .order_by(_event.accepted_at.desc(), _event.event_key)
    )
    return (await connection.execute(query)).all()


async def find_event(connection: AsyncConnection, event_key: UUID) -> Row[Any] | None:
    """The event with its content."""
    return (await connection.execute(select(tables.event).where(_event.event_key == event_key))).first()


async def events_called(connection: AsyncConnection, event_key: UUID | None, event_id: str) -> Sequence[Any]:
    """The events with this key, or else with this id; ids are unique per source only."""
    if event_key is not None and (one := await find_event(connection, event_key)):
        return [one]
    called = _event.content["id"].astext == event_id
    return (await connection.execute(select(tables.event).where(called).limit(20))).all()


async def find_delivery(connection: AsyncConnection, event_key: UUID, party: str) -> Row[Any] | None:
    """The delivery of an event to a party, unless it was withheld."""
    query = select(tables.delivery).where(
        _delivery.event_key == event_key,
        _delivery.party == party,
        _delivery.channel == "mail",
        _delivery.withheld.is_(None),
    )
    return (await connection.execute(query)).first()


async def events_of_subject(
    connection: AsyncConnection, subject: str, besides: UUID, most: int
) -> Sequence[Any]:
    """Other events of the same case, newest first."""
    query = (
        select(tables.event)
        .where(_event.subject == subject, _event.event_key != besides)
        .order_by(_event.accepted_at.desc(), _event.event_key)
        .limit(most)
    )
    return (await connection.execute(query)).all()


async def count_deliveries(connection: AsyncConnection, event_key: UUID) -> int:
    """How many deliveries an event has."""
    query = select(func.count()).select_from(tables.delivery).where(_delivery.event_key == event_key)
    return await connection.scalar(query) or 0


async def deliveries_of_event(
    connection: AsyncConnection,
    event_key: UUID,
    most: int | None = None,
    skip: int = 0,
    party: str | None = None,
) -> Sequence[Any]:
    """The deliveries of an event (all: None), or those to one party, with the state of their mail, at once
    before digest."""
    query = (
        select(tables.delivery, _mail.state.label("mail_state"))
        .outerjoin(tables.mail, _mail.mail_key == _delivery.mail_key)
        .where(_delivery.event_key == event_key, *([_delivery.party == party] if party else []))
        .order_by(_delivery.mode.desc(), _delivery.party)
        .limit(most)
        .offset(skip)
    )
    return (await connection.execute(query)).all()


async def requests_of_event(connection: AsyncConnection, event_key: UUID) -> Sequence[Any]:
    """What an event asked of each operator: its item and bundle, and everyone who asks the same."""
    also = tables.request.alias()
    askers = (
        select(func.array_agg(also.c.asker.distinct()))
        .where(also.c.item_key == _request.item_key)
        .scalar_subquery()
    )
    query = (
        select(
            tables.request,
            _item.state.label("item_state"),
            _item.bundle_key,
            _item.answer_key,
            tables.bundle.c.released_at,
            askers.label("askers"),
        )
        .join(tables.item, _item.item_key == _request.item_key)
        .outerjoin(tables.bundle, tables.bundle.c.bundle_key == _item.bundle_key)
        .where(_request.event_key == event_key)
        .order_by(_request.operator)
    )
    return (await connection.execute(query)).all()


async def ledger_of_event(connection: AsyncConnection, event_key: UUID) -> Sequence[Any]:
    """The ledger records of an exchange, in order of number, without what was set aside."""
    ledger, batch = tables.ledger.c, tables.ledger_batch.c
    number = batch.first_number + func.array_position(batch.record_keys, ledger.record_key) - 1
    query = (
        select(number.label("number"), ledger.kind, ledger.record, ledger.leaf_hash)
        .join(tables.ledger_batch, batch.batch == ledger.batch)
        .where(ledger.event_key == event_key, counts(ledger.batch))
        .order_by(number.nulls_last(), ledger.record_key)
        .limit(500)
    )
    return (await connection.execute(query)).all()
