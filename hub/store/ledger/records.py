"""The ledger: records written in the transaction of their effect."""

import secrets
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy import any_, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.identity import derived_key, derived_keys
from hub.rules.ledger.records import SALT_BYTES, records_of
from hub.rules.ledger.tree import leaf_hash
from hub.rules.ledger.tree import leaf_hashes as hashed
from hub.store import tables
from hub.store.database import keys_of
from hub.store.ledger.copying import BATCH_COLUMNS, HEADER, LEDGER_COLUMNS, TRAILER, batch_row, ledger_rows
from hub.store.wake import Channel, wake

_MANY = 100
"""From so many entries on COPY is faster than INSERT, its more statements included."""
_AT_ONCE = 128
"""So many are made while PostgreSQL stores those before."""


class Entry(NamedTuple):
    """Something that happened in the hub. `unique` makes writing it twice one record."""

    kind: str
    unique: tuple[object, ...]
    event_key: UUID | None
    at: datetime
    facts: dict[str, Any]

    @property
    def record_key(self) -> UUID:
        return derived_key(self.kind, *self.unique)


_COLUMNS = ("record_key", "kind", "event_key", "record", "leaf_hash")
_RECORD = text(
    """
    WITH next AS MATERIALIZED (SELECT nextval('ledger_batch_batch_seq') AS batch),
    fresh AS (
        INSERT INTO ledger (record_key, kind, event_key, record, leaf_hash, batch)
        SELECT given.*, next.batch
        FROM unnest(CAST(:record_key AS uuid[]), CAST(:kind AS text[]), CAST(:event_key AS uuid[]),
                    CAST(:record AS bytea[]), CAST(:leaf_hash AS bytea[])) AS given, next
        ON CONFLICT DO NOTHING
        RETURNING record_key, leaf_hash
    )
    INSERT INTO ledger_batch (batch, record_keys, leaf_hashes) OVERRIDING SYSTEM VALUE
    SELECT next.batch, fresh.record_keys, fresh.leaf_hashes
    FROM next, (SELECT array_agg(record_key) AS record_keys, string_agg(leaf_hash, ''::bytea) AS leaf_hashes
                FROM fresh HAVING count(*) > 0) AS fresh
    """
)
_NEXT_BATCH = text("SELECT nextval('ledger_batch_batch_seq')")


async def record(connection: AsyncConnection, entries: Sequence[Entry]) -> None:
    """Writes the entries in the transaction of their effect, still without a number."""
    if entries and (len(entries) < _MANY or not await _copied(connection, entries)):
        await _insert(connection, entries)
        await wake(connection, Channel.RECORD)


async def _insert(connection: AsyncConnection, entries: Sequence[Entry]) -> None:
    rows = [
        (entry.record_key, entry.kind, entry.event_key, content, leaf_hash(content))
        for entry, content in zip(entries, contents_of(entries), strict=True)
    ]
    columns = zip(_COLUMNS, map(list, zip(*rows, strict=True)), strict=True)
    await connection.execute(_RECORD, dict(columns))


def contents_of(entries: Sequence[Entry]) -> list[bytes]:
    """The records of these entries, each with a salt of its own."""
    return records_of(entries, _salts(len(entries)))


async def _copied(connection: AsyncConnection, entries: Sequence[Entry]) -> bool:
    """Writes the entries by COPY. False, and nothing is written, when one of them was there already: COPY
    can't go past it."""
    # By SQLAlchemy, so that its transaction has begun before the driver is used as it is. The rows have this
    # number by the default of their column.
    batch = await connection.scalar(_NEXT_BATCH)
    driver: Any = (await connection.get_raw_connection()).driver_connection
    copy = _Copy(batch, entries)
    await driver.execute("SAVEPOINT copied")
    try:
        await driver.copy_to_table("ledger", source=copy.rows(), columns=LEDGER_COLUMNS, format="binary")
    except asyncpg.UniqueViolationError:
        await driver.execute("ROLLBACK TO SAVEPOINT copied; RELEASE SAVEPOINT copied")
        return False
    await driver.copy_to_table("ledger_batch", source=copy.batch(), columns=BATCH_COLUMNS, format="binary")
    await driver.execute(f"RELEASE SAVEPOINT copied; NOTIFY {Channel.RECORD}")
    return True


class _Copy:
    """Makes the rows of a batch while they are sent, then that of the batch itself."""

    def __init__(self, batch: int, entries: Sequence[Entry]):
        self._batch = batch
        self._entries = entries
        self._keys: list[bytes] = []
        self._leaves: list[bytes] = []

    async def rows(self) -> AsyncIterator[bytes]:
        before = HEADER
        for start in range(0, len(self._entries), _AT_ONCE):
            yield before + self._made(self._entries[start : start + _AT_ONCE])
            before = b""
        yield TRAILER

    def _made(self, entries: Sequence[Entry]) -> bytes:
        kinds, _, event_keys, _, _ = zip(*entries, strict=True)
        keys = derived_keys([(kind, *unique) for kind, unique, _, _, _ in entries])
        records = contents_of(entries)
        leaves = hashed(records)
        self._keys += keys
        self._leaves += leaves
        of_events = [key and key.bytes for key in event_keys]
        return ledger_rows(keys, kinds, of_events, records, leaves)

    async def batch(self) -> AsyncIterator[bytes]:
        yield HEADER + batch_row(self._batch, self._keys, self._leaves) + TRAILER


def _salts(count: int) -> list[str]:
    """Salts for so many records, from one call for chance."""
    drawn, length = secrets.token_hex(SALT_BYTES * count), 2 * SALT_BYTES
    return [drawn[start : start + length] for start in range(0, length * count, length)]


async def leaf_hashes(connection: AsyncConnection, entries: Sequence[Entry]) -> dict[UUID, bytes]:
    """The leaf hash of each of these entries that is recorded, by its record key."""
    ledger = tables.ledger.c
    query = select(ledger.record_key, ledger.leaf_hash).where(
        ledger.record_key == any_(keys_of([entry.record_key for entry in entries]))
    )
    return {row.record_key: bytes(row.leaf_hash) for row in await connection.execute(query)}


async def find_record(connection: AsyncConnection, record_key: UUID) -> bytes | None:
    """The record under this key."""
    return (await find_records(connection, [record_key])).get(record_key)


async def find_records(connection: AsyncConnection, record_keys: Sequence[UUID]) -> dict[UUID, bytes]:
    """The records under those of these keys that are taken."""
    ledger = tables.ledger.c
    query = select(ledger.record_key, ledger.record).where(ledger.record_key == any_(keys_of(record_keys)))
    return {row.record_key: row.record for row in await connection.execute(query)}


async def count_records(connection: AsyncConnection, kind: str) -> int:
    """How many records of a kind there are, numbered or not."""
    query = select(func.count()).select_from(tables.ledger).where(tables.ledger.c.kind == kind)
    return await connection.scalar(query) or 0
