"""Claims new events and records that they came in, in one transaction: a few by one statement, so one trip;
many by COPY."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from hub.store.direct import Direct
from hub.store.intake.copying import CLAIM_COLUMNS, claim_rows
from hub.store.ledger.copying import BATCH_COLUMNS, HEADER, LEDGER_COLUMNS, TRAILER, batch_row, ledger_rows
from hub.store.wake import Channel


class Shown(NamedTuple):
    """What was seen a moment ago: the token with this hash holds, and which register is the newest."""

    token_hash: bytes
    register: int


class NewClaim(NamedTuple):
    """An event key, the content that is claimed for it by whom, and the record that tells of it. With a
    `token_hash` and `register` it only holds while these are as `Shown` says."""

    event_key: UUID
    content_hash: bytes
    publisher: str
    salt: bytes
    record_key: bytes
    record: bytes
    leaf_hash: bytes
    token_hash: bytes | None = None
    register: int | None = None


class Done(NamedTuple):
    """The event keys that are claimed now, and those for which nothing is as it was shown."""

    kept: set[UUID]
    unconfirmed: set[UUID]


_MANY = 100
"""From so many claims on they go by COPY."""
_RECORD_KEY = NewClaim._fields.index("record_key")
_NOTE = """
    UPDATE claim SET acknowledged_at = $1 WHERE event_key IN (
        SELECT event_key FROM claim WHERE event_key = ANY($2::uuid[]) AND acknowledged_at IS NULL
        FOR NO KEY UPDATE SKIP LOCKED
    )
"""
_KEEP = f"""
    WITH given AS MATERIALIZED (
        SELECT *, (shown IS NULL OR EXISTS (
                SELECT FROM party_token WHERE token_hash = shown AND (expires_at > now()) IS NOT FALSE))
            AND (register IS NULL OR register = (SELECT max(version) FROM register_version)) AS is_confirmed
        FROM unnest($1::uuid[], $2::bytea[], $3::text[], $4::bytea[], $5::uuid[], $6::bytea[], $7::bytea[],
                    $8::bytea[], $9::int[])
            AS given (event_key, content_hash, publisher, salt, record_key, record, leaf_hash,
                      shown, register)
    ), claimed AS (
        INSERT INTO claim (event_key, content_hash, accepted_at, publisher, salt)
        SELECT event_key, content_hash, $10, publisher, salt FROM given WHERE is_confirmed
        ON CONFLICT DO NOTHING
        RETURNING event_key
    ), next AS MATERIALIZED (
        SELECT nextval('ledger_batch_batch_seq') AS batch
    ), recorded AS (
        INSERT INTO ledger (record_key, kind, event_key, record, leaf_hash, batch)
        SELECT record_key, $11, event_key, record, leaf_hash, batch
        FROM given JOIN claimed USING (event_key), next
        RETURNING event_key, record_key, leaf_hash
    ), numbered AS (
        INSERT INTO ledger_batch (batch, record_keys, leaf_hashes) OVERRIDING SYSTEM VALUE
        SELECT batch, record_keys, leaf_hashes
        FROM next, (SELECT array_agg(record_key) AS record_keys,
                           string_agg(leaf_hash, ''::bytea) AS leaf_hashes
                    FROM recorded HAVING count(*) > 0) AS fresh
    ), noted AS (
        UPDATE claim SET acknowledged_at = $10 WHERE event_key IN (
            SELECT event_key FROM claim WHERE event_key = ANY($12::uuid[]) AND acknowledged_at IS NULL
            FOR NO KEY UPDATE SKIP LOCKED
        )
    ), woken AS MATERIALIZED (
        SELECT pg_notify('{Channel.RECORD}', '')
    )
    SELECT event_key, true AS is_kept FROM recorded, woken
    UNION ALL SELECT event_key, false FROM given WHERE NOT is_confirmed
"""  # noqa: S608 - of constants


async def keep_new(
    direct: Direct, claims: Sequence[NewClaim], kind: str, now: datetime, acknowledged: Iterable[UUID] = ()
) -> Done:
    """Claims and records those of these events of which nothing is claimed yet. `kind`: of the records.
    `acknowledged`: what Kafka has, which whoever reads it there notes as well: it waits for nobody who has
    such a claim in hand. Raises DatabaseUnavailable."""
    noted, in_order = list(acknowledged), sorted(claims, key=_place)
    if len(in_order) >= _MANY and await _copied(direct, in_order, kind, now, noted):
        return Done({one.event_key for one in in_order}, set())
    columns = [list(column) for column in zip(*in_order, strict=True)] or [[] for _ in NewClaim._fields]
    columns[_RECORD_KEY] = [UUID(bytes=key) for key in columns[_RECORD_KEY]]
    rows = await direct.fetch(_KEEP, *columns, now, kind, noted)
    kept = {row["event_key"] for row in rows if row["is_kept"]}
    return Done(kept, {row["event_key"] for row in rows if not row["is_kept"]})


async def _copied(
    direct: Direct, claims: Sequence[NewClaim], kind: str, now: datetime, acknowledged: Sequence[UUID]
) -> bool:
    """The same by COPY, which costs PostgreSQL and this process less for each. False, and nothing is done:
    one of them was claimed before, which COPY can't go past, or holds only while it is as it was shown."""
    event_keys, hashes, publishers, salts, keys, records, leaves, shown, registers = zip(*claims, strict=True)
    if any(shown) or any(registers):
        return False
    own = [key.bytes for key in event_keys]
    async with direct.connection() as connection:
        await connection.execute("BEGIN")
        batch = await connection.fetchval("SELECT nextval('ledger_batch_batch_seq')")
        try:
            for table, columns, rows in (
                ("claim", CLAIM_COLUMNS, claim_rows(own, hashes, now, publishers, salts)),
                ("ledger", LEDGER_COLUMNS, ledger_rows(keys, [kind] * len(own), own, records, leaves)),
                ("ledger_batch", BATCH_COLUMNS, batch_row(batch, keys, leaves)),
            ):
                await connection.copy_to_table(table, source=_whole(rows), columns=columns, format="binary")
        except asyncpg.UniqueViolationError:
            await connection.execute("ROLLBACK")
            return False
        if acknowledged:
            await connection.execute(_NOTE, now, acknowledged)
        await connection.execute(f"NOTIFY {Channel.RECORD}; COMMIT")
    return True


async def _whole(rows: bytes) -> AsyncIterator[bytes]:
    yield HEADER + rows + TRAILER


def _place(claim: NewClaim) -> int:
    """In one order: who claims the same at the same time waits, and does not lock the other out."""
    return claim.event_key.int
