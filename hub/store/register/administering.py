"""The register as its administrator changes it: shown or made, and nothing undone unasked."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.register.changes import Change, changes
from hub.register.editions import changed_kinds, changed_since
from hub.register.history import History, Kind
from hub.store.database import transaction
from hub.store.register.registers import load_history, lock_register, newest_version, save_history

ADMINISTRATOR = "administrator"
"""Who changes the register with the program, or with a token of the hub's own party."""


class Changed(NamedTuple):
    """What changes, or changed, and the version that is the newest then."""

    changes: Sequence[Change]
    version: int


class Stale(NamedTuple):
    """A sheet that would undo what it does not know of: what changed in it `since` the `version` that it was
    made from. None: nobody knows that version; without changes: the register never had it."""

    kind: Kind
    version: int | None
    since: Sequence[Change]


async def changed_register(
    pool: AsyncEngine,
    change: Callable[[AsyncConnection, History], Awaitable[History]],
    now: datetime,
    *,
    dry_run: bool,
) -> Changed:
    """Makes of the newest register what `change` makes of it. Nobody else changes it meanwhile. Raises
    ChangeUntold, or what `change` raises; then the register is as it was, as after a dry run."""
    async with transaction(pool) as connection:
        await lock_register(connection)
        old = await load_history(connection, await newest_version(connection))
        new = await change(connection, old)
        found = changes(old, new)
        if dry_run or not found:
            return Changed(found, old.version)
        await save_history(connection, new, ADMINISTRATOR, now)
        return Changed(found, old.version + 1)


async def stale_sheets(
    connection: AsyncConnection, old: History, new: History, editions: Mapping[Kind, int | None]
) -> list[Stale]:
    """Which sheets, each made from this version, would undo what changed since. What is the same as in the
    newest register undoes nothing."""
    found = []
    for kind in changed_kinds(old, new, editions):
        version = editions[kind]
        if version is None or version > old.version:
            found.append(Stale(kind, version, ()))
        elif since := changed_since(await load_history(connection, version), old, kind):
            found.append(Stale(kind, version, since))
    return found
