"""Numbering: the sequencer of the ledger gives records their number, and signs the head of the tree."""

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import HubError
from hub.rules.ledger.checking import Faults, Head, HeadCheck
from hub.rules.ledger.heads import signed_head
from hub.rules.ledger.notes import Signer
from hub.rules.ledger.tiles import Growing, edge_of
from hub.store import tables
from hub.store.ledger_keys import introduce, keyring
from hub.store.ledger_trees import find_head, keep_tiles, tiles_at
from hub.store.wake import Channel, wake

_LOCK = 7_301_003
_HASH_BYTES = 32
_MOST = 20_000
"""Records under one new head: what a head costs is shared by many, and memory is bounded."""
_UNNUMBERED = text(
    """
    SELECT batch, leaf_hashes
    FROM (SELECT batch, leaf_hashes,
                 sum(octet_length(leaf_hashes)) OVER (ORDER BY batch) - octet_length(leaf_hashes) AS before
          FROM (SELECT batch, leaf_hashes FROM ledger_batch
                WHERE first_number IS NULL ORDER BY batch LIMIT :most) AS first) AS counted
    WHERE before < :bytes ORDER BY batch
    """
)
_NUMBER = text(
    """
    UPDATE ledger_batch SET first_number = given.first_number
    FROM unnest(CAST(:batch AS bigint[]), CAST(:first_number AS bigint[])) AS given (batch, first_number)
    WHERE ledger_batch.batch = given.batch
    """
)


class PastChanged(HubError):
    """What the sequencer would go on from is not what was signed: nothing more is signed."""

    def __init__(self, wrong: str):
        super().__init__(
            f"Het grootboek gaat niet verder: {wrong}. Iemand heeft de database veranderd. "
            "'kernhub ledger verify' noemt wat; zet een reservekopie terug die klopt."
        )


async def number_next(connection: AsyncConnection, now: datetime, signer: Signer, most: int = _MOST) -> int:
    """Numbers committed records that have none yet, some `most` at a time, and keeps the new signed head;
    how many it numbered. Raises KeyNotInForce, or PastChanged when the newest head does not hold.

    One sequencer at a time: another one that tries waits for this transaction.
    """
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    await introduce(connection, signer, now)
    batches = await _unnumbered(connection, most)
    if not batches:
        return 0
    tree = await _signed_so_far(connection)
    size = tree.size
    # Without a list of leaves: each is hashed as it lies in the row of its batch.
    counts = [len(row.leaf_hashes) // _HASH_BYTES for row in batches]
    numbers = [size + before for before in accumulate(counts[:-1], initial=0)]
    await keep_tiles(connection, tree.add(b"".join(row.leaf_hashes for row in batches)))
    await connection.execute(_NUMBER, {"batch": [row.batch for row in batches], "first_number": numbers})
    root = tree.root()
    note = signed_head(tree.size, root, now, signer)
    await connection.execute(
        insert(tables.tree_head), {"size": tree.size, "root": root, "note": note, "made_at": now}
    )
    await wake(connection, Channel.PROGRESS)
    return tree.size - size


async def _signed_so_far(connection: AsyncConnection) -> Growing:
    """The tree under the newest head. Raises PastChanged when that head does not sign it: else the next head
    would, and a past that was rewritten without the key would hold after all."""
    head = await find_head(connection)
    if head is None:
        return Growing(0, {})
    try:
        tree = Growing(head.size, await tiles_at(connection, edge_of(head.size)))
    except LookupError:
        raise PastChanged(f"van de boom onder de boomkop bij {head.size} records ontbreekt iets") from None
    before = await connection.scalar(
        select(func.max(tables.tree_head.c.size)).where(tables.tree_head.c.size < head.size)
    )
    keys, wrong = await keyring(connection)
    faults = Faults()
    HeadCheck(keys, before or 0, faults).take(Head(head.size, bytes(head.root), head.note), tree.root())
    if found := [*wrong, *faults.told()]:
        raise PastChanged("; ".join(found))
    return tree


async def _unnumbered(connection: AsyncConnection, most: int) -> Sequence[Any]:
    """Batches until there are `most` records; what is more than that is not read."""
    return (await connection.execute(_UNNUMBERED, {"most": most, "bytes": most * _HASH_BYTES})).all()
