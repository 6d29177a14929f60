"""What a party got, over every way out, as far as it is recorded."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import any_, case, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.handing import delivery_key
from hub.rules.ledger.checking import said_in
from hub.store import tables
from hub.store.database import keys_of
from hub.store.tables.ledger import COUNTS

_outcome, _mail, _outlet, _unsent = tables.outcome.c, tables.mail.c, tables.outlet.c, tables.unsent.c
SENT_KINDS = ("delivery-sent", "delivery-replayed")
"""Records of what a system or reader of a party got."""


class Got(StrEnum):
    """Whether a party got a delivery. Under way: a mail of it is to be made or sent."""

    RECEIVED = "received"
    UNDER_WAY = "under-way"
    MISSED = "missed"


_SENT = text(
    f"""
    SELECT record FROM ledger
    WHERE {COUNTS} AND event_key = ANY(CAST(:events AS uuid[])) AND kind = ANY(CAST(:kinds AS text[]))
      AND position(convert_to(:party, 'UTF8') IN record) > 0
    """  # noqa: S608 - of constants
)


async def sent_to(connection: AsyncConnection, party: str, events: Sequence[UUID]) -> Mapping[UUID, set[str]]:
    """By which ways systems and readers of a party got deliveries of these events, by delivery key."""
    asked = {"events": list(events), "kinds": list(SENT_KINDS), "party": f'"party":"{party}"'}
    found: dict[UUID, set[str]] = {}
    for record in (await connection.execute(_SENT, asked)).scalars():
        said = said_in(bytes(record))
        found.setdefault(UUID(str(said["delivery"])), set()).add(str(said["channel"]))
    return found


async def got(
    connection: AsyncConnection, party: str, deliveries: Sequence[tuple[UUID, str]]
) -> dict[UUID, Got]:
    """Whether a party got each of these (event, channel), over any way; by delivery key."""
    events = sorted({event for event, _ in deliveries})
    sent = await sent_to(connection, party, events)
    mailed = await _mailed(connection, party, events)
    found = {}
    for event, channel in deliveries:
        key = delivery_key(event, party, channel)
        state = mailed.get((event, channel), Got.UNDER_WAY)
        found[key] = Got.RECEIVED if key in sent else state
    return found


async def had_by(connection: AsyncConnection, party: str, way: str, events: Sequence[UUID]) -> set[UUID]:
    """The keys of the deliveries of these events that went by this way, or wait to be tried again."""
    sent = await sent_to(connection, party, events)
    waiting = (
        select(_unsent.delivery_key)
        .join(tables.outlet, _outlet.outlet_key == _unsent.outlet_key)
        .where(
            _outlet.party == party,
            _outlet.channel + ":" + _outlet.name == way,
            ~_unsent.is_given_up,
            _unsent.event_key == any_(keys_of(events)),
        )
    )
    return {key for key, ways in sent.items() if way in ways} | set(
        (await connection.execute(waiting)).scalars()
    )


async def _mailed(
    connection: AsyncConnection, party: str, events: Sequence[UUID]
) -> dict[tuple[UUID, str], Got]:
    state = case(
        (_mail.state == "sent", literal(str(Got.RECEIVED))),
        (_mail.state == "queued", literal(str(Got.UNDER_WAY))),
        else_=literal(str(Got.MISSED)),
    )
    query = (
        select(_outcome.event_key, _outcome.channel, state.label("got"))
        .outerjoin(tables.mail, _mail.mail_key == _outcome.mail_key)
        .where(_outcome.party == party, _outcome.event_key == any_(keys_of(events)))
    )
    return {(row.event_key, row.channel): Got(row.got) for row in await connection.execute(query)}


async def mail_again(
    connection: AsyncConnection, party: str, deliveries: Sequence[tuple[UUID, str]], mail_key: UUID
) -> None:
    """Those of these deliveries that were withheld, or whose mail failed, are in this mail."""
    failed = select(_mail.mail_key).where(_mail.state == "failed", _mail.party == party)
    for event, channel in deliveries:
        missed: Any = _outcome.withheld.is_not(None) | _outcome.mail_key.in_(failed)
        await connection.execute(
            update(tables.outcome)
            .where(_outcome.event_key == event, _outcome.party == party, _outcome.channel == channel, missed)
            .values(mail_key=mail_key, withheld=None)
        )
