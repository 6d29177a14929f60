"""Numbering: the sequencer of the ledger gives records their number, and signs the head of the tree."""

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.ledger.checking import Faults, Head, HeadCheck
from hub.rules.ledger.heads import TreeHead, signed_head
from hub.rules.ledger.notes import Signer
from hub.rules.ledger.tiles import Growing, edge_of
from hub.store import tables
from hub.store.ledger.beginning import (
    AlreadyBegun,
    NotPutBack,
    PastChanged,
    WrongBatches,
    must_be_new,
    must_have_no_tree,
)
from hub.store.ledger.checks import check_ledger
from hub.store.ledger.fitting import false_tellings, unlike_their_records
from hub.store.ledger.keys import NotBegun, false_handovers, introduce, keyring, must_be_in_force
from hub.store.ledger.records import Entry, record
from hub.store.ledger.trees import find_head, keep_tiles, left_since, tiles_at
from hub.store.tables.ledger import COUNTS
from hub.store.wake import Channel, wake

ALONE = text("SELECT pg_advisory_xact_lock(7301003)")
"""Waits until no sequencer is at work, and keeps others out until the transaction ends."""
_HASH_BYTES = 32
_MOST = 20_000
"""Records under one new head: what a head costs is shared by many, and memory is bounded."""
_UNNUMBERED = text(
    f"""
    SELECT batch, leaf_hashes
    FROM (SELECT batch, leaf_hashes,
                 sum(octet_length(leaf_hashes)) OVER (ORDER BY batch) - octet_length(leaf_hashes) AS before
          FROM (SELECT batch, leaf_hashes FROM ledger_batch
                WHERE first_number IS NULL AND {COUNTS}
                ORDER BY batch LIMIT :most) AS first) AS counted
    WHERE before < :bytes ORDER BY batch
    """  # noqa: S608 - of constants
)
_NUMBER = text(
    """
    UPDATE ledger_batch SET first_number = given.first_number
    FROM unnest(CAST(:batch AS bigint[]), CAST(:first_number AS bigint[])) AS given (batch, first_number)
    WHERE ledger_batch.batch = given.batch
    """
)


class Signed(NamedTuple):
    """The head that a sequencer itself signed last."""

    size: int
    root: bytes

    @classmethod
    def of(cls, head: TreeHead | None) -> "Signed | None":
        """The head that is kept beside the key, when there is one."""
        return cls(head.size, head.root) if head else None


async def number_next(
    connection: AsyncConnection,
    now: datetime,
    signer: Signer,
    most: int = _MOST,
    signed: Signed | None = None,
) -> int:
    """Numbers committed records that have none yet, some `most` at a time, and keeps the new signed head;
    how many it numbered. Raises KeyNotInForce, NotBegun, or PastChanged when the newest head does not hold or
    does not go on from what this sequencer `signed` last.

    One sequencer at a time: another one that tries waits for this transaction.
    """
    await connection.execute(ALONE)
    head = await find_head(connection)
    if signed is not None:
        await _must_go_on(connection, signed, head)
    if head is None:
        await must_be_new(connection, now)
        await introduce(connection, signer, now)
    elif not await must_be_in_force(connection, signer):
        raise _unsigned(head.size) if head.note is None else PastChanged("het record met de sleutel is weg")
    if not (batches := await _unnumbered(connection, most)):
        return 0
    return await _append(connection, now, signer, await _signed_so_far(connection, head), batches)


async def _must_go_on(connection: AsyncConnection, signed: Signed, head: Any) -> None:
    """An older head is signed too: without this, who puts it back makes the ledger go on from there."""
    if wrong := await _left_since(connection, signed, head):
        raise PastChanged(wrong)


async def _left_since(connection: AsyncConnection, signed: Signed, head: Any) -> str | None:
    now, root = (head.size, bytes(head.root)) if head else (0, b"")
    return await left_since(connection, signed.size, signed.root, now, root)


