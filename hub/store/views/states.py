"""How far the deliveries of an event are, over every way out."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.ledger.checking import said_in
from hub.rules.states import OnTheWay, State
from hub.store import tables
from hub.store.deliveries.received import SENT_KINDS
from hub.store.deliveries.stream import Place
from hub.store.tables.ledger import counts

_delivery, _mail = tables.delivery.c, tables.mail.c
_request, _item, _bundle = tables.request.c, tables.item.c, tables.bundle.c
_unsent, _outlet, _ledger = tables.unsent.c, tables.outlet.c, tables.ledger.c
_READ_BY_PARTY = ("pull", "feed")
"""Ways by which a party fetches: that it had the answer shows when it goes on after it."""
_ANSWERED = frozenset({"answered", "not-shared", "declined"})
_OF_MAIL_ROW = (_mail.state.label("mail_state"), _mail.attempts, _mail.sent_at, _mail.last_error)
_OF_MAIL = {"sent": State.SENT, "failed": State.GIVEN_UP}

_TO_COME = text(
    """
    SELECT DISTINCT o.party, o.channel, o.name
    FROM audience a
    JOIN planning p ON p.planning = a.planning
    JOIN outlet o ON o.party = ANY (a.parties)
    WHERE a.event_key = :event_key
      AND (p.number IS NULL OR (o.number, o.position) < (p.number, a.position))
    """
)
_PULLED_UP_TO = text(
    """
    SELECT u.party, u.at
    FROM pulled u
    WHERE u.party = ANY (CAST(:parties AS text[])) AND EXISTS (
      SELECT FROM audience a JOIN planning p ON p.planning = a.planning
      WHERE a.event_key = :event_key AND u.party = ANY (a.parties)
        AND (p.number, a.position) <= (u.number, u.position))
    """
)


async def states_of(connection: AsyncConnection, event_key: UUID) -> list[OnTheWay]:
    """Each delivery of an event by each way, by party and way."""
    found = [
        *await _mailed(connection, event_key),
        *await _asked(connection, event_key),
        *await _to_come(connection, event_key),
        *await _missed(connection, event_key),
        *await _recorded(connection, event_key),
    ]
    # What came last counts: one that was withheld or not taken may have gone since.
    last = {(one.party, one.way): one for one in found}
    return [last[name] for name in sorted(last)]


async def keep_pulled(connection: AsyncConnection, party: str, place: Place, at: datetime) -> None:
    """The party's reader goes on after this place: it has what came before."""
    statement = text(
        """
        INSERT INTO pulled (party, number, position, at) VALUES (:party, :number, :position, :at)
        ON CONFLICT (party) DO UPDATE
        SET number = excluded.number, position = excluded.position, at = excluded.at
        WHERE (pulled.number, pulled.position) < (excluded.number, excluded.position)
        """
    )
    await connection.execute(statement, {"party": party, **place._asdict(), "at": at})


def _of_mail(state: str | None, attempts: int | None) -> State:
    if state in _OF_MAIL:
        return _OF_MAIL[state]
    return State.FAILED if attempts else State.PENDING


async def _mailed(connection: AsyncConnection, event_key: UUID) -> Iterator[OnTheWay]:
    query = (
        select(
            _delivery.party, _delivery.withheld, _mail.state, _mail.attempts, _mail.sent_at, _mail.last_error
        )
        .outerjoin(tables.mail, _mail.mail_key == _delivery.mail_key)
        .where(_delivery.event_key == event_key)
        .order_by(_delivery.planned_at)
    )
    return map(_mail_state, await connection.execute(query))


def _mail_state(row: Any) -> OnTheWay:
    if row.withheld is not None:
        return OnTheWay(row.party, "mail", State.WITHHELD, None, row.withheld)
    state = _of_mail(row.mail_state, row.attempts)
    return OnTheWay(row.party, "mail", state, row.sent_at, row.last_error or "")


async def _asked(connection: AsyncConnection, event_key: UUID) -> Iterator[OnTheWay]:
    query = (
        select(tables.request, *_OF_MAIL_ROW)
        .join(tables.item, _item.item_key == _request.item_key)
        .outerjoin(tables.bundle, _bundle.bundle_key == _item.bundle_key)
        .outerjoin(tables.mail, _mail.mail_key == _bundle.mail_key)
        .where(_request.event_key == event_key)
    )
    return (_request_state(row) for row in await connection.execute(query))


def _request_state(row: Any) -> OnTheWay:
    if row.state == "withheld":
        return OnTheWay(row.operator, "bundle", State.WITHHELD)
    if row.state in _ANSWERED:
        return OnTheWay(row.operator, "bundle", State.ACKNOWLEDGED, row.closed_at)
    state = _of_mail(row.mail_state, row.attempts)
    return OnTheWay(row.operator, "bundle", state, row.sent_at, row.last_error or "")


async def _to_come(connection: AsyncConnection, event_key: UUID) -> Iterator[OnTheWay]:
    rows = await connection.execute(_TO_COME, {"event_key": event_key})
    return (OnTheWay(row.party, f"{row.channel}:{row.name}", State.PENDING) for row in rows)


async def _missed(connection: AsyncConnection, event_key: UUID) -> Iterator[OnTheWay]:
    query = (
        select(tables.unsent, _outlet.party, _outlet.channel, _outlet.name)
        .join(tables.outlet, _outlet.outlet_key == _unsent.outlet_key)
        .where(_unsent.event_key == event_key)
        .order_by(_unsent.number, _unsent.position)
    )
    return (
        OnTheWay(
            row.party,
            f"{row.channel}:{row.name}",
            State.GIVEN_UP if row.is_given_up else State.FAILED,
            row.first_at,
            row.last_error,
        )
        for row in await connection.execute(query)
    )


async def _recorded(connection: AsyncConnection, event_key: UUID) -> list[OnTheWay]:
    """What went to systems and readers, or was withheld from them, in the order of the ledger."""
    kinds = (*SENT_KINDS, "delivery-withheld")
    query = select(_ledger.kind, _ledger.record).where(
        _ledger.event_key == event_key, _ledger.kind.in_(kinds), counts(_ledger.batch)
    )
    said = [(row.kind, said_in(bytes(row.record))) for row in await connection.execute(query)]
    fetched = sorted({str(one["party"]) for _, one in said if one["channel"] == "pull"})
    asked = {"parties": fetched, "event_key": event_key}
    went_on = {row.party: row.at for row in await connection.execute(_PULLED_UP_TO, asked)} if fetched else {}
    found = []
    # What went has gone, also when it would be withheld today.
    for kind, one in sorted(said, key=lambda each: (each[0] != "delivery-withheld", str(each[1]["at"]))):
        party, way, at = str(one["party"]), str(one["channel"]), datetime.fromisoformat(str(one["at"]))
        if way == "mail":
            continue
        if kind == "delivery-withheld":
            found.append(OnTheWay(party, way, State.WITHHELD, at, str(one["why"])))
        elif way == "pull" and party in went_on:
            found.append(OnTheWay(party, way, State.ACKNOWLEDGED, went_on[party]))
        else:
            state = State.SENT if way in _READ_BY_PARTY else State.DELIVERED
            found.append(OnTheWay(party, way, state, at))
    return found
