"""What parties and functions have to do with: counts, received events, requests and bundles."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CompoundSelect, and_, func, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.policy import Mode
from hub.store import tables
from hub.store.views.overview import OPEN_BOTTLENECKS

_event, _delivery, _mail = tables.event.c, tables.delivery.c, tables.mail.c
_request, _item = tables.request.c, tables.item.c


def deliveries_to(parties: Sequence[str]) -> CompoundSelect[Any]:
    """The event, party and channel of every delivery to these: in a mail, waiting, or withheld."""
    what = (_delivery.event_key, _delivery.party, _delivery.channel)
    mailed = select(*what).join(tables.mail, _mail.mail_key == _delivery.mail_key)
    waiting = select(*what).where(_delivery.mail_key.is_(None), _delivery.withheld.is_(None))
    withheld = select(*what).where(_delivery.mail_key.is_(None), _delivery.withheld.is_not(None))
    return union_all(
        mailed.where(_mail.party.in_(parties)),
        *(
            waiting.where(_delivery.mode == mode, _delivery.party.in_(parties))
            for mode in (Mode.IMMEDIATE, Mode.DIGEST)
        ),
        withheld.where(_delivery.party.in_(parties)),
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
            tables.delivery,
            _mail.state.label("mail_state"),
            _event.type,
            _event.tlp,
            _event.publisher,
            _event.accepted_at,
            _event.content,
        )
        .join(
            theirs,
            and_(*(tables.delivery.c[name] == theirs.c[name] for name in ("event_key", "party", "channel"))),
        )
        .join(tables.event, _event.event_key == _delivery.event_key)
        .outerjoin(tables.mail, _mail.mail_key == _delivery.mail_key)
        .order_by(_event.accepted_at.desc(), _delivery.event_key)
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
