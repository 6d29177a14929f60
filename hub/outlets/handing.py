"""The next deliveries to a party's system: read from the stream, decided with the register of today."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.parsed import Parsed
from hub.register.model import Register
from hub.rules.handing import AGAIN, LAPSE, Withheld, delivered, delivery_key, handing
from hub.rules.relations import Reason
from hub.rules.seeing import marking_of
from hub.store.deliveries.stream import BEGIN, Place, Planned, read_at, read_event, read_newest, read_stream
from hub.store.ledger.records import Entry
from schemas.catalogue import parse


class Handed(NamedTuple):
    """A delivery as a system gets it: its stable name, and the CloudEvent with its reasons."""

    key: UUID
    event_key: UUID
    channel: str
    place: Place
    planned_at: datetime
    publisher: str
    event: dict[str, Any]
    reasons: Sequence[Reason] = ()


class Kept(NamedTuple):
    """A planned delivery that a system does not get, and why."""

    key: UUID
    event_key: UUID
    channel: str
    place: Place
    planned_at: datetime
    publisher: str
    why: str


class Next(NamedTuple):
    """What a system gets and does not get next, how far was read, and whether that is the end for now."""

    handed: Sequence[Handed]
    kept: Sequence[Kept]
    reached: Place
    is_end: bool


async def next_deliveries(
    connection: AsyncConnection,
    party: str,
    after: Place,
    register: Register,
    most: int,
    parsed: Parsed | None = None,
) -> Next:
    """The next deliveries for a party after this place. What was planned twice is in neither list. `parsed`:
    events that others get too."""
    stretch = await read_stream(connection, party, after, most)
    decided = [one for planned in stretch.found if (one := decide(planned, party, register, parsed))]
    return Next(
        [one for one in decided if isinstance(one, Handed)],
        [one for one in decided if isinstance(one, Kept)],
        stretch.reached,
        stretch.is_end,
    )


async def newest_deliveries(
    connection: AsyncConnection,
    party: str,
    function: str | None,
    areas: Sequence[str] | None,
    register: Register,
    most: int,
) -> list[Handed | Kept]:
    """The newest that a party gets, or doesn't, of a function and in one of these areas, newest first."""
    planned = await read_newest(connection, party, function, areas, most)
    return [one for each in planned if (one := decide(each, party, register))]


async def deliveries_before(
    connection: AsyncConnection, party: str, before: Place | None, register: Register, most: int
) -> Next:
    """The newest deliveries for a party before this place (None: of all), newest first; `reached` is the
    place before which the next ones come."""
    planned = await read_newest(connection, party, None, None, most, before)
    decided = [one for each in planned if (one := decide(each, party, register))]
    return Next(
        [one for one in decided if isinstance(one, Handed)],
        [one for one in decided if isinstance(one, Kept)],
        planned[-1].place if planned else BEGIN,
        len(planned) < most,
    )


async def delivery_of(
    connection: AsyncConnection, party: str, event_key: UUID, register: Register
) -> Handed | None:
    """This event as a party got it last; None: it doesn't."""
    planned = await read_event(connection, party, event_key)
    decided = (decide(each, party, register) for each in reversed(planned))
    return next((one for one in decided if isinstance(one, Handed)), None)


async def deliveries_at(
    connection: AsyncConnection, party: str, places: Sequence[Place], register: Register
) -> list[Handed | Kept]:
    """What a party gets, or doesn't, of what was planned for it at these places."""
    planned = await read_at(connection, party, places) if places else []
    return [one for each in planned if (one := decide(each, party, register))]


def decide(
    planned: Planned, party: str, register: Register, parsed: Parsed | None = None
) -> Handed | Kept | None:
    """A planned delivery as a system gets it, or doesn't; None: it was planned before."""
    key = delivery_key(planned.event_key, party, planned.channel)
    named = (key, *planned[1:3], planned.place, planned.planned_at, planned.publisher)
    try:
        event = parsed.event(planned) if parsed else parse(planned.content)
        # Who had it hears that it lapsed, whoever may know what came in its place.
        marking = None if planned.channel == LAPSE else marking_of(planned.marking)
        found = handing(event, party, planned.reasons, planned.earlier, register, marking)
    except Exception:
        # What can't be read stops nobody else: the record says that it was held back, and why.
        return Kept(*named, "could-not-compose")
    if isinstance(found, Withheld):
        return None if found is AGAIN else Kept(*named, found.why)
    return Handed(*named, delivered(planned.content, key, planned.channel, found), found)


def entries(
    way: str, party: str, found: Iterable[Handed | Kept], register: Register, now: datetime
) -> list[Entry]:
    """The records of what went to a party's system over this way, and what was held back."""
    return [_entry(way, party, one, register, now) for one in found]


def _entry(way: str, party: str, one: Handed | Kept, register: Register, now: datetime) -> Entry:
    facts = {"party": party, "channel": way, "delivery": str(one.key), "register": register.version}
    unique = (one.key, way)
    if isinstance(one, Handed):
        return Entry("delivery-sent", unique, one.event_key, now, facts)
    return Entry("delivery-withheld", unique, one.event_key, now, {**facts, "why": one.why})