async def put_back(
    connection: AsyncConnection, now: datetime, signer: Signer, size: int, signed: Signed
) -> int:
    """Goes on from an older ledger of `size` records, of which the operator says that it was put back on
    purpose, and records that: who holds a head of what was `signed` since sees why it does not fit. How many
    records were numbered. Raises NotPutBack, NotBegun when another number of records is there,
    KeyNotInForce, or PastChanged when that ledger itself does not hold."""
    await connection.execute(ALONE)
    head = await find_head(connection)
    if await _left_since(connection, signed, head) is None:
        raise NotPutBack
    found = head.size if head else 0
    if found != size:
        raise NotBegun(f"er zijn {found} records met een nummer, en u noemt er {size}")
    if head is None:
        await must_have_no_tree(connection)
    elif not await must_be_in_force(connection, signer):
        raise _unsigned(size)
    if faults := (await check_ledger(connection, key=signer.verifier)).faults:
        raise PastChanged("; ".join(faults))
    if head is None:
        await introduce(connection, signer, now)
    facts = {"size": size, "signed": signed.size, "root": signed.root.hex()}
    await record(connection, [Entry("ledger-put-back", (*facts.values(), now.isoformat()), None, now, facts)])
    tree = await _signed_so_far(connection, head)
    return await _append(connection, now, signer, tree, await _unnumbered(connection, _MOST))


async def begin(
    connection: AsyncConnection, now: datetime, signer: Signer, unsigned: int, signed: Signed | None = None
) -> int:
    """Introduces this key to a ledger that has none, of which `unsigned` records have a number, and signs
    what is there: the operator says that it is what it should be. How many more it numbered. Raises NotBegun
    when another number of records is unsigned, AlreadyBegun, KeyNotInForce, or PastChanged, also when less is
    there than was `signed` before."""
    await connection.execute(ALONE)
    head = await find_head(connection)
    if signed is not None:
        await _must_go_on(connection, signed, head)
    if head is None:
        await must_have_no_tree(connection)
    elif head.note is not None or await must_be_in_force(connection, signer):
        raise AlreadyBegun
    size = head.size if head else 0
    if size != unsigned:
        raise _unsigned(size)
    check = await check_ledger(connection, unsigned=size)
    if check.faults:
        raise PastChanged("; ".join(check.faults))
    await introduce(connection, signer, now)
    tree = Growing(size, await tiles_at(connection, edge_of(size)) if size else {})
    return await _append(connection, now, signer, tree, await _unnumbered(connection, _MOST))


def _unsigned(size: int) -> NotBegun:
    return NotBegun(
        f"{size} records hebben een nummer, en er is geen handtekening. Is dat nooit anders geweest? "
        f"Onderteken dan wat er staat, met 'kernhub ledger begin --unsigned {size}'. Zet anders een "
        "reservekopie terug die klopt"
    )


async def _append(
    connection: AsyncConnection, now: datetime, signer: Signer, tree: Growing, batches: Sequence[Any]
) -> int:
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


async def _signed_so_far(connection: AsyncConnection, head: Any) -> Growing:
    """The tree under the newest head. Raises PastChanged when that head does not sign it: else the next head
    would, and a past that was rewritten without the key would hold after all. So it does for a false handover
    that waits for its number: once signed, no ledger goes on from it or holds."""
    keys, wrong = await keyring(connection, waiting=True)
    if wrong and (waiting := await false_handovers(connection)):
        raise WrongBatches(waiting)
    if wrong:
        raise PastChanged("; ".join(wrong))
    if head is None:
        return Growing(0, {})
    try:
        tree = Growing(head.size, await tiles_at(connection, edge_of(head.size)))
    except LookupError:
        raise PastChanged(f"van de boom onder de boomkop bij {head.size} records ontbreekt iets") from None
    before = await connection.scalar(
        select(func.max(tables.tree_head.c.size)).where(tables.tree_head.c.size < head.size)
    )
    faults = Faults()
    kept = Head(head.size, bytes(head.root), head.note, head.made_at)
    HeadCheck(keys, before or 0, faults).take(kept, tree.root())
    if found := faults.told():
        raise PastChanged("; ".join(found))
    return tree


async def _unnumbered(connection: AsyncConnection, most: int) -> Sequence[Any]:
    """Batches until there are `most` records; what is more than that is not read. Raises WrongBatches when
    one lists something else than its records, or tells falsely of a batch that was set aside: who may add to
    the ledger could have that signed else."""
    batches = (await connection.execute(_UNNUMBERED, {"most": most, "bytes": most * _HASH_BYTES})).all()
    if not batches:
        return batches
    wrong = await unlike_their_records(connection, batches) | await false_tellings(connection, batches)
    if wrong:
        raise WrongBatches(wrong)
    return batches
