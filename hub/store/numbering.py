"""Numbering: the sequencer of the ledger gives records their number, and signs the head of the tree."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.ledger.heads import signed_head
from hub.rules.ledger.notes import Signer
from hub.rules.ledger.tiles import Growing, edge_of, hashes_in
from hub.store import tables
from hub.store.ledger_keys import introduce
from hub.store.ledger_trees import find_head, keep_tiles, tiles_at
from hub.store.wake import Channel, wake

_LOCK = 7_301_003
_HASH_BYTES = 32
_NUMBER = text(
    """
    UPDATE ledger_batch SET first_number = given.first_number
    FROM unnest(CAST(:batch AS bigint[]), CAST(:first_number AS bigint[])) AS given (batch, first_number)
    WHERE ledger_batch.batch = given.batch
    """
)


async def number_next(connection: AsyncConnection, now: datetime, signer: Signer, most: int = 1000) -> int:
    """Numbers committed records that have none yet, some `most` at a time, and keeps the new signed head;
    how many it numbered. Raises KeyNotInForce.

    One sequencer at a time: another one that tries waits for this transaction.
    """
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    await introduce(connection, signer, now)
    batches = await _unnumbered(connection, most)
    if not batches:
        return 0
    head = await find_head(connection)
    size = head.size if head else 0
    tree = Growing(size, await tiles_at(connection, edge_of(size)))
    leaves: list[bytes] = []
    numbers = []
    for row in batches:
        numbers.append(size + len(leaves))
        leaves += hashes_in(bytes(row.leaf_hashes))
    await keep_tiles(connection, tree.add(leaves))
    await connection.execute(_NUMBER, {"batch": [row.batch for row in batches], "first_number": numbers})
    root = tree.root()
    note = signed_head(tree.size, root, now, signer)
    await connection.execute(
        insert(tables.tree_head), {"size": tree.size, "root": root, "note": note, "made_at": now}
    )
    await wake(connection, Channel.PROGRESS)
    return len(leaves)


async def _unnumbered(connection: AsyncConnection, most: int) -> list[Any]:
    batch = tables.ledger_batch.c
    query = (
        select(batch.batch, batch.leaf_hashes)
        .where(batch.first_number.is_(None))
        .order_by(batch.batch)
        .limit(most)
    )
    some: list[Any] = []
    records = 0
    for row in await connection.execute(query):
        some.append(row)
        records += len(row.leaf_hashes) // _HASH_BYTES
        if records >= most:
            break
    return some
