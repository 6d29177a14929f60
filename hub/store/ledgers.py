"""The ledger: records written in the transaction of their effect."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import any_, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.identity import canonical_object, derived_key
from hub.rules.ledger.heads import written
from hub.rules.ledger.tree import leaf_hash
from hub.store import tables
from hub.store.database import keys_of
from hub.store.wake import Channel, wake

SCHEMA_VERSION = 3
_SALT_BYTES = 16


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


async def record(connection: AsyncConnection, entries: Sequence[Entry]) -> None:
    """Writes the entries in the transaction of their effect, still without a number."""
    if not entries:
        return
    rows = []
    for entry in entries:
        content = content_of(entry)
        rows.append((entry.record_key, entry.kind, entry.event_key, content, leaf_hash(content)))
    columns = zip(_COLUMNS, map(list, zip(*rows, strict=True)), strict=True)
    await connection.execute(_RECORD, dict(columns))
    await wake(connection, Channel.RECORD)


def content_of(entry: Entry) -> bytes:
    """The record. Its salt keeps who holds the hash, from a proof of another record, from guessing it."""
    own = {
        "schema": SCHEMA_VERSION,
        "kind": entry.kind,
        "event": str(entry.event_key) if entry.event_key else None,
        "at": written(entry.at),
        "salt": secrets.token_hex(_SALT_BYTES),
    }
    if doubled := own.keys() & entry.facts.keys():
        raise ValueError(f"facts may not be named {sorted(doubled)}")
    return canonical_object(own | entry.facts)


async def leaf_hashes(connection: AsyncConnection, entries: Sequence[Entry]) -> dict[UUID, bytes]:
    """The leaf hash of each of these entries that is recorded, by its record key."""
    ledger = tables.ledger.c
    query = select(ledger.record_key, ledger.leaf_hash).where(
        ledger.record_key == any_(keys_of([entry.record_key for entry in entries]))
    )
    return {row.record_key: bytes(row.leaf_hash) for row in await connection.execute(query)}


async def find_record(connection: AsyncConnection, record_key: UUID) -> bytes | None:
    """The record under this key."""
    query = select(tables.ledger.c.record).where(tables.ledger.c.record_key == record_key)
    return await connection.scalar(query)


async def count_records(connection: AsyncConnection, kind: str) -> int:
    """How many records of a kind there are, numbered or not."""
    query = select(func.count()).select_from(tables.ledger).where(tables.ledger.c.kind == kind)
    return await connection.scalar(query) or 0
