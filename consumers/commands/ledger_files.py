"""The ledger in a file: made here with its proofs, and checked anywhere."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.say import tell, warn
from hub.errors import HubError, why
from hub.ledger_key import signer_of
from hub.rules.ledger.exports import FORMAT, ExportCheck, Sealing, line, record_line
from hub.rules.ledger.keys import Keyring
from hub.rules.ledger.notes import Signer
from hub.rules.ledger.selecting import Selection, is_selected
from hub.settings import Settings
from hub.store.database import opened, snapshot
from hub.store.ledger_keys import keyring, must_be_in_force
from hub.store.ledger_reading import first_number_since, key_numbers, numbered_records, proper_head
from hub.store.ledger_trees import Prover

_TELL_EACH = 100_000


class NothingToExport(HubError):
    """The ledger has no signed head yet: the worker 'ledger' makes one."""


class CannotWrite(HubError):
    """The file can't be read or made. The message says why."""


async def export(settings: Settings, path: Path, selection: Selection) -> int:
    """Writes what was selected, each record with its proof, to a new file. Raises NothingToExport,
    CannotWrite, KeyNotInForce, NotConfigured or Unavailable."""
    signer = signer_of(settings)
    count = 0
    async with opened(settings, command_seconds=3600) as pool, snapshot(pool) as connection:
        await must_be_in_force(connection, signer)
        keys, _ = await keyring(connection)
        try:
            with path.open("xb") as output:
                async for content in _lines(connection, keys, signer, selection):
                    output.write(content)
                    count += 1
                    if count % _TELL_EACH == 0:
                        tell(f"{count} records geschreven \u2026")
        except OSError as error:
            raise CannotWrite(f"{path} is niet te maken: {why(error)}.") from error
    tell(f"{count - 2} records staan in {path}. Ieder rekent het na met: kernhub ledger check {path}")
    tell(f"Vertel daarbij langs een andere weg met welke sleutel het begon: {keys.keys[0]}")
    return 0


async def _lines(
    connection: AsyncConnection, keys: Keyring, signer: Signer, selection: Selection
) -> AsyncIterator[bytes]:
    found = await proper_head(connection, keys)
    if found is None:
        raise NothingToExport("Het grootboek heeft nog geen ondertekende boomkop. Draait de werker 'ledger'?")
    head, note = found
    prover, sealing = Prover(connection, head.size), Sealing()
    introduced = [
        record_line(one.number, one.record, await prover.prove(one.number))
        async for one in key_numbers(connection, head.size)
    ]
    first = {"format": FORMAT, "head": note, "keys": introduced, "selection": selection.told()}
    yield sealing.written(line(first))
    start = await first_number_since(connection, selection.since) if selection.since else 0
    async for one in numbered_records(connection, start, head.size, selection.function):
        if is_selected(one.record, selection):
            sealing.ranges.add(one.number)
            yield sealing.written(line(record_line(one.number, one.record, await prover.prove(one.number))))
    yield sealing.seal(signer, datetime.now(UTC))


def check(path: Path, key: str | None) -> int:
    """Checks an export without a hub; exit code 1 when anything is wrong. Raises CannotWrite."""
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
