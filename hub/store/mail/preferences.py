"""What each party wants of its mail; a party that never chose has the usual."""

from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import any_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import HubError
from hub.register.model import Register
from hub.rules.moments import dutch_day
from hub.rules.preferences import USUAL, Preferences, as_written, written
from hub.store import tables
from hub.store.database import texts_of
from hub.store.ledger.records import Entry, record
from hub.words.language import speaking

MOST_A_DAY = 10
"""Changes of one party on one day: a link that fell into other hands does no more."""
_own = tables.mail_preference.c


async def all_preferences(connection: AsyncConnection) -> dict[str, Preferences]:
    """What is wanted by each party that ever chose."""
    rows = await connection.execute(select(_own.party, _own.content))
    return {row.party: as_written(row.content) for row in rows}


async def speaking_to(connection: AsyncConnection, party: str) -> AbstractContextManager[None]:
    """What is said within is said in the language that the party chose."""
    return speaking((await preferences_of(connection, party)).language)


async def preferences_among(connection: AsyncConnection, parties: Collection[str]) -> dict[str, Preferences]:
    """What is wanted by each of these parties that ever chose."""
    query = select(_own.party, _own.content).where(_own.party == any_(texts_of(parties)))
    return {row.party: as_written(row.content) for row in await connection.execute(query)}


async def preferences_of(connection: AsyncConnection, party: str) -> Preferences:
    """What a party wants."""
    content = await connection.scalar(select(_own.content).where(_own.party == party))
    return as_written(content) if content else USUAL


async def times_chosen(connection: AsyncConnection, party: str) -> int:
    """How often a party chose all that it wants: a link of before its last choice stops no more."""
    return await connection.scalar(select(_own.chosen).where(_own.party == party)) or 0


async def times_chosen_among(connection: AsyncConnection, parties: Collection[str]) -> dict[str, int]:
    """`times_chosen` of each of these parties that ever chose."""
    query = select(_own.party, _own.chosen).where(_own.party == any_(texts_of(parties)))
    return {row.party: row.chosen for row in await connection.execute(query)}


class TooManyChanges(HubError):
    """A party changed what it wants as often as it may on a day."""


class Changed(NamedTuple):
    """What a party wants now; `version` None: it wanted that already."""

    wanted: Preferences
    version: int | None


Confirm = Callable[[AsyncConnection, str, Changed, Register, datetime], Awaitable[None]]
"""Mails a party what was changed, in the transaction of the change."""


async def change_preferences(
    connection: AsyncConnection,
    party: str,
    change: Callable[[Preferences], Preferences],
    by: str,
    now: datetime,
    *,
    is_choice: bool = True,
    most: int | None = MOST_A_DAY,
) -> Changed:
    """Makes what a party wants something else, with its record; what changes nothing leaves no trace. `by`:
    the way in which it was asked; `is_choice`: of all that it wants, so that links of before end; `most`: so
    many changes a day. Raises TooManyChanges."""
    await connection.execute(
        insert(tables.mail_preference)
        .values(party=party, version=0, content=written(USUAL), changed_at=now)
        .on_conflict_do_nothing()
    )
    held = (
        select(_own.version, _own.content, _own.day, _own.changes)
        .where(_own.party == party)
        .with_for_update()
    )
    row = (await connection.execute(held)).one()
    before = as_written(row.content)
    after = change(before)
    if after == before:
        return Changed(after, None)
    today = dutch_day(now)
    changes = row.changes + 1 if row.day == today else 1
    if most is not None and changes > most:
        raise TooManyChanges(
            f"Vandaag is uw keuze al {most} keer veranderd. Probeer het morgen opnieuw, of vraag de "
            "beheerder van de hub."
        )
    version = row.version + 1
    await connection.execute(
        tables.mail_preference.update()
        .where(_own.party == party)
        .values(
            version=version,
            content=written(after),
            changed_at=now,
            chosen=_own.chosen + int(is_choice),
            day=today,
            changes=changes,
        )
    )
    # The ledger keeps for ever what it says: that there is a deputy, not whose mailbox that is.
    said = {**written(after), "deputy": after.deputy is not None}
    facts = {"party": party, "by": by, "version": version, "wanted": said}
    await record(connection, [Entry("mail-preferences-set", (party, version), None, now, facts)])
    return Changed(after, version)
