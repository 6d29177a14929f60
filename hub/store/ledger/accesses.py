"""That content was given in a feed, a list or a file stands in the ledger, in the transaction that finds it
or before anybody has it."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import any_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.clearance import highest
from hub.rules.moments import dutch_day
from hub.store import tables
from hub.store.database import keys_of
from hub.store.ledger.records import Entry, record
from schemas.terms import Tlp

KIND = "content-exported"
_event = tables.event.c


class Access(NamedTuple):
    """Who got what, with the highest label in it; `asked`: what was chosen of it."""

    by: str
    what: str
    tlp: Tlp
    asked: dict[str, Any]

    def entry(self, now: datetime, *unique: object) -> Entry:
        """The record of it."""
        facts = {"by": self.by, "what": self.what, "tlp": str(self.tlp), "asked": self.asked}
        return Entry(KIND, unique or (uuid4(),), None, now, facts)


async def record_reading(
    connection: AsyncConnection, access: Access, keys: Iterable[UUID], now: datetime
) -> None:
    """A reader that comes back every few minutes leaves one record a day, and one more when what it reads is
    another; what is open for all leaves none."""
    if access.tlp is Tlp.CLEAR:
        return
    asked = sorted(access.asked.items())
    unique = (access.by, access.what, asked, dutch_day(now), access.tlp, sorted(keys))
    await record(connection, [access.entry(now, *unique)])


def readings(way: str, party: str, keys: Iterable[UUID], now: datetime) -> list[Entry]:
    """That a party read these events in a list, whatever their label: each once."""
    facts = {"party": party, "channel": way}
    return [Entry("content-read", (key, party, way), key, now, facts) for key in keys]


async def highest_of(connection: AsyncConnection, keys: Collection[UUID]) -> Tlp:
    """The highest label of these events; without any: CLEAR."""
    query = select(_event.tlp).distinct().where(_event.event_key == any_(keys_of(list(keys))))
    return highest((await connection.execute(query)).scalars())
