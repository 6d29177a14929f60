"""Is the ledger what it was? Every record, number, tile, head and key is computed again."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, any_, case, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.ledger.checking import Faults, Head, HeadCheck, Kept, faults_of_record, judged_leaf, said_in
from hub.rules.ledger.contents import is_said
from hub.rules.ledger.heads import TreeHead
from hub.rules.ledger.keys import Keyring
from hub.rules.ledger.paths import cover
from hub.rules.ledger.tiles import WIDTH, Growing, Tile, count_of, edge_of, hashes_in, node_in, tile_of
from hub.rules.ledger.tree import Tree, leaf_hash
from hub.store import tables
from hub.store.database import keys_of
from hub.store.ledger_keys import keyring
from hub.store.ledger_trees import tiles_at

_ledger, _batch, _head = tables.ledger.c, tables.ledger_batch.c, tables.tree_head.c
_removing = tables.ledger.alias()
_REMOVED = case(
    (
        and_(tables.event.c.event_key.is_not(None), tables.claim.c.salt.is_(None)),
        exists().where(
            _removing.c.event_key == tables.event.c.event_key, _removing.c.kind == "content-removed"
        ),
    ),
    else_=False,
).label("removed")
"""Whether the ledger has it that the content of this record's event was removed, where its salt is gone."""
_BATCHES_AT_ONCE, _RECORDS_AT_ONCE = 100, 5000
_STRAYS = text(
    """
    SELECT l.record_key FROM ledger l LEFT JOIN ledger_batch b ON b.batch = l.batch
    WHERE b.batch IS NULL OR array_position(b.record_keys, l.record_key) IS NULL LIMIT 100
    """
)


class Check(NamedTuple):
    """The outcome of reading the ledger again: the faults found, none when it holds."""

    size: int
    root: bytes
    faults: list[str]


def _silent(_: int) -> None: ...


async def check_ledger(
    connection: AsyncConnection, since: TreeHead | None = None, progress: Callable[[int], None] = _silent
) -> Check:
    """Computes the ledger again, whole, or what came `since` a head that the caller trusts. Tells `progress`
    how many records it has had. What it holds in memory does not grow with the ledger. While a
    sequencer is at work, `connection` is of `snapshot`.

    It can't see a past that was rewritten by who has the key too: for that someone else must hold a head."""
    check = await _begun(connection, since)
    async for batches in _pages(connection, _batch.first_number, check.tree.size - 1):
        if not await check.take(batches):
            break
        progress(check.tree.size)
    await check.end()
    return Check(check.tree.size, check.tree.root(), check.faults.told())


