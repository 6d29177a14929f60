"""The ledger checked here: whole, since a known head, or against what someone holds of it."""

import os
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.commands.ledger_evidence import NoEvidence, head_in_file, note_in
from consumers.say import tell, warn
from hub.errors import HubError, NotConfigured, why
from hub.ledger.head import head_path, keep_head, kept_head
from hub.ledger.key import key_in, make_key, public_key, signer_of
from hub.rules.ledger.heads import TreeHead, head_in, receipt_in
from hub.rules.ledger.keys import Keyring
from hub.rules.ledger.notes import NoteWrong, Signer
from hub.rules.ledger.paths import proves_consistency, proves_inclusion
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, snapshot, transaction
from hub.store.ledger import numbering
from hub.store.ledger.beginning import NotPutBack, must_be_new
from hub.store.ledger.checks import check_ledger
from hub.store.ledger.keys import hand_over, keyring
from hub.store.ledger.numbering import Signed
from hub.store.ledger.setting_aside import Aside, set_aside_before
from hub.store.ledger.trees import find_head, find_number, left_since, prove_consistency, prove_inclusion

_TELL_EACH = 100_000


class KeyExists(HubError):
    """A key is never written over: what it signed could no longer be told from what another signs."""


async def verify(
    settings: Settings, since: Path | None = None, key: str | None = None, unsigned: int = 0
) -> int:
    """Computes the ledger again, and compares it with a key, in words or in a file; without one with that of
    the settings. Heads up to the size `unsigned` may lack a signature. What this machine signed last must
    still be there. Exit code 1 when anything is wrong. Raises NoEvidence, NotBegun, NotConfigured or
    Unavailable."""
    head = head_in_file(since) if since else None
    # Before what is read of the database, which then has it.
    signed = kept_head(head_path(settings))
    told = 0

    def progress(records: int) -> None:
        nonlocal told
        if records - told >= _TELL_EACH:
            told = records
            tell(f"{records} records nagerekend \u2026")

    async with opened(settings, command_seconds=3600) as pool, snapshot(pool) as connection:
        known = public_key(settings, key)
        check = await check_ledger(connection, head, progress, key=known, unsigned=unsigned)
        keys, _ = await keyring(connection)
        aside = await set_aside_before(connection)
        if not check.size:
            await must_be_new(connection, await clock_of(settings, pool).now())
        left = signed and await left_since(connection, signed.size, signed.root, check.size, check.root)
    faults = [*check.faults, *([left] if left else [])]
    for fault in faults:
        warn(f"Fout: {fault}")
    _tell_aside(aside)
    if faults:
        return 1
    tell(f"Het grootboek klopt: {check.size} records, boomkop {b64encode(check.root).decode()}")
    if check.unsigned:
        tell(f"Zonder handtekening: {check.unsigned} boomkoppen, tot en met die bij {unsigned} records")
    if check.waiting:
        tell(f"Nog zonder nummer: {check.waiting} records")
    for one in keys.keys[-1:]:
        tell(f"Ondertekend met: {one}")
    return 0


def _tell_aside(aside: Sequence[Aside]) -> None:
    for batch, at, said in aside:
        tell(
            f"Apart gezet, zonder nummer: groep {batch}, op {at:%d-%m-%Y %H:%M} UTC, want: {said.get('why')}"
        )


async def begin(settings: Settings, unsigned: int) -> int:
    """Signs a ledger that has no signature yet. Raises NotBegun, PastChanged, KeyNotInForce, NotConfigured or
    Unavailable."""
    signer, signed = signer_of(settings), Signed.of(kept_head(head_path(settings)))
    async with opened(settings, command_seconds=3600) as pool, transaction(pool) as connection:
        made = await numbering.begin(
            connection, await clock_of(settings, pool).now(), signer, unsigned, signed
        )
    tell(f"Ondertekend: {unsigned + made} records; de eerste {unsigned} hadden nog geen handtekening.")
    tell(f"Publieke sleutel, voor ieder: {signer.verifier}")
    return 0


async def put_back(settings: Settings, size: int) -> int:
    """Goes on from an older ledger that was put back on purpose. Raises NotPutBack, NotBegun, PastChanged,
    KeyNotInForce, NotConfigured or Unavailable."""
    signer, path = signer_of(settings), head_path(settings)
    signed = Signed.of(kept_head(path))
    if path is None or signed is None:
        raise NotPutBack
    async with opened(settings, command_seconds=3600) as pool:
        async with transaction(pool) as connection:
            now = await clock_of(settings, pool).now()
            await numbering.put_back(connection, now, signer, size, signed)
            head = await find_head(connection)
        try:
            keep_head(path, head.note if head else "")
        except OSError as error:
            raise NotConfigured(
                f"Het grootboek gaat verder, maar {path} is niet te schrijven: {why(error)}. Verwijder dat "
                "bestand voor u de werker 'ledger' start."
            ) from error
    tell(
        f"Het grootboek gaat verder met {size} records. Er waren er {signed.size} ondertekend: dat staat nu "
        "in het grootboek. Wie daarvan een boomkop of ontvangstbewijs heeft, ziet dat die niet meer past."
    )
    return 0


