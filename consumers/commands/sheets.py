"""The sheets of the register, out and in. What changed since they went out is not undone unasked."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.commands.changing import RegisterRefused, changed, refuse
from consumers.say import tell, warn
from hub.errors import why
from hub.register.difference import line_of
from hub.register.editions import FILE_NAME, read_editions, write_editions
from hub.register.history import History, Kind
from hub.register.importing import imported
from hub.register.sheets import KIND_OF_SHEET, SHEET_NAMES, SheetRefused, write_sheet
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened
from hub.store.register.administering import Stale, stale_sheets
from hub.store.register.registers import Registers

_AGAIN = (
    "Maak een nieuwe export en zet uw wijzigingen daarin. Of vervang met --replace alles door deze bladen, "
    "ook wat intussen veranderde."
)


class _Sheet(NamedTuple):
    path: Path
    content: bytes
    version: int | None
    """Of the register that it was made from; None: nobody knows."""


async def export(settings: Settings, folder: Path) -> int:
    """Writes every sheet of the newest register into the folder, and its version. Raises RegisterRefused or
    Unavailable."""
    async with opened(settings) as pool:
        history = await Registers(pool, clock_of(settings, pool)).history()
    _write(history, folder)
    tell(f"Dit is versie {history.version} van het register; dat staat in {FILE_NAME}, laat dat erbij.")
    return 0


def _write(history: History, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, name in SHEET_NAMES.items():
            entries = history.of_kind(kind)
            (folder / f"{name}.csv").write_bytes(write_sheet(kind, entries))
            tell(f"{folder / name}.csv: {len(entries)} regels")
        (folder / FILE_NAME).write_bytes(write_editions(dict.fromkeys(Kind, history.version)))
    except OSError as error:
        raise RegisterRefused(f"In map {folder} kan ik niet schrijven: {why(error)}.") from error


async def take_in(settings: Settings, paths: Sequence[Path], *, replace: bool, dry_run: bool) -> int:
    """Puts sheets into the register and tells the difference; `replace`: also in place of what changed since
    they were made. Raises RegisterRefused or Unavailable; then the register is as it was."""
    sheets = _read(paths)

    async def change(connection: AsyncConnection, old: History) -> History:
        try:
            new = imported(old, {kind: sheet.content for kind, sheet in sheets.items()})
        except SheetRefused as refused:
            refuse(map(str, refused.problems))
        editions = {} if replace else {kind: sheet.version for kind, sheet in sheets.items()}
        for stale in await stale_sheets(connection, old, new, editions):
            _refuse_stale(stale, sheets[stale.kind].path, old.version)
        return new

    version = await changed(settings, change, dry_run=dry_run)
    if not dry_run:
        _keep_editions(sheets, version)
    return 0


def _refuse_stale(stale: Stale, path: Path, newest: int) -> NoReturn:
    if stale.version is None:
        unknown = (
            f"Bij {path} staat geen {FILE_NAME} van een export: wat sindsdien veranderde, is niet te zien."
        )
        refuse([unknown], _AGAIN)
    if not stale.since:
        refuse([f"{path} is van versie {stale.version}, dit register is pas bij {newest}."], _AGAIN)
    refuse(
        [f"Sinds {path} werd gemaakt (versie {stale.version}) veranderde:", *map(line_of, stale.since)],
        _AGAIN,
    )


def _read(paths: Sequence[Path]) -> Mapping[Kind, _Sheet]:
    found: dict[Kind, _Sheet] = {}
    for path in paths:
        if path.name == FILE_NAME:
            continue
        kind = KIND_OF_SHEET.get(path.stem)
        if kind is None:
            names = ", ".join(f"{name}.csv" for name in KIND_OF_SHEET)
            raise RegisterRefused(f"{path.name} is geen blad van het register. De bladen heten: {names}.")
        if kind in found:
            raise RegisterRefused("Geef van elk blad één bestand.")
        try:
            content = path.read_bytes()
        except OSError as error:
            raise RegisterRefused(f"{path} is niet te lezen: {why(error)}.") from error
        found[kind] = _Sheet(path, content, _editions(path.parent).get(kind))
    return found


def _editions(folder: Path) -> dict[Kind, int]:
    try:
        return read_editions((folder / FILE_NAME).read_bytes())
    except (OSError, ValueError):
        return {}


def _keep_editions(sheets: Mapping[Kind, _Sheet], version: int) -> None:
    """The sheets are now what stands in the register: so the next change can be made in them too."""
    for folder in {sheet.path.parent for sheet in sheets.values()}:
        known, file = _editions(folder), folder / FILE_NAME
        here = (kind for kind, sheet in sheets.items() if sheet.path.parent == folder)
        if known:
            try:
                file.write_bytes(write_editions(known | dict.fromkeys(here, version)))
            except OSError as error:
                warn(f"{file} is niet bij te werken: {why(error)}. Maak eerst een nieuwe export.")
