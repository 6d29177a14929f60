"""The ledger in a file: made here with its proofs, and checked anywhere."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, NamedTuple

from consumers.say import tell, warn
from hub.errors import HubError, why
from hub.ledger.exporting import Exporting
from hub.ledger.key import signer_of
from hub.rules.ledger.exports import ExportCheck
from hub.rules.ledger.selecting import Selection
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, snapshot, transaction
from hub.store.ledger.accesses import Access, highest_of
from hub.store.ledger.records import record
from hub.store.register.administering import ADMINISTRATOR

_TELL_EACH = 100_000


class CannotWrite(HubError):
    """The file can't be read or made. The message says why."""


async def export(settings: Settings, path: Path, selection: Selection) -> int:
    """Writes what was selected, each record with its proof, to a new file; the file has its name when the
    ledger tells of it. Raises NothingToExport, CannotWrite, KeyNotInForce, NotConfigured or Unavailable."""
    signer = signer_of(settings)
    count = 0
    async with opened(settings, command_seconds=3600) as pool:
        with _new_file(path) as output:
            async with snapshot(pool) as connection:
                exporting = await Exporting.begun(connection, signer)
                async for content in exporting.lines(selection, exporting.records(selection)):
                    output.write(content)
                    count += 1
                    if count % _TELL_EACH == 0:
                        tell(f"{count} records geschreven \u2026")
                tlp = await highest_of(connection, exporting.events)
            now = await clock_of(settings, pool).now()
            what = "ledger-extract" if selection.is_own else "ledger-export"
            access = Access(ADMINISTRATOR, what, tlp, selection.told())
            async with transaction(pool) as connection:
                await record(connection, [access.entry(now)])
    tell(f"{count - 2} records staan in {path}. Ieder rekent het na met: kernhub ledger check {path}")
    tell(f"Vertel daarbij langs een andere weg met welke sleutel het begon: {exporting.keys.keys[0]}")
    return 0


class Wanted(NamedTuple):
    """An export of this selection, of a ledger that had at least so many records."""

    selection: Selection
    size: int


@contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that gets its name when all went well, and is not there otherwise. Raises CannotWrite."""
    made: Path | None = None
    try:
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as output:
            made = Path(output.name)
            yield output
            output.flush()
            os.fsync(output.fileno())
        made.replace(path)
    except OSError as error:
        raise CannotWrite(f"{path} is niet te maken: {why(error)}.") from error
    finally:
        if made is not None:
            made.unlink(missing_ok=True)


def check(path: Path, key: str | None, wanted: Wanted | None = None) -> int:
    """Checks an export without a hub, also whether it is what was `wanted`; exit code 1 when anything is
    wrong. Raises CannotWrite."""
    checking = ExportCheck(key)
    try:
        with path.open("rb") as lines:
            for content in lines:
                checking.take(content)
                if checking.count and checking.count % _TELL_EACH == 0:
                    tell(f"{checking.count} records nagerekend \u2026")
    except OSError as error:
        raise CannotWrite(f"{path} is niet te lezen: {why(error)}.") from error
    checking.end()
    if wanted is not None and not checking.is_of(*wanted):
        checking.faults.add(
            "dit is een andere keuze, of te vroeg gemaakt: leg het weg, dan komt er een nieuw"
        )
    faults = checking.faults.told()
    for fault in faults:
        warn(f"Fout: {fault}")
    if faults or checking.head is None:
        return 1
    head = checking.head
    when = f"{head.at:%d-%m-%Y %H:%M} UTC"
    tell(f"Het klopt: {checking.count} records van een grootboek dat er op {when} {head.size} telde.")
    if key is None:
        tell(f"Dit grootboek begon met de sleutel {checking.keys.keys[0]}")
        tell("Vergelijk die met de sleutel die u langs een andere weg kreeg, of geef hem mee met --key.")
    return 0
