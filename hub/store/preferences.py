"""What each party wants of its mail; a party that never chose has the usual."""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import any_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.preferences import USUAL, Preferences, as_written, written
from hub.store import tables
from hub.store.database import texts_of
from hub.store.ledgers import Entry, record

_own = tables.mail_preference.c


async def all_preferences(connection: AsyncConnection) -> dict[str, Preferences]:
    """What is wanted by each party that ever chose."""
    rows = await connection.execute(select(_own.party, _own.content))
    return {row.party: as_written(row.content) for row in rows}


async def preferences_among(connection: AsyncConnection, parties: Collection[str]) -> dict[str, Preferences]:
    """What is wanted by each of these parties that ever chose."""
    query = select(_own.party, _own.content).where(_own.party == any_(texts_of(parties)))
    return {row.party: as_written(row.content) for row in await connection.execute(query)}


async def preferences_of(connection: AsyncConnection, party: str) -> Preferences:
    """What a party wants."""
    content = await connection.scalar(select(_own.content).where(_own.party == party))
    return as_written(content) if content else USUAL


async def change_preferences(
    connection: AsyncConnection,
    party: str,
    change: Callable[[Preferences], Preferences],
    by: str,
    now: datetime,
) -> Preferences:
    """Makes what a party wants something else, with its record; what changes nothing leaves no trace. `by`:
    the way in which it was asked. What it wants now."""
    await connection.execute(
        insert(tables.mail_preference)
        .values(party=party, version=0, content=written(USUAL), changed_at=now)
        .on_conflict_do_nothing()
    )
    held = select(_own.version, _own.content).where(_own.party == party).with_for_update()
    row = (await connection.execute(held)).one()
    before = as_written(row.content)
    after = change(before)
    if after == before:
        return after
    version = row.version + 1
    await connection.execute(
        tables.mail_preference.update()
        .where(_own.party == party)
        .values(version=version, content=written(after), changed_at=now)
    )
    facts = {"party": party, "by": by, "version": version, "wanted": written(after)}
    await record(connection, [Entry("mail-preferences-set", (party, version), None, now, facts)])
    return after
