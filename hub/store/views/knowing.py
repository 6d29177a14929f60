"""Who knew of an event at a moment, over every way by which it is recorded that it went."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.ledger.checking import said_in
from hub.store import tables
from hub.store.deliveries.received import SENT_KINDS
from hub.store.tables.ledger import COUNTS, OF_PARTY, PARTY_OF, counts
from hub.store.times import sendings_of

_ledger, _outcome = tables.ledger.c, tables.outcome.c
_READ_KINDS = (*SENT_KINDS, "bottleneck-read", "content-read")

_TOLD = text(
    f"""
    WITH operators AS (
        SELECT operator FROM request WHERE event_key = :key
        UNION SELECT operator FROM bundle WHERE cause = :key
    ), said AS (
        SELECT convert_from(record, 'UTF8')::jsonb AS said FROM ledger
        WHERE {OF_PARTY} AND {PARTY_OF} IN (SELECT operator FROM operators) AND kind = 'mail-sent'
          AND {COUNTS}
          AND position(convert_to(:event, 'UTF8') IN record) > 0
    )
    SELECT DISTINCT mail.mail_key, mail.kind, said->>'party' AS party
    FROM said JOIN mail ON mail.mail_key = CAST(said->>'mail' AS uuid)
    WHERE mail.kind IN ('bundle', 'reminder') AND jsonb_exists(said->'events', :event)
    """  # noqa: S608 - no words from outside
)


class Knew(NamedTuple):
    """A party, since when it knew, and by which way it heard first: `mail`, `bundle`, or as a record says."""

    party: str
    since: datetime
    way: str


async def knew_of(connection: AsyncConnection, event_key: UUID, at: datetime) -> Sequence[Knew]:
    """Who had got an event at a moment, in order of when: by mail, in a bundle, by a system or feed of its
    own, or sent again. Who looked at pages at the hub itself is no party that got it."""
    found = [
        *await _mailed(connection, event_key),
        *await _asked(connection, event_key),
        *await _recorded(connection, event_key),
    ]
    return _first(one for one in found if one.since <= at)


def by_when(one: Knew) -> str:
    """Its place in the order of when."""
    return f"{one.since.astimezone(UTC).isoformat(timespec='microseconds')}~{one.party}"


async def _mailed(connection: AsyncConnection, event_key: UUID) -> list[Knew]:
    """Those whose mail a record says was sent: the tables beside it only tell which records to look at."""
    query = select(_outcome.mail_key, _outcome.party).where(
        _outcome.event_key == event_key, _outcome.mail_key.is_not(None)
    )
    told = [(row.mail_key, row.party, "mail") for row in await connection.execute(query)]
    return await _sent(connection, event_key, told)


async def _asked(connection: AsyncConnection, event_key: UUID) -> list[Knew]:
    """Operators, told of it in a bundle or reminder: by what the mail had in it. What waits on a situation
    sheet goes with the contact of that sheet, and stands in no mail."""
    rows = await connection.execute(_TOLD, {"event": str(event_key), "key": event_key})
    return await _sent(connection, event_key, [(row.mail_key, row.party, row.kind) for row in rows])


async def _sent(
    connection: AsyncConnection, event_key: UUID, told: Sequence[tuple[UUID, str, str]]
) -> list[Knew]:
    """Each time that one of these mails (key, party, way) went with the event in it. What came back told
    nothing, unless it was sent again."""
    event = str(event_key)
    sendings = await sendings_of(connection, [mail for mail, _, _ in told])
    return [
        Knew(party, datetime.fromisoformat(str(said["at"])), way)
        for mail, party, way in told
        for said in sendings[mail]
        if said.get("party") == party and event in said.get("events", [event])
    ]


async def _recorded(connection: AsyncConnection, event_key: UUID) -> list[Knew]:
    query = select(_ledger.kind, _ledger.record).where(
        _ledger.event_key == event_key, _ledger.kind.in_(_READ_KINDS), counts(_ledger.batch)
    )
    found = []
    for row in await connection.execute(query):
        said = said_in(bytes(row.record))
        way = str(said.get("channel", "feed"))
        found.append(Knew(str(said["party"]), datetime.fromisoformat(str(said["at"])), way))
    return found


def _first(found: Iterable[Knew]) -> list[Knew]:
    """Of each party how it heard first."""
    first: dict[str, Knew] = {}
    for one in sorted(found, key=lambda one: (one.since, one.party, one.way)):
        first.setdefault(one.party, one)
    return list(first.values())