class _Checking:
    """A check that is under way: what was read so far comes to `tree`."""

    def __init__(self, connection: AsyncConnection, start: int, edge: Mapping[Tile, bytes], keys: Keyring):
        self.faults = Faults()
        self.tree = Tree(start, tuple(node_in(edge[tile_of(node)], node) for node in cover(0, start)))
        self._connection = connection
        self._growing = Growing(start, edge)
        self._head_check = HeadCheck(keys, start, self.faults)
        self._heads: dict[int, Head] = {}

    async def take(self, batches: Sequence[Any]) -> bool:
        """The next batches, in order of number. False when something is missing that leaves no way on."""
        rows = await _records(self._connection, [key for batch in batches for key in batch.record_keys])
        last = max(batch.first_number + len(batch.record_keys) for batch in batches)
        last = min(last, self.tree.size + sum(len(batch.record_keys) for batch in batches) + WIDTH)
        places = range(self.tree.size // WIDTH, (last - 1) // WIDTH + 1)
        tiles = await tiles_at(self._connection, [Tile(0, place) for place in places])
        self._heads = await _heads(self._connection, self.tree.size, last)
        leaves: list[bytes] = []
        for batch in batches:
            if not self._fill(batch.first_number, tiles, leaves):
                return False
            hashes = hashes_in(bytes(batch.leaf_hashes))
            for place, key in enumerate(batch.record_keys):
                number = batch.first_number + place
                if number < self.tree.size:
                    self.faults.add(f"record {number} is er twee keer")
                    continue
                row = rows.get(key)
                kept = Kept(bytes(row.record), row.kind, row.event_key, bytes(row.leaf_hash)) if row else None
                in_batch = hashes[place] if place < len(hashes) else b""
                self._append(judged_leaf(number, kept, in_batch, _leaf(tiles, number), self.faults), leaves)
                if row and not _is_content(row):
                    self.faults.add(f"record {number} hoort bij een gebeurtenis die veranderd of weg is")
        await self._compare(self._growing.add(b"".join(leaves)))
        return True

    def _fill(self, until: int, tiles: Mapping[Tile, bytes], leaves: list[bytes]) -> bool:
        """Goes past numbers that no batch has; the tree knows what stood there."""
        if until > self.tree.size:
            which = f"{self.tree.size}" if until == self.tree.size + 1 else f"{self.tree.size} tot {until}"
            self.faults.add(f"record {which} ontbreekt")
        while self.tree.size < until:
            leaf = _leaf(tiles, self.tree.size)
            if leaf is None:
                return False
            self._append(leaf, leaves)
        return True

    def _append(self, leaf: bytes, leaves: list[bytes]) -> None:
        leaves.append(leaf)
        self.tree = self.tree.append(leaf)
        if head := self._heads.get(self.tree.size):
            self._head_check.take(head, self.tree.root())

    async def _compare(self, tiles: Mapping[Tile, bytes]) -> None:
        """Compares the tiles that are full, above those of the records."""
        full = {t: hashes for t, hashes in tiles.items() if t.level and len(hashes) == 32 * WIDTH}
        kept = await tiles_at(self._connection, full) if full else {}
        for tile, hashes in full.items():
            if kept.get(tile) != hashes:
                self.faults.add(f"de boom klopt niet: tegel {tile.level}/{tile.place}")

    async def end(self) -> None:
        """What is left when all numbers were read."""
        edge = self._growing.edge()
        kept = await tiles_at(self._connection, edge)
        for tile, hashes in edge.items():
            # Of the records' own tile each hash was compared; what is left is what it has too many.
            if kept.get(tile) != hashes and (tile.level or len(kept.get(tile, b"")) != len(hashes)):
                self.faults.add(f"de boom klopt niet: tegel {tile.level}/{tile.place}")
        tiles = await self._connection.scalar(select(func.count()).select_from(tables.ledger_tile)) or 0
        if tiles != count_of(self.tree.size):
            self.faults.add(f"de boom heeft {tiles} tegels, en hoort er {count_of(self.tree.size)} te hebben")
        newest = await self._connection.scalar(select(func.max(_head.size))) or 0
        if newest != self.tree.size:
            self.faults.add(f"de laatste boomkop telt {newest} records, gevonden: {self.tree.size}")
        async for batches in _pages(self._connection, _batch.batch, -1, _batch.first_number.is_(None)):
            await self._check_unnumbered(batches)
        for key in (await self._connection.execute(_STRAYS)).scalars():
            self.faults.add(f"record {key} is ingevoegd: het hoort bij geen nummer")

    async def _check_unnumbered(self, batches: Sequence[Any]) -> None:
        rows = await _records(self._connection, [key for batch in batches for key in batch.record_keys])
        for batch in batches:
            hashes = hashes_in(bytes(batch.leaf_hashes))
            for place, key in enumerate(batch.record_keys):
                row = rows.get(key)
                if row is None:
                    self.faults.add(f"record {key}, nog zonder nummer, ontbreekt")
                    continue
                kept = Kept(bytes(row.record), row.kind, row.event_key, bytes(row.leaf_hash))
                wrong = list(faults_of_record(kept, leaf_hash(kept.record)))
                if not wrong and hashes[place : place + 1] != [bytes(row.leaf_hash)]:
                    wrong = ["is veranderd"]
                for what in wrong:
                    self.faults.add(f"record {key}, nog zonder nummer, {what}")


async def _begun(connection: AsyncConnection, since: TreeHead | None) -> _Checking:
    keys, wrong = await keyring(connection)
    edge = await tiles_at(connection, edge_of(since.size)) if since and since.size else {}
    try:
        check = _Checking(connection, since.size if since else 0, edge, keys)
    except LookupError:
        check = _Checking(connection, 0, {}, keys)
    if since and (check.tree.size, check.tree.root()) != (since.size, since.root):
        wrong.append(f"het grootboek begint niet met de {since.size} records van uw boomkop")
    for fault in wrong:
        check.faults.add(fault)
    return check


async def _pages(
    connection: AsyncConnection, key: Any, after: int, *conditions: Any
) -> AsyncIterator[Sequence[Any]]:
    """Batches in order of a key, some at a time."""
    while True:
        query = select(tables.ledger_batch).where(key > after, *conditions).order_by(key)
        if not (some := (await connection.execute(query.limit(_BATCHES_AT_ONCE))).all()):
            return
        page, records = [], 0
        for batch in some:
            page.append(batch)
            records += len(batch.record_keys)
            if records >= _RECORDS_AT_ONCE:
                break
        yield page
        after = getattr(page[-1], key.key)


async def _records(connection: AsyncConnection, keys: Sequence[UUID]) -> dict[UUID, Any]:
    of_event = and_(tables.event.c.event_key == _ledger.event_key, _ledger.kind == "event-routed")
    query = (
        select(tables.ledger, tables.event.c.content, tables.claim.c.salt, _REMOVED)
        .outerjoin(tables.event, of_event)
        .outerjoin(tables.claim, tables.claim.c.event_key == tables.event.c.event_key)
        .where(_ledger.record_key == any_(keys_of(keys)))
    )
    return {row.record_key: row for row in await connection.execute(query)}


async def _heads(connection: AsyncConnection, after: int, until: int) -> dict[int, Head]:
    query = select(_head.size, _head.root, _head.note).where(_head.size > after, _head.size <= until)
    rows = await connection.execute(query.order_by(_head.size))
    return {row.size: Head(row.size, bytes(row.root), row.note) for row in rows}


def _leaf(tiles: Mapping[Tile, bytes], number: int) -> bytes | None:
    place = number % WIDTH * 32
    leaf = tiles.get(Tile(0, number // WIDTH), b"")[place : place + 32]
    return leaf if len(leaf) == 32 else None


def _is_content(row: Any) -> bool:
    """Whether the event of a record is the one that it tells of, or was removed as another record tells."""
    if row.kind != "event-routed" or row.removed:
        return True
    return row.content is not None and is_said(said_in(row.record), row.content, row.salt)
