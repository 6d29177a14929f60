"""A change of the register by its administrator: shown, and made unless it is a trial."""

from collections.abc import Awaitable, Callable, Iterable
from typing import NoReturn

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.say import tell, warn
from hub.errors import HubError
from hub.register.changes import Change, ChangeKind, changes
from hub.register.history import History
from hub.register.sheets import SHEET_NAMES, column_of
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, transaction
from hub.store.registers import load_history, lock_register, newest_version, save_history

_SIGN = {ChangeKind.ADDED: "+", ChangeKind.CHANGED: "~", ChangeKind.ENDED: "|", ChangeKind.REMOVED: "-"}
_WORD = {
    ChangeKind.ADDED: "nieuw",
    ChangeKind.CHANGED: "anders",
    ChangeKind.ENDED: "beëindigd",
    ChangeKind.REMOVED: "weg, alsof het er nooit was",
}
_MOST_TOLD = 50


class RegisterRefused(HubError):
    """The register stays as it was. The message says why, and what to do."""


def refuse(reasons: Iterable[str], advice: str = "") -> NoReturn:
    """Raises RegisterRefused with the first of these reasons, and how many more there are."""
    listed = list(reasons)
    lines = ["Het register is niet veranderd.", *(f"  {reason}" for reason in listed[:_MOST_TOLD])]
    if len(listed) > _MOST_TOLD:
        lines.append(f"  en nog {len(listed) - _MOST_TOLD}")
    raise RegisterRefused("\n".join([*lines, *([advice] if advice else [])]))


async def changed(
    settings: Settings,
    change: Callable[[AsyncConnection, History], Awaitable[History]],
    *,
    dry_run: bool,
) -> int:
    """Makes of the newest register what `change` makes of it, and tells the difference; the version that is
    then the newest. Nobody else changes it meanwhile."""
    async with opened(settings) as pool:
        now = await clock_of(settings, pool).now()
        async with transaction(pool) as connection:
            await lock_register(connection)
            old = await load_history(connection, await newest_version(connection))
            new = await change(connection, old)
            found = changes(old, new)
            if not dry_run:
                await save_history(connection, new, "administrator", now)
    for one in found:
        tell(line_of(one))
    if not found:
        tell("Er verandert niets.")
    elif dry_run:
        warn(f"{len(found)} wijzigingen. Dit was een proef: het register is niet veranderd.")
    else:
        tell(f"{len(found)} wijzigingen. Het register is nu versie {old.version + 1}.")
    return old.version if dry_run or not found else old.version + 1


def line_of(change: Change) -> str:
    """A change in one line."""
    entry = change.entry
    until = f" tot {entry.until.isoformat()}" if entry.until else ""
    fields = ", ".join(column_of(entry.kind, field) for field in change.changed_fields)
    what = f"{_WORD[change.kind]} ({fields})" if fields else _WORD[change.kind]
    where = SHEET_NAMES[entry.kind]
    return f"{_SIGN[change.kind]} {where} {entry.key}, vanaf {entry.since.isoformat()}{until}: {what}"
