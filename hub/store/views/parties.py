"""What parties and functions have to do with: counts, received events, requests and bundles."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CompoundSelect, func, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables
from hub.store.views.overview import OPEN_BOTTLENECKS

_event, _mail = tables.event.c, tables.mail.c
_audience, _outcome, _delivery = tables.audience.c, tables.outcome.c, tables.delivery.c
_request, _item = tables.request.c, tables.item.c


def deliveries_to(parties: Sequence[str]) -> CompoundSelect[Any]:
    """Every delivery to these: with an outcome, or still in an open audience."""
    planned = (
        select(_audience.event_key)
        .where(_audience.is_open, _audience.parties.overlap(list(parties)))
        .distinct()
        .scalar_subquery()
    )
    return union_all(
        select(tables.outcome).where(_outcome.party.in_(parties)),
        select(tables.delivery).where(
            _delivery.event_key.in_(planned),
            _delivery.party.in_(parties),
            _delivery.mail_key.is_(None),
            _delivery.withheld.is_(None),
        ),
    )


async def deliveries_by_party(connection: AsyncConnection, slugs: Sequence[str]) -> Mapping[str, int]:
    """The number of deliveries of each of these parties; who has none is not there."""
    theirs = deliveries_to(slugs).subquery()
    query = select(theirs.c.party, func.count().label("deliveries")).group_by(theirs.c.party)
    return {row.party: row.deliveries for row in await connection.execute(query)}


async def deliveries_of_party(
    connection: AsyncConnection, party: str, most: int, skip: int = 0
) -> Sequence[Any]:
    """What a party received or will receive, newest first, with the events."""
    theirs = deliveries_to([party]).subquery()
    query = (
        select(
            theirs,
            _mail.state.label("mail_state"),
            _event.type,
            _event.tlp,
            _event.publisher,
            _event.accepted_at,
            _event.content,
        )
        .join(tables.event, _event.event_key == theirs.c.event_key)
        .outerjoin(tables.mail, _mail.mail_key == theirs.c.mail_key)
        .order_by(_event.accepted_at.desc(), theirs.c.event_key)
        .limit(most)
        .offset(skip)
    )
    return (await connection.execute(query)).all()


async def requests_by_party(connection: AsyncConnection, asker: str, most: int) -> Sequence[Any]:
    """The newest requests that a party made, one row per operator."""
    query = (
        select(tables.request, _event.content, _item.bundle_key, _item.answer_key)
        .join(tables.event, _event.event_key == _request.event_key)
        .join(tables.item, _item.item_key == _request.item_key)
        .where(_request.asker == asker)
        .order_by(_request.received_at.desc(), _request.event_key, _request.operator)
        .limit(most)
    )
    return (await connection.execute(query)).all()


async def events_by_function(connection: AsyncConnection) -> Mapping[str, int]:
    """The number of events per function."""
    rows = await connection.execute(
        text("SELECT slug, count(*) AS events FROM event, unnest(functions) AS slug GROUP BY slug")
    )
    return {row.slug: row.events for row in rows}


async def open_bottlenecks_by_function(connection: AsyncConnection) -> Mapping[str, int]:
    """The number of open bottlenecks per function."""
    rows = await connection.execute(
        text(
            "SELECT slug, count(*) AS bottlenecks "  # noqa: S608 - own text
            f"FROM ({OPEN_BOTTLENECKS}) AS bottleneck, unnest(functions) AS slug GROUP BY slug"
        )
    )
    return {row.slug: row.bottlenecks for row in rows}
