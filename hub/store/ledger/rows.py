"""The rows of the ledger as a check reads them: a page of batches, then what is kept with each record."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.tables.ledger import COUNTS

_AT_ONCE = 5000
"""Records of a page, and batches of it at most."""
_PAGE = """
    SELECT batch, first_number, leaf_hashes
    FROM (SELECT *, sum(octet_length(leaf_hashes)) OVER (ORDER BY {order})
                    - octet_length(leaf_hashes) AS before
          FROM (SELECT batch, first_number, leaf_hashes FROM ledger_batch
                WHERE {order} > :after AND {which} ORDER BY {order} LIMIT :most) AS first) AS counted
    WHERE before < :most * 32 ORDER BY {order}
"""
_NUMBERED = text(_PAGE.format(order="first_number", which="true"))
_UNNUMBERED = text(_PAGE.format(order="batch", which=f"first_number IS NULL AND {COUNTS}"))
# OFFSET 0: each record is looked up by its key, however few rows PostgreSQL expects in all.
# Removed: the ledger has it that the content of the record's event was removed, where its salt is gone.
_RECORDS = f"""
    SELECT b.batch, k.record_key, r.*
    FROM ledger_batch b
    CROSS JOIN LATERAL unnest(b.record_keys) WITH ORDINALITY AS k (record_key, place)
    LEFT JOIN LATERAL (
        SELECT l.record, l.kind, l.event_key, l.leaf_hash, e.content, c.salt,
               e.publisher, e.register_version, e.accepted_at,
               (e.type, e.subject, e.tlp, e.functions, e.areas)
               = (e.content->>'type', e.content->>'subject', e.content->>'tlp',
                  string_to_array(e.content->>'functions', ','), string_to_array(e.content->>'areas', ','))
               AS is_alike,
               CASE WHEN e.event_key IS NOT NULL AND c.salt IS NULL
                    THEN EXISTS (SELECT 1 FROM ledger m
                                 WHERE m.event_key = e.event_key AND m.kind = 'content-removed' AND {COUNTS})
                    ELSE false END AS removed
        FROM ledger l
        LEFT JOIN event e ON e.event_key = l.event_key AND l.kind = 'event-routed'
        LEFT JOIN claim c ON c.event_key = e.event_key
        WHERE l.record_key = k.record_key AND l.batch = b.batch OFFSET 0
    ) AS r ON true
    WHERE b.batch = ANY($1::bigint[])
    ORDER BY b.batch, k.place
"""  # noqa: S608 - of constants


async def numbered_pages(connection: AsyncConnection, after: int) -> AsyncIterator[Sequence[Any]]:
    """Batches whose first number is above `after`, in order of number, some at a time: batch, first_number,
    leaf_hashes."""
    while page := (await connection.execute(_NUMBERED, {"after": after, "most": _AT_ONCE})).all():
        yield page
        after = page[-1].first_number


async def unnumbered_pages(connection: AsyncConnection) -> AsyncIterator[Sequence[Any]]:
    """Batches that have no number yet, in the same form."""
    after = -1
    while page := (await connection.execute(_UNNUMBERED, {"after": after, "most": _AT_ONCE})).all():
        yield page
        after = page[-1].batch


async def rows_of(connection: AsyncConnection, batches: Sequence[Any]) -> dict[int, list[Any]]:
    """By batch, for each key in it, in its order: batch, record_key, record, kind, event_key, leaf_hash,
    content, salt, publisher, register_version, accepted_at, is_alike (the columns of the event are as its
    content), removed; without its record where that is not there."""
    # By the driver: half of the time of a check would else be for rows that are unpacked at once.
    driver: Any = (await connection.get_raw_connection()).driver_connection
    rows: dict[int, list[Any]] = {batch.batch: [] for batch in batches}
    for row in await driver.fetch(_RECORDS, list(rows)):
        rows[row[0]].append(row)
    return rows