async def witness(settings: Settings, path: Path) -> int:
    """Whether the ledger of now goes on from the head, or has the record, that a file tells of; exit code 1
    when it does not. Raises NoEvidence or Unavailable."""
    note = note_in(path)
    async with opened(settings) as pool, snapshot(pool) as connection:
        keys, _ = await keyring(connection)
        row = await find_head(connection)
        now = TreeHead("", row.size, bytes(row.root), row.made_at) if row else TreeHead("", 0, b"", _now())
        try:
            if "/receipt\n" in note.partition("\n\n")[0]:
                wrong = await _against_receipt(connection, note, keys, now)
            else:
                wrong = await _against_head(connection, note, keys, now)
        except NoteWrong as error:
            raise NoEvidence(f"{path}: {error}.") from None
    if wrong:
        warn(f"Fout: {wrong}")
        return 1
    return 0


async def _against_head(connection: AsyncConnection, note: str, keys: Keyring, now: TreeHead) -> str | None:
    held, _ = head_in(note, keys.keys)
    when = f"{held.at:%d-%m-%Y %H:%M} UTC"
    if held.size > now.size:
        return f"op {when} telde het grootboek {held.size} records, nu {now.size}: er is iets weggehaald"
    try:
        proof = await prove_consistency(connection, held.size, now.size)
    except LookupError:
        proof = []
    if not proves_consistency(held.size, now.size, held.root, now.root, proof):
        return (
            f"de eerste {held.size} records zijn niet meer wat zij waren op {when}: het verleden is veranderd"
        )
    tell(f"Het klopt: de {held.size} records van {when} staan er nog; nu zijn het er {now.size}.")
    return None


async def _against_receipt(
    connection: AsyncConnection, note: str, keys: Keyring, now: TreeHead
) -> str | None:
    receipt = receipt_in(note, keys.keys)
    is_kept, number = await find_number(connection, receipt.leaf)
    if not is_kept:
        return (
            f"het record over gebeurtenis {receipt.event_key} staat niet in het grootboek, of is apart "
            "gezet: dat zegt 'kernhub ledger verify'"
        )
    if number is None:
        tell("Het record is er, en krijgt zo een nummer. Vraag het over een minuut nog eens.")
        return None
    try:
        proof = await prove_inclusion(connection, number, now.size)
    except (LookupError, ValueError):
        proof = []
    if not proves_inclusion(receipt.leaf, number, now.size, proof, now.root):
        return f"record {number} is niet meer wat het was: het verleden is veranderd"
    tell(f"Het klopt: gebeurtenis {receipt.event_key} is record {number} van {now.size}.")
    return None


def new_key(path: Path, name: str) -> int:
    """Makes a key in a new file and tells the public key. Raises KeyExists or NotConfigured."""
    if path.exists():
        raise KeyExists(f"{path} is er al. Een sleutel wordt nooit overschreven: kies een andere naam.")
    try:
        make_key(path, name)
    except (OSError, NoteWrong) as error:
        reason = why(error) if isinstance(error, OSError) else str(error)
        raise NotConfigured(f"{path} is niet te maken: {reason}.") from error
    tell(f"Bewaar {path} goed: wie het heeft, kan namens de hub ondertekenen.")
    tell(f"Publieke sleutel, voor ieder: {key_in(path).verifier}")
    return 0


async def rotate(settings: Settings, path: Path) -> int:
    """Hands the ledger over to the key in a file. Where the old key is a file too, the new one takes its
    place, and the old one is kept beside it. Raises KeyNotInForce, NotConfigured or Unavailable."""
    old, new = signer_of(settings), key_in(path)
    if old.name != new.name:
        raise NotConfigured(
            f"De nieuwe sleutel heet {new.name}, het grootboek heet {old.name}: maak er een met die naam."
        )
    async with opened(settings) as pool, transaction(pool) as connection:
        await hand_over(connection, old, new, _now())
    tell(f"Overgedragen aan {new.verifier}.")
    if settings.ledger_key is None and settings.ledger_key_file is not None:
        _put_in_place(settings.ledger_key_file, path, old)
        tell("De werkers nemen de nieuwe sleutel als zij opnieuw starten: doe dat nu.")
    else:
        tell("Zet nu de nieuwe sleutel in KERNHUB_LEDGER_KEY en start de werkers opnieuw.")
    return 0


def _put_in_place(known: Path, fresh: Path, old: Signer) -> None:
    aside = known.with_name(f"{known.name}.{old.verifier.hash.hex()}")
    try:
        if not aside.exists():
            os.link(known, aside)
        fresh.replace(known)
    except OSError as error:
        warn(f"Zet {fresh} zelf op de plaats van {known}: {why(error)}.")


def _now() -> datetime:
    return datetime.now(UTC)
