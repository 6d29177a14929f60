"""All planned deliveries in one order, that systems read from any place on.

A transaction's audiences get their number after it has committed, by one numberer at a time: so nothing ever
comes to stand before what was read."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.store import tables
from hub.store.clock import find_scenario_time
from hub.store.database import transaction
from hub.store.versions import MARKING
from hub.store.wake import Channel, wake

_LOCK = 7_301_016
_AT_ONCE = 10_000
_RECENT = 20_000
"""Plannings: about as many as there are in a year of the nation."""
_PATIENCE = "7 days"
"""How long what the router has still to keep holds up what comes after it. An event that was lost, which
should not be, would hold it up for ever: it is passed over, with a record."""
_SLACK = timedelta(hours=1)
"""A moment of planning is told a little before its transaction is, and maybe by another clock."""
_planning = tables.planning.c


class Place(NamedTuple):
    """Between two planned deliveries: after the one at this `position` of the planning with this `number`."""

    number: int
    position: int


BEGIN = Place(0, 0)
_LAST = 2**63 - 1


class Planned(NamedTuple):
    """An event that was planned for a party. `earlier`: the reasons of each earlier plan of the same;
    `marking`: the label and recipients of its newest version, if it is not that."""

    place: Place
    event_key: UUID
    channel: str
    reasons: Sequence[Any]
    earlier: Sequence[Sequence[Any]]
    planned_at: datetime
    publisher: str
    content: dict[str, Any]
    marking: dict[str, Any] | None = None


class Stretch(NamedTuple):
    """What was found for a party, how far was read, and whether that is the end as it is now."""

    found: Sequence[Planned]
    reached: Place
    is_end: bool


async def new_planning(connection: AsyncConnection) -> int:
    """What the audiences that this transaction plans from here on belong to."""
    made: int = await connection.scalar(insert(tables.planning).values().returning(_planning.planning))
    await wake(connection, Channel.PLANNED)
    return made


_NUMBER = text(
    """
    UPDATE planning SET number = new.number
    FROM (SELECT planning,
                 row_number() OVER (ORDER BY planning)
                 + (SELECT coalesce(max(number), 0) FROM planning WHERE number IS NOT NULL) AS number
          FROM (SELECT planning FROM planning WHERE number IS NULL ORDER BY planning LIMIT :most) AS next
         ) AS new
    WHERE new.planning = planning.planning
    """
)
_IS_ANY = text("SELECT EXISTS (SELECT FROM planning WHERE number IS NULL)")


async def number_planned(pool: AsyncEngine) -> None:
    """Numbers all that has committed and has no number yet."""
    while True:
        async with transaction(pool) as connection:
            if not await connection.scalar(_IS_ANY):
                return
            # A statement of its own: the next one sees all that the holder before us has committed.
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            await connection.execute(_NUMBER, {"most": _AT_ONCE})


async def newest_number(connection: AsyncConnection) -> int:
    """The number of the last planning that can be read; 0: there is none."""
    query = select(func.max(_planning.number)).where(_planning.number.is_not(None))
    return await connection.scalar(query) or 0


async def place_since(connection: AsyncConnection, since: datetime) -> Place:
    """Before the first that was planned at this moment, by the hub's clock, or later.

    All that was planned before plannings were kept stands in one of them: there the moment of each counts. So
    it does where the clock of a scenario was moved: a planning has the moment by the system's alone."""
    audience, numbered = tables.audience.c, _planning.number.is_not(None)
    if await find_scenario_time(connection) is not None:
        which = [numbered, audience.planned_at >= since]
        before_all = select(func.max(_planning.number)).where(numbered)
    else:
        made = [numbered, _planning.made_at >= since]
        which = [*made, audience.planned_at >= since - _SLACK]
        before_all = select(func.min(_planning.number) - 1).where(*made)
    query = (
        select(_planning.number, audience.position)
        .join(tables.audience, audience.planning == _planning.planning)
        .where(*which)
        .order_by(_planning.number, audience.position)
        .limit(1)
    )
    if first := (await connection.execute(query)).first():
        return Place(first.number, first.position - 1)
    before: int | None = await connection.scalar(before_all)
    return end(await newest_number(connection) if before is None else before)


def end(number: int) -> Place:
    """After all of the planning with this number."""
    return Place(number, _LAST)


