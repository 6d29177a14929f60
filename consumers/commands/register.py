"""The register as its administrator handles it: sheets out and in, mergers, and who is what on a day."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple, NoReturn

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.say import tell, warn
from hub import wording
from hub.errors import HubError, why
from hub.register.cells import ROLE_KIND
from hub.register.changes import Change, ChangeKind, changes
from hub.register.faults import faults
from hub.register.history import History, Kind
from hub.register.importing import imported
from hub.register.merging import MovedRole, merged, moved_roles
from hub.register.sheets import SHEET_NAMES, SheetRefused, column_of, write_sheet
from hub.rules.moments import dutch_day
from hub.rules.responsible import roles_in
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, transaction
from hub.store.registers import Registers, load_history, lock_register, newest_version, save_history
from schemas.terms import FunctionSlug

_KIND_OF_SHEET = {name: kind for kind, name in SHEET_NAMES.items()}
_SIGN = {ChangeKind.ADDED: "+", ChangeKind.CHANGED: "~", ChangeKind.ENDED: "|", ChangeKind.REMOVED: "-"}
_WORD = {
    ChangeKind.ADDED: "nieuw",
    ChangeKind.CHANGED: "anders",
    ChangeKind.ENDED: "beëindigd",
    ChangeKind.REMOVED: "weg, alsof het er nooit was",
}
_MOST_TOLD = 50
_NO_SPLIT = (
    "Een gemeente splitsen kan 'merge' niet: een gemeente gaat in haar geheel op in één andere. Doe het "
    "met de bladen: zet bij het gebied 'geldig_tot' en 'opvolgers', en verdeel rollen en gebieden."
)


class RegisterRefused(HubError):
    """The register stays as it was. The message says why, and what to do."""


class Question(NamedTuple):
    """Who is what to this function, in this area, on this day (None: today)?"""

    function: FunctionSlug
    area: str
    on: date | None


async def export(settings: Settings, folder: Path) -> int:
    """Writes every sheet of the newest register into the folder. Raises RegisterRefused or Unavailable."""
    async with opened(settings) as pool:
        history = await Registers(pool, clock_of(settings, pool)).history()
    _write(history, folder)
    tell(f"Dit is versie {history.version} van het register.")
    return 0


async def take_in(settings: Settings, paths: Sequence[Path], *, dry_run: bool) -> int:
    """Puts sheets into the register and tells the difference. Raises RegisterRefused or Unavailable; then the
    register is as it was."""
    sheets = {_kind_of(path): _content(path) for path in paths}
    if len(sheets) < len(paths):
        raise RegisterRefused("Geef van elk blad één bestand.")

    def change(history: History) -> History:
        try:
            return imported(history, sheets)
        except SheetRefused as refused:
            _refuse(map(str, refused.problems))

    return await _changed(settings, change, dry_run=dry_run)


async def merge(
    settings: Settings, gone: Sequence[str], into: Sequence[str], on: date, *, dry_run: bool
) -> int:
    """Lets municipalities go into another one and tells the difference. Raises MergeRefused, RegisterRefused
    or Unavailable; then the register is as it was."""
    if len(into) != 1:
        raise RegisterRefused(_NO_SPLIT)
    moves: list[MovedRole] = []

    def change(history: History) -> History:
        moves.extend(moved_roles(history, gone, into[0], on))
        new = merged(history, gone, into[0], on)
        if found := faults(new):
            _refuse(f"{fault.entry.key}: {fault.detail}" for fault in found)
        return new

    code = await _changed(settings, change, dry_run=dry_run)
    for move in moves:
        role = f"{ROLE_KIND[0](move.role.kind)} van {move.role.function}"
        since = " en ".join(f"vanaf {entry.since.isoformat()}" for entry in move.entries)
        outcome = f"gaat over op {move.role.party}, {since}" if since else f"heeft {move.role.party} al"
        tell(f"Rol van {move.origin}: {role} {outcome}")
    return code


async def tell_who(settings: Settings, question: Question) -> int:
    """Tells who has which role; exit code 1 when nobody has. Raises RegisterRefused or Unavailable."""
    async with opened(settings) as pool:
        clock = clock_of(settings, pool)
        history = await Registers(pool, clock).history()
        day = question.on or dutch_day(await clock.now())
    register = history.on(day)
    if history.begins is None or day < history.begins:
        begins = wording.day(history.begins) if history.begins else "nog niet"
        raise RegisterRefused(f"Het register begint op {begins}: van eerder weet het niets.")
    if question.area not in register.areas and question.area not in register.former:
        raise RegisterRefused(f"'{question.area}' is op {wording.day(day)} geen gebied in het register.")
    held = roles_in(question.function, question.area, register)
    where = wording.area_name(question.area, register)
    what = wording.function_name(question.function, register)
    tell(f"{what} in {where} op {wording.day(day)} (register, versie {register.version}):")
    for one in held:
        tell(f"  {ROLE_KIND[0](one.kind):27} {wording.party_name(one.party, register)} ({one.party})")
    return 0 if held else 1


def _refuse(reasons: Iterable[str]) -> NoReturn:
    listed = list(reasons)
    lines = ["Het register is niet veranderd.", *(f"  {reason}" for reason in listed[:_MOST_TOLD])]
    if len(listed) > _MOST_TOLD:
        lines.append(f"  en nog {len(listed) - _MOST_TOLD} fouten")
    raise RegisterRefused("\n".join(lines))


def _write(history: History, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, name in SHEET_NAMES.items():
            entries = history.of_kind(kind)
            (folder / f"{name}.csv").write_bytes(write_sheet(kind, entries))
            tell(f"{folder / name}.csv: {len(entries)} regels")
    except OSError as error:
        raise RegisterRefused(f"In map {folder} kan ik niet schrijven: {why(error)}.") from error


def _kind_of(path: Path) -> Kind:
    if path.stem not in _KIND_OF_SHEET:
        names = ", ".join(f"{name}.csv" for name in _KIND_OF_SHEET)
        raise RegisterRefused(f"{path.name} is geen blad van het register. De bladen heten: {names}.")
    return _KIND_OF_SHEET[path.stem]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RegisterRefused(f"{path} is niet te lezen: {why(error)}.") from error


async def _changed(settings: Settings, change: Callable[[History], History], *, dry_run: bool) -> int:
    async with opened(settings) as pool:
        now = await clock_of(settings, pool).now()
        async with transaction(pool) as connection:
            await lock_register(connection)
            old = await _newest(connection)
            new = change(old)
            found = changes(old, new)
            if not dry_run:
                await save_history(connection, new, "administrator", now)
    for one in found:
        tell(_line(one))
    if not found:
        tell("Er verandert niets.")
    elif dry_run:
        warn(f"{len(found)} wijzigingen. Dit was een proef: het register is niet veranderd.")
    else:
        tell(f"{len(found)} wijzigingen. Het register is nu versie {old.version + 1}.")
    return 0


async def _newest(connection: AsyncConnection) -> History:
    return await load_history(connection, await newest_version(connection))


def _line(change: Change) -> str:
    entry = change.entry
    until = f" tot {entry.until.isoformat()}" if entry.until else ""
    fields = ", ".join(column_of(entry.kind, field) for field in change.changed_fields)
    what = f"{_WORD[change.kind]} ({fields})" if fields else _WORD[change.kind]
    where = SHEET_NAMES[entry.kind]
    return f"{_SIGN[change.kind]} {where} {entry.key}, vanaf {entry.since.isoformat()}{until}: {what}"
