"""The register in PostgreSQL: every entry with the versions that have it, so each version can be had again.

A version stands for one state of the entries on one day: on a day on which something begins or ends, a new
version is made.
"""

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.errors import ChangeUntold, NotConfigured, RegisterEmpty
from hub.register.changes import Change, changes
from hub.register.history import Entry, History, Kind
from hub.register.model import Register
from hub.register.subscriptions import check_pace
from hub.rules.announcing import announcements, unpublishable
from hub.rules.moments import dutch_day
from hub.store import tables
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.intake.outbox import put_out
from hub.store.ledger.records import Entry as LedgerEntry
from hub.store.ledger.records import record
from hub.store.register.rows import facts_of, remove_entry, row_of
from hub.store.register.sealing import sealed

SEED = "seed"
"""Who makes the first register; that is no news to anyone."""
NOTHING = History(0, ())
MOST_EARLIER = 4
"""How many earlier registers one process keeps."""
_LOCK = 7_301_002
_entry = tables.register_entry.c


class Version(NamedTuple):
    """A version, the day that it shows, and the next day on which something begins or ends."""

    version: int
    on_day: date
    next_change: date | None


async def lock_register(connection: AsyncConnection) -> None:
    """Nobody else changes the register until this transaction ends."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


async def seed_if_empty(pool: AsyncEngine, history: History, now: datetime) -> bool:
    """Saves the first register where there is none; True when it did."""
    async with transaction(pool) as connection:
        await lock_register(connection)
        if await _find_newest(connection) is not None:
            return False
        await save_history(connection, history, SEED, now)
        return True


async def save_history(connection: AsyncConnection, history: History, by: str, now: datetime) -> list[Change]:
    """Makes the next version of these entries, as they hold today; the changes. No change: no version.

    `by` is who changes it: a party or `administrator`. The register must be locked, the history sound. Raises
    ChangeUntold, after which the transaction must not go on."""
    newest = await _find_newest(connection)
    old = await load_history(connection, newest.version) if newest else NOTHING
    return await _save(connection, newest, changes(old, history), history, by, now)


async def change_subscriptions(
    connection: AsyncConnection,
    change: Callable[[History], History],
    party: str,
    now: datetime,
    known: History,
) -> None:
    """Makes the next version of what `change` makes of the newest one, for a party, if it does not do so too
    often. Of `known`, an earlier version, nothing is read again. Raises SubscribingTooOften."""
    await lock_register(connection)
    version = tables.register_version.c
    changed = select(version.made_at).where(version.by == party, version.made_at > now - timedelta(hours=1))
    check_pace(list((await connection.execute(changed.order_by(version.made_at))).scalars()), now)
    newest = await _newest(connection)
    old = await load_history(connection, newest.version, known)
    new = change(old)
    await _save(connection, newest, changes(old, new), new, party, now)


async def _save(
    connection: AsyncConnection,
    newest: Version | None,
    found: list[Change],
    history: History,
    by: str,
    now: datetime,
) -> list[Change]:
    if not found:
        return []
    version = newest.version + 1 if newest else 1
    for change in found:
        if change.before is not None:
            await remove_entry(connection, change.before, version)
    added = [row_of(change.after, version) for change in found if change.after is not None]
    if added:
        await connection.execute(insert(tables.register_entry), added)
    day = dutch_day(now) if newest is None else max(dutch_day(now), newest.on_day)
    await _add_version(connection, Version(version, day, history.next_change(day)), by, now)
    if by != SEED:
        register = History(version, history.entries).on(day)
        told = announcements(found, register, now)
        if problems := unpublishable(told, register):
            raise ChangeUntold("\n".join(f"  {p.field}: {p.detail}" for p in problems))
        await put_out(connection, told, now)
    return found


async def load_history(connection: AsyncConnection, version: int, known: History = NOTHING) -> History:
    """The entries of this version. Of `known`, an earlier version, nothing is read again."""
    after = known.version
    if after == version:
        return known
    rows = await connection.execute(
        select(
            _entry.kind, _entry.key, _entry.since, _entry.until, _entry.facts, _entry.added_in > after
        ).where(
            _entry.added_in <= version,
            (_entry.added_in > after) & (_entry.removed_in.is_(None) | (_entry.removed_in > version))
            | (_entry.added_in <= after) & (_entry.removed_in > after) & (_entry.removed_in <= version),
        )
    )
    gone: set[tuple[str, str, date]] = set()
    made: list[Entry] = []
    for kind, key, since, until, facts, is_made in rows:
        if is_made:
            made.append(Entry(facts_of(Kind(kind), facts), since, until))
        else:
            gone.add((kind, key, since))
    kinds = {kind for kind, _, _ in gone}
    kept = tuple(e for e in known.entries if e.kind not in kinds or (e.kind, e.key, e.since) not in gone)
    return History.of(version, (*kept, *made)) if gone or made else History(version, kept)


async def load_register(connection: AsyncConnection, version: int) -> Register:
    """The register of this version, on its day. Raises LookupError when there is no such version."""
    return (await load_history(connection, version)).on(await day_of(connection, version))


async def day_of(connection: AsyncConnection, version: int) -> date:
    """The day that this version shows. Raises LookupError when there is no such version."""
    day: date | None = await connection.scalar(
        select(tables.register_version.c.on_day).where(tables.register_version.c.version == version)
    )
    if day is None:
        raise LookupError(f"there is no register version {version}")
    return day


async def newest_version(connection: AsyncConnection) -> int:
    """The version of the newest register. Raises RegisterEmpty when no register was ever saved."""
    return (await _newest(connection)).version


async def version_at(connection: AsyncConnection, moment: datetime) -> int | None:
    """The version of the register that was the newest at a moment; None: there was none yet."""
    version = tables.register_version.c
    found: int | None = await connection.scalar(
        select(func.max(version.version)).where(version.made_at <= moment)
    )
    return found


class _Known(NamedTuple):
    history: History
    day: date
    register: Register


class Registers:
    """The newest register, kept until there is a newer one; then only what changed is read. Of the earlier
    ones, the last few that were asked for are kept too: a version never changes."""

    def __init__(self, pool: AsyncEngine, clock: Clock):
        self._pool = pool
        self._clock = clock
        self._known: _Known | None = None
        self._seen: tuple[Version | None, float] = (None, -math.inf)
        self._earlier: dict[int, Register] = {}

    async def newest(self) -> Register:
        """The register as it holds today. Raises RegisterEmpty when no register was ever saved."""
        now = await self._now()
        async with transaction(self._pool) as connection:
            newest = await _newest(connection)
            if now and newest.next_change is not None and dutch_day(now) >= newest.next_change:
                newest = await _begin_day(connection, now)
            return (await self._loaded(connection, newest)).register

    def see(self, newest: Version, at: float) -> None:
        """Which version is newest was looked up after this moment of `time.monotonic`."""
        if at > self._seen[1]:
            self._seen = (newest, at)

    def seen(self, since: float, now: datetime) -> Register | None:
        """The register of today, when it is known and was seen to be the newest since a moment of
        `time.monotonic`."""
        newest, at = self._seen
        if newest is None or at < since or self._known is None:
            return None
        if newest.version != self._known.history.version:
            return None
        if newest.next_change is not None and dutch_day(now) >= newest.next_change:
            return None
        return self._known.register

    async def history(self) -> History:
        """The newest register through time. Raises RegisterEmpty."""
        await self.newest()
        assert self._known is not None  # noqa: S101 - just loaded
        return self._known.history

    async def of_version(self, connection: AsyncConnection, version: int) -> Register:
        """The register of this version, on its day. Raises LookupError when there is no such version."""
        if self._known is not None and self._known.history.version == version:
            return self._known.register
        found = self._earlier.pop(version, None)
        if found is None:
            found = await load_register(connection, version)
        self._earlier[version] = found
        while len(self._earlier) > MOST_EARLIER:
            del self._earlier[next(iter(self._earlier))]
        return found

    async def _loaded(self, connection: AsyncConnection, newest: Version) -> _Known:
        known = self._known
        if known is None or known.history.version < newest.version:
            history = await load_history(connection, newest.version, known.history if known else NOTHING)
            if known and known.day == newest.on_day:
                register = history.on_as(known.day, known.history, known.register)
            else:
                register = history.on(newest.on_day)
            known = _Known(history, newest.on_day, register)
            if self._known is None or self._known.history.version < newest.version:
                self._known = known
        return known

    async def _now(self) -> datetime | None:
        """None: a scenario that has not begun has no day yet."""
        try:
            return await self._clock.now()
        except NotConfigured:
            return None


async def _begin_day(connection: AsyncConnection, now: datetime) -> Version:
    """Makes the version of a day on which something begins or ends, unless another has just done so."""
    await lock_register(connection)
    newest = await _newest(connection)
    day = dutch_day(now)
    if newest.next_change is None or day < newest.next_change:
        return newest
    history = await load_history(connection, newest.version)
    version = Version(newest.version + 1, day, history.next_change(day))
    await _add_version(connection, version, "calendar", now)
    return version


async def _add_version(connection: AsyncConnection, version: Version, by: str, now: datetime) -> None:
    salt, changed = await sealed(connection, version.version)
    row = {**version._asdict(), "by": by, "made_at": now, "salt": salt}
    await connection.execute(insert(tables.register_version), row)
    facts = {"register": version.version, "day": version.on_day.isoformat(), "by": by, "entries": changed}
    await record(connection, [LedgerEntry("register-version", (version.version,), None, now, facts)])


NEWEST = "SELECT version, on_day, next_change FROM register_version ORDER BY version DESC LIMIT 1"
"""The newest `Version`."""


async def _find_newest(connection: AsyncConnection) -> Version | None:
    table = tables.register_version
    newest = select(func.max(table.c.version)).scalar_subquery()
    row = (
        await connection.execute(
            select(table.c.version, table.c.on_day, table.c.next_change).where(table.c.version == newest)
        )
    ).first()
    return Version(*row) if row else None


async def _newest(connection: AsyncConnection) -> Version:
    found = await _find_newest(connection)
    if found is None:
        raise RegisterEmpty("Het register is leeg: voer 'kernhub prepare' uit.")
    return found