_PLANNED = f"""
    SELECT p.number, a.position, a.event_key, a.channel, a.reasons, a.planned_at, e.publisher, e.content,
           e.event_key IS NULL AND p.made_at > now() - interval '{_PATIENCE}' AS is_to_come,
           (SELECT array_agg(b.reasons)
            FROM audience b JOIN planning q ON q.planning = b.planning
            WHERE b.event_key = a.event_key AND b.channel = a.channel AND :party = ANY(b.parties)
              AND (q.number, b.position) < (p.number, a.position)) AS earlier,
           {MARKING} AS marking
    FROM planning p
    JOIN audience a ON a.planning = p.planning
    LEFT JOIN event e ON e.event_key = a.event_key
"""  # noqa: S608 - no value of anybody stands in it
_JSON = tables.event.c.content.type
_TYPES = {"reasons": tables.audience.c.reasons.type, "content": _JSON, "marking": _JSON}
_READ = text(
    f"""
    {_PLANNED}
    WHERE p.number >= :number AND p.number <= :until AND (p.number > :number OR a.position > :position)
      AND :party = ANY(a.parties)
      AND (e.event_key IS NOT NULL
           OR NOT EXISTS (SELECT FROM dead_letter d WHERE d.event_key = a.event_key))
    ORDER BY p.number, a.position
    LIMIT :most
    """
).columns(**_TYPES)
_READ_AT = text(
    f"""
    {_PLANNED}
    WHERE (p.number, a.position) IN (
        SELECT * FROM unnest(CAST(:numbers AS bigint[]), CAST(:positions AS bigint[])))
      AND e.event_key IS NOT NULL
    ORDER BY p.number, a.position
    """  # noqa: S608 - nor here
).columns(**_TYPES)


_READ_NEWEST = text(
    f"""
    {_PLANNED}
    WHERE p.number > :after AND :party = ANY(a.parties) AND e.event_key IS NOT NULL
      AND (CAST(:function AS text) IS NULL OR :function = ANY(e.functions))
      AND (CAST(:areas AS text[]) IS NULL OR e.areas && CAST(:areas AS text[]))
      AND (p.number, a.position) < (CAST(:number AS bigint), CAST(:position AS bigint))
    ORDER BY p.number DESC, a.position DESC
    LIMIT :most
    """
).columns(**_TYPES)


_READ_EVENT = text(
    f"""
    {_PLANNED}
    WHERE a.event_key = :event_key AND :party = ANY(a.parties) AND p.number IS NOT NULL
      AND e.event_key IS NOT NULL
    ORDER BY p.number, a.position
    """
).columns(**_TYPES)


async def read_event(connection: AsyncConnection, party: str, event_key: UUID) -> list[Planned]:
    """How this event was planned for a party, each time."""
    rows = await connection.execute(_READ_EVENT, {"party": party, "event_key": event_key})
    return [_planned(row) for row in rows]


async def read_newest(
    connection: AsyncConnection,
    party: str,
    function: str | None,
    areas: Sequence[str] | None,
    most: int,
    before: Place | None = None,
) -> list[Planned]:
    """The newest that was planned for a party, of a function and in one of these areas, newest first, among
    the last plannings of the hub; `before`: only what comes before that place."""
    after = await newest_number(connection) - _RECENT
    asked: dict[str, Any] = {
        "party": party,
        "function": function,
        "areas": list(areas) if areas is not None else None,
    }
    asked |= (before or end(_LAST))._asdict()
    rows = await connection.execute(_READ_NEWEST, {**asked, "after": after, "most": most})
    return [_planned(row) for row in rows]


async def read_at(connection: AsyncConnection, party: str, places: Sequence[Place]) -> list[Planned]:
    """What was planned for a party at these places, that each come after one."""
    numbers, positions = [p.number for p in places], [p.position for p in places]
    rows = await connection.execute(_READ_AT, {"party": party, "numbers": numbers, "positions": positions})
    return [_planned(row) for row in rows]


async def read_stream(
    connection: AsyncConnection, party: str, after: Place, most: int, stretch: int = 1000
) -> Stretch:
    """The next deliveries that were planned for a party, `most` of them in at most `stretch` plannings.

    What was planned more than once stands there as often; who reads it knows by `earlier`. It ends
    before an event that the router has still to keep: others may plan too, and be ahead of the router. After
    a week such an event has no content here."""
    newest = await newest_number(connection)
    until = min(newest, after.number + stretch)
    values = {"party": party, **after._asdict(), "until": until, "most": most}
    rows = (await connection.execute(_READ, values)).all()
    found = [_planned(row) for row in takewhile(lambda row: not row.is_to_come, rows)]
    if len(found) < len(rows):
        return Stretch(found, found[-1].place if found else after, is_end=True)
    if len(found) == most:
        return Stretch(found, found[-1].place, is_end=False)
    return Stretch(found, max(after, end(until)), is_end=until == newest)


def _planned(row: Any) -> Planned:
    earlier = [json.loads(one) for one in row.earlier or ()]
    place = Place(row.number, row.position)
    return Planned(
        place,
        row.event_key,
        row.channel,
        row.reasons,
        earlier,
        row.planned_at,
        row.publisher,
        row.content,
        row.marking,
    )
