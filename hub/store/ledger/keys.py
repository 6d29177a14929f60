"""The keys of the ledger: each stands in a record, handed over by the one before it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import HubError
from hub.rules.ledger.keys import KEY_KIND, Keyring, NewKey, named_key
from hub.rules.ledger.notes import NoteWrong, Signer, Verifier, signed
from hub.store import tables
from hub.store.ledger.records import Entry, record
from hub.store.tables.ledger import counts

_NOT_YET = 2**63 - 1
_ledger, _batch = tables.ledger.c, tables.ledger_batch.c
_number = _batch.first_number + func.array_position(_batch.record_keys, _ledger.record_key) - 1
_KEYS = (
    select(_number.label("number"), _ledger.record, _batch.batch)
    .join(tables.ledger_batch, _batch.batch == _ledger.batch)
    .where(_ledger.kind == KEY_KIND, counts(_batch.batch))
    .order_by(_number.nulls_last())
)


class KeyNotInForce(HubError):
    """The configured key is not the one that the ledger goes on with. Set the right one."""

    def __init__(self, have: Verifier, needed: Verifier):
        super().__init__(
            f"Het grootboek gaat verder met sleutel {needed}, maar ingesteld is {have}. Zet de goede sleutel "
            "terug, of draag eerst over met 'kernhub ledger rotate'."
        )


class NotBegun(HubError):
    """The ledger has no signed head yet, and does not get one by itself. The message says what to do."""

    def __init__(self, wrong: str):
        super().__init__(f"Het grootboek is niet begonnen: {wrong}.")


class KeyRecord(NamedTuple):
    """A record that a key is in force from its number on; no number yet: None."""

    number: int | None
    key: Verifier
    record: bytes


async def key_records(connection: AsyncConnection) -> list[KeyRecord]:
    """The records of keys in order, those without a number last; of these not what names no key. Raises
    NoteWrong for what has a number and names none."""
    found = []
    for row in await key_rows(connection):
        try:
            found.append(KeyRecord(row.number, named_key(bytes(row.record)), bytes(row.record)))
        except NoteWrong:
            if row.number is not None:
                raise
    return found


async def key_rows(connection: AsyncConnection) -> Sequence[Any]:
    """Number (None: not yet) and record of each key, as they are kept."""
    return (await connection.execute(_KEYS)).all()


async def must_be_in_force(connection: AsyncConnection, signer: Signer) -> bool:
    """Whether the ledger has a key. Raises KeyNotInForce when it goes on with another one than this."""
    records = await key_records(connection)
    _must_be(signer, records)
    return bool(records)


def _must_be(signer: Signer, records: Sequence[KeyRecord]) -> None:
    in_force = [one for one in records if one.number is not None][-1:] or records[:1]
    if in_force and in_force[0].key != signer.verifier:
        raise KeyNotInForce(signer.verifier, in_force[0].key)


async def introduce(connection: AsyncConnection, signer: Signer, now: datetime) -> None:
    """Makes this the key of a ledger that has none. Raises KeyNotInForce when it has another."""
    records = await key_records(connection)
    if not records:
        note = signed(NewKey(signer.name, signer.verifier).text(), signer)
        await record(connection, [Entry(KEY_KIND, ("first",), None, now, {"note": note})])
        records = await key_records(connection)
    _must_be(signer, records)


async def hand_over(connection: AsyncConnection, old: Signer, new: Signer, now: datetime) -> None:
    """Records that the ledger goes on with the new key, signed with both. Raises KeyNotInForce, or NotBegun
    for a ledger that no key was introduced to."""
    await must_be_in_force(connection, old)
    records = await key_records(connection)
    if not records or records[-1].number is None:
        raise NotBegun("zijn sleutel heeft nog geen nummer; laat de werker 'ledger' eerst draaien")
    note = signed(NewKey(new.name, new.verifier, old.verifier).text(), new, old)
    unique = (len(records), str(new.verifier))
    await record(connection, [Entry(KEY_KIND, unique, None, now, {"note": note})])


async def keyring(connection: AsyncConnection, *, waiting: bool = False) -> tuple[Keyring, list[str]]:
    """The keys of the ledger, and what is wrong with how they were handed over; with `waiting` also of those
    whose record still waits for its number."""
    keys, wrong = Keyring(), []
    for row in await key_rows(connection):
        # The first key signs from the first head on, also when its record still waits for its number.
        if row.number is None and keys.keys and not waiting:
            continue
        try:
            keys.add(_NOT_YET if row.number is None else row.number, bytes(row.record))
        except NoteWrong as error:
            name = "een record zonder nummer" if row.number is None else f"record {row.number}"
            wrong.append(f"{name} draagt de sleutel niet goed over: {error}")
    return keys, wrong


async def false_handovers(connection: AsyncConnection) -> set[int]:
    """The batches without a number in which a record hands the ledger over falsely."""
    keys, wrong = Keyring(), set[int]()
    for row in await key_rows(connection):
        try:
            keys.add(_NOT_YET if row.number is None else row.number, bytes(row.record))
        except NoteWrong:
            if row.number is None:
                wrong.add(row.batch)
    return wrong
