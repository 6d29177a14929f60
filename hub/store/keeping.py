"""Claims new events and records that they came in: one statement, so one transaction and one trip."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from hub.store.direct import Direct
from hub.store.wake import Channel


class NewClaim(NamedTuple):
    """An event key, the content that is claimed for it by whom, and the record that tells of it."""

    event_key: UUID
    content_hash: bytes
    publisher: str
    salt: bytes
    record_key: UUID
    record: bytes
    leaf_hash: bytes


_KEEP = f"""
    WITH given AS MATERIALIZED (
        SELECT *
        FROM unnest($1::uuid[], $2::bytea[], $3::text[], $4::bytea[], $5::uuid[], $6::bytea[], $7::bytea[])
            AS given (event_key, content_hash, publisher, salt, record_key, record, leaf_hash)
    ), claimed AS (
        INSERT INTO claim (event_key, content_hash, accepted_at, publisher, salt)
        SELECT event_key, content_hash, $8, publisher, salt FROM given
        ON CONFLICT DO NOTHING
        RETURNING event_key
    ), next AS MATERIALIZED (
        SELECT nextval('ledger_batch_batch_seq') AS batch
    ), recorded AS (
        INSERT INTO ledger (record_key, kind, event_key, record, leaf_hash, batch)
        SELECT record_key, $9, event_key, record, leaf_hash, batch
        FROM given JOIN claimed USING (event_key), next
        RETURNING event_key, record_key, leaf_hash
    ), numbered AS (
        INSERT INTO ledger_batch (batch, record_keys, leaf_hashes) OVERRIDING SYSTEM VALUE
        SELECT batch, record_keys, leaf_hashes
        FROM next, (SELECT array_agg(record_key) AS record_keys,
                           string_agg(leaf_hash, ''::bytea) AS leaf_hashes
                    FROM recorded HAVING count(*) > 0) AS fresh
    ), noted AS (
        UPDATE claim SET acknowledged_at = $8 WHERE event_key IN (
            SELECT event_key FROM claim WHERE event_key = ANY($10::uuid[]) AND acknowledged_at IS NULL
            FOR NO KEY UPDATE SKIP LOCKED
        )
    ), woken AS MATERIALIZED (
        SELECT pg_notify('{Channel.RECORD}', '')
    )
    SELECT event_key FROM recorded, woken
"""  # noqa: S608 - of constants


async def keep_new(
    direct: Direct, claims: Sequence[NewClaim], kind: str, now: datetime, acknowledged: Iterable[UUID] = ()
) -> set[UUID]:
    """Claims and records those of these events of which nothing is claimed yet, and gives their keys. `kind`:
    of the records. `acknowledged`: what Kafka has, which whoever reads it there notes as well: it waits for
    nobody who has such a claim in hand. Raises DatabaseUnavailable."""
    columns = list(zip(*sorted(claims), strict=True)) or [()] * len(NewClaim._fields)
    rows = await direct.fetch(_KEEP, *map(list, columns), now, kind, list(acknowledged))
    return {row["event_key"] for row in rows}
