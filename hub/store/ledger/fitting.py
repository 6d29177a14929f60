"""Does a batch that waits for its number list its own records, in canonical JSON, and nothing else?"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.ledger.records import is_canonical
from hub.rules.ledger.tree import leaf_hashes

_AT_ONCE = 1024
"""Records of a part: however large a batch is, memory is bounded."""
_PARTS_AT_ONCE = 8
_HASH = 32
# OFFSET 0: each record is looked up by its key, however few rows PostgreSQL expects in all.
# A number is a place among the keys, and the first place is 1.
_PARTS = f"""
    SELECT b.batch, part.start, cardinality(b.record_keys) AS many,
           (array_ndims(b.record_keys), array_lower(b.record_keys, 1)) = (1, 1) AS is_plain,
           own.leaf_hashes, own.are_whole, own.records
    FROM ledger_batch b
    CROSS JOIN LATERAL generate_series(1, cardinality(b.record_keys), {_AT_ONCE}) AS part (start)
    CROSS JOIN LATERAL (
        SELECT string_agg(r.leaf_hash, ''::bytea ORDER BY k.place) AS leaf_hashes,
               bool_and(octet_length(r.leaf_hash) = {_HASH}) AS are_whole,
               array_agg(r.record ORDER BY k.place) AS records
        FROM unnest(b.record_keys[part.start:part.start + {_AT_ONCE - 1}])
             WITH ORDINALITY AS k (record_key, place)
        CROSS JOIN LATERAL (
            SELECT l.leaf_hash, l.record FROM ledger l
            WHERE l.record_key = k.record_key AND l.batch = b.batch OFFSET 0
        ) AS r
    ) AS own
    WHERE b.batch = ANY($1::bigint[])
"""  # noqa: S608
_FALSE = text(
    """
    SELECT DISTINCT batch FROM ledger l
    WHERE kind = 'batch-set-aside' AND batch = ANY (CAST(:batches AS bigint[]))
      AND NOT EXISTS (SELECT FROM ledger_set_aside a WHERE a.record_key = l.record_key)
    """
)


async def unlike_their_records(connection: AsyncConnection, batches: Sequence[Any]) -> set[int]:
    """Those of these batches (batch, leaf_hashes) of which a record is missing, is not what was hashed, is no
    canonical JSON object, or is there twice. Each record is hashed again: here, as not every PostgreSQL does
    that fast. `connection` has begun a transaction."""
    fits = {row.batch: _Fit(bytes(row.leaf_hashes)) for row in batches}
    # By the driver, which gives a record as the bytes that it is, some parts at a time.
    driver: Any = (await connection.get_raw_connection()).driver_connection
    async for batch, *part in driver.cursor(_PARTS, list(fits), prefetch=_PARTS_AT_ONCE):
        fits[batch].take(*part)
    return {batch for batch, fit in fits.items() if not fit.holds()}


async def false_tellings(connection: AsyncConnection, batches: Sequence[Any]) -> set[int]:
    """Those of these batches with a record that says that a batch was set aside, where its owner did not."""
    return set((await connection.execute(_FALSE, {"batches": [row.batch for row in batches]})).scalars())


class _Fit:
    """How a batch and its records agree."""

    def __init__(self, listed: bytes):
        self._listed = listed
        self._agrees = True
        self._seen: set[bytes] = set()
        self._many = 0

    def take(
        self,
        start: int,
        many: int,
        is_plain: bool,
        kept: bytes | None,
        are_whole: bool | None,
        records: Sequence[bytes] | None,
    ) -> None:
        """The next part: the records of the keys from place `start` on, with the hashes kept beside them."""
        computed = leaf_hashes(records or ())
        here = self._listed[(start - 1) * _HASH : (start - 1 + _AT_ONCE) * _HASH]
        if not (is_plain and are_whole and b"".join(computed) == kept == here):
            self._agrees = False
        if not all(map(is_canonical, records or ())):
            self._agrees = False
        self._seen.update(computed)
        self._many = many

    def holds(self) -> bool:
        """Each place has a record of its own. A record has a salt: a hash that comes twice is a record that
        comes twice."""
        return self._agrees and 0 < len(self._seen) == self._many == len(self._listed) / _HASH
