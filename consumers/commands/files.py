"""Templates to fill in, and filled-in files: sent once, or from a folder that is watched."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import httpx

from connectors.files.reading import FileUnreadable
from connectors.files.uploading import DONE, REFUSED, Folder, HubAway, Told, read_limited, upload
from consumers.say import tell, warn
from hub.errors import why
from hub.filing.columns import FILLED_IN
from hub.filing.telling import error_list
from hub.filing.templates import csv_template, xlsx_template
from hub.register.seed import seed_history
from hub.rules.moments import dutch_day

_LOOK_SECONDS = 3.0


def write_template(kind: str, path: Path | None) -> int:
    """Writes the template of a type: as CSV when its name says so, else for Excel. Raises FileUnreadable."""
    found = next((row for row in FILLED_IN if row.short == kind), None)
    if found is None:
        warn("Deze soort is er niet. Kies uit:")
        for row in FILLED_IN:
            warn(f"  {row.short:34}{row.name_nl}")
        return 1
    path = path or Path(f"{kind}.xlsx")
    register = seed_history().on(dutch_day(datetime.now(UTC)))
    content = csv_template(found) if path.suffix.lower() == ".csv" else xlsx_template(found, register)
    try:
        with path.open("xb") as file:
            file.write(content)
    except OSError as error:
        raise FileUnreadable(f"{path} is niet te schrijven: {why(error)}.") from error
    tell(f"{path} staat klaar om in te vullen.")
    return 0


async def send_file(path: Path, token: str, address: str, *, dry_run: bool, errors: Path | None) -> int:
    """Sends one file and tells what came of it; exit code 0, or 1 when it was refused. What is wrong is
    written to `errors` too. Raises FileUnreadable, HubAway or UploadRefused."""
    async with httpx.AsyncClient(base_url=address, timeout=120) as client:
        told = await upload(client, token, path.name, read_limited(path), dry_run=dry_run)
    _tell(path, told, dry_run=dry_run)
    if told.problems and errors:
        _write(errors, error_list(told.problems))
        tell(f"De lijst staat in {errors}.")
    return 1 if told.problems else 0


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise FileUnreadable(f"{path} is niet te schrijven: {why(error)}.") from error


async def watch(path: Path, token: str, address: str, *, once: bool) -> int:
    """Sends what is put in a folder, until it is cancelled, or once. A hub that is away is waited for, and so
    is a file that can't be read, and the folder after its first look. Raises FileUnreadable or
    UploadRefused."""
    folder = Folder(path)
    refused = 0
    away = False
    tell(f"Bestanden in {path} gaan naar {address}; daarna staan zij in {DONE} of {REFUSED}.")
    async with httpx.AsyncClient(base_url=address, timeout=120) as client:
        folder.ready()
        while True:
            await asyncio.sleep(0 if once else _LOOK_SECONDS)
            found = _ready(folder, once=once, away=away)
            away = found is None
            for file in found or ():
                try:
                    told = await folder.send(client, token, file)
                except (HubAway, FileUnreadable) as error:
                    if once:
                        raise
                    warn(str(error))
                    continue  # what one file meets says nothing of the next
                refused += bool(told.problems)
                _tell(file, told)
            if once:
                return 1 if refused else 0


def _ready(folder: Folder, *, once: bool, away: bool) -> list[Path] | None:
    """The files that can be sent; None: the folder is away, which is told the first time."""
    try:
        return folder.ready()
    except FileUnreadable as error:
        if once:
            raise
        if not away:
            warn(f"{error} Wij wachten tot de map er weer is.")
        return None


def _tell(path: Path, told: Told, *, dry_run: bool = False) -> None:
    if told.problems:
        warn(f"{path.name}: geweigerd, er is niets aangenomen")
        for problem in told.problems:
            warn(f"  {problem}")
    else:
        what = "zou worden aangenomen" if dry_run else "aangenomen"
        tell(f"{path.name}: {told.new} {what}, {told.known} al bekend")
        if told.exercises:
            tell(f"  OEFENING: {told.exercises} hiervan, en dat komt alleen bij wie er voor oefeningen is")
    if dry_run and not told.problems:
        for words, parties in (
            ("Wie het zou krijgen", told.recipients),
            ("Wie gevraagd zou worden", told.asked),
        ):
            if parties:
                tell(f"{words} ({len(parties)}):")
                for name, events in parties:
                    tell(f"  {name}: {events}")
