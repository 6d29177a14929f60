"""Is the ledger what it was? Every record, number, tile, head and key is computed again."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.ledger.checking import (
    Faults,
    Head,
    HeadCheck,
    Kept,
    faults_of_record,
    judged_leaf,
    says_plainly,
)
from hub.rules.ledger.contents import KeptEvent, is_told
from hub.rules.ledger.heads import TreeHead
from hub.rules.ledger.keys import Keyring
from hub.rules.ledger.notes import Verifier
from hub.rules.ledger.tiles import WIDTH, Growing, Tile, count_of, edge_of, hashes_in
from hub.rules.ledger.tree import leaf_hash
from hub.store import tables
from hub.store.ledger.beginning import has_tree
from hub.store.ledger.keys import keyring
from hub.store.ledger.loose import loose_faults
from hub.store.ledger.rows import numbered_pages, rows_of, unnumbered_pages
from hub.store.ledger.trees import tiles_at

_HASH = 32
_head = tables.tree_head.c


class Check(NamedTuple):
    """The outcome of reading the ledger again: the faults found, none when it holds; how many heads are not
    signed, and how many records wait for their number."""

    size: int
    root: bytes
    faults: list[str]
    unsigned: int
    waiting: int


def _silent(_: int) -> None: ...


async def check_ledger(
    connection: AsyncConnection,
    since: TreeHead | None = None,
    progress: Callable[[int], None] = _silent,
    *,
    key: Verifier | None = None,
    unsigned: int = 0,
) -> Check:
    """Computes the ledger again, whole, or what came `since` a head that the caller trusts. Tells `progress`
    how many records it has had. What it holds in memory does not grow with the ledger. While a
    sequencer is at work, `connection` is of `snapshot`.

    With a `key` that the caller knows, the ledger must be signed with it or with one that it was handed over
    to or from; without, a ledger that was made anew with another key holds too. Heads up to the size
    `unsigned` may lack a signature. It can't see a past that was rewritten by who has the key too: for that
    someone else must hold a head."""
    check = await _begun(connection, since, key, unsigned)
    async for batches in numbered_pages(connection, check.tree.size - 1):
        if not await check.take(batches):
            break
        progress(check.tree.size)
    await check.end()
    return Check(check.tree.size, check.tree.root(), check.faults.told(), check.heads.unsigned, check.waiting)


class _Checking:
    """A check that is under way: what was read so far comes to `tree`."""

    def __init__(
        self,
        connection: AsyncConnection,
        start: int,
        edge: Mapping[Tile, bytes],
        keys: Keyring,
        unsigned: int,
    ):
        self.faults = Faults()
        self.tree = Growing(start, edge)
        self._connection = connection
        self.heads = HeadCheck(keys, start, self.faults, unsigned)
        self.waiting = 0
        self._heads: list[Head] = []
        self._changed: dict[Tile, bytes] = {}

    async def take(self, batches: Sequence[Any]) -> bool:
        """The next batches, in order of number. False when something is missing that leaves no way on."""
        rows = await rows_of(self._connection, batches)
        last = max(batch.first_number + len(rows[batch.batch]) for batch in batches)
        last = min(last, self.tree.size + sum(map(len, rows.values())) + WIDTH)
        tiles = await self._leaves_kept(last)
        self._heads = await _heads(self._connection, self.tree.size, last)
        for batch in batches:
            if not self._fill(batch.first_number, tiles):
                return False
            if leaves := self._as_it_was(batch, rows[batch.batch], tiles):
                self._append(leaves)
            else:
                self._judge(batch, rows[batch.batch], tiles)
        await self._compare()
        return True

    async def _leaves_kept(self, last: int) -> "_Leaves":
        places = range(self.tree.size // WIDTH, (last - 1) // WIDTH + 1)
        tiles = await tiles_at(self._connection, [Tile(0, place) for place in places])
        return _Leaves(places.start * WIDTH, [tiles.get(Tile(0, place), b"") for place in places])

    def _as_it_was(self, batch: Any, rows: Sequence[Any], kept: "_Leaves") -> bytes | None:
        """The leaf hashes of a batch of which nothing is wrong."""
        computed = []
        for row in rows:
            _, _, record, kind, event_key, leaf, *_ = row
            if record is None:
                return None
            computed.append(hashed := leaf_hash(record))
            if hashed != leaf or not says_plainly(record, kind, event_key):
                return None
            if kind == "event-routed" and not _tells(row):
                return None
        leaves, number = b"".join(computed), batch.first_number
        is_kept = leaves == batch.leaf_hashes == kept.some(number, len(rows))
        return leaves if is_kept and number == self.tree.size else None

    def _judge(self, batch: Any, rows: Sequence[Any], kept: "_Leaves") -> None:
        """Takes the records one by one, and says what is wrong with each."""
        hashes = hashes_in(bytes(batch.leaf_hashes))
        for place, row in enumerate(rows):
            number = batch.first_number + place
            if number < self.tree.size:
                self.faults.add(f"record {number} is er twee keer")
                continue
            in_batch = hashes[place] if place < len(hashes) else b""
            self._append(judged_leaf(number, _kept(row), in_batch, kept.one(number), self.faults))
            if row["kind"] == "event-routed" and not _tells(row):
                self.faults.add(f"record {number} hoort bij een gebeurtenis die veranderd of weg is")

    def _fill(self, until: int, kept: "_Leaves") -> bool:
        """Goes past numbers that no batch has; the tree knows what stood there."""
        if until > self.tree.size:
            which = f"{self.tree.size}" if until == self.tree.size + 1 else f"{self.tree.size} tot {until}"
            self.faults.add(f"record {which} ontbreekt")
        while self.tree.size < until:
            leaf = kept.one(self.tree.size)
            if leaf is None:
                return False
            self._append(leaf)
        return True

    def _append(self, leaves: bytes) -> None:
        """Grows the tree, and checks the heads on the way."""
        end = self.tree.size + len(leaves) // _HASH
        while self._heads and self._heads[0].size <= end:
            head = self._heads.pop(0)
            room = (head.size - self.tree.size) * _HASH
            self._changed |= self.tree.add(leaves[:room])
            leaves = leaves[room:]
            self.heads.take(head, self.tree.root())
        self._changed |= self.tree.add(leaves)

    async def _compare(self) -> None:
        """Compares the tiles that are full, above those of the records."""
        full = {t: hashes for t, hashes in self._changed.items() if t.level and len(hashes) == _HASH * WIDTH}
        self._changed.clear()
        kept = await tiles_at(self._connection, full) if full else {}
        for tile, hashes in full.items():
            if kept.get(tile) != hashes:
                self.faults.add(f"de boom klopt niet: tegel {tile.level}/{tile.place}")

    async def end(self) -> None:
        """What is left when all numbers were read."""
        edge = self.tree.edge()
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
        if not newest and await has_tree(self._connection):
            self.faults.add(
                "er is geen enkele boomkop, en wel een nummer, een sleutel of een deel van de boom"
            )
        async for batches in unnumbered_pages(self._connection):
            await self._check_unnumbered(batches)
        async for fault in loose_faults(self._connection):
            self.faults.add(fault)

    async def _check_unnumbered(self, batches: Sequence[Any]) -> None:
        rows = await rows_of(self._connection, batches)
        for batch in batches:
            hashes = hashes_in(bytes(batch.leaf_hashes))
            self.waiting += len(rows[batch.batch])
            for place, row in enumerate(rows[batch.batch]):
                key, kept = row["record_key"], _kept(row)
                if kept is None:
                    self.faults.add(f"record {key}, nog zonder nummer, ontbreekt")
                    continue
                wrong = list(faults_of_record(kept, leaf_hash(kept.record)))
                if not wrong and hashes[place : place + 1] != [kept.leaf]:
                    wrong = ["is veranderd"]
                for what in wrong:
                    self.faults.add(f"record {key}, nog zonder nummer, {what}")


class _Leaves:
    """The leaf hashes as the tree keeps them, from the start of a tile on."""

    def __init__(self, start: int, tiles: Sequence[bytes]):
        """`tiles`: in order; what a tile lacks is nowhere else."""
        self._start = start
        self._tiles = [tile[: WIDTH * _HASH].ljust(WIDTH * _HASH, b"\0") for tile in tiles]
        self._lengths = [len(tile) // _HASH for tile in tiles]
        self._joined = b"".join(self._tiles)

    def some(self, number: int, count: int) -> bytes:
        """So many from a number on."""
        place = (number - self._start) * _HASH
        return self._joined[place : place + count * _HASH]

    def one(self, number: int) -> bytes | None:
        """The leaf hash at a number; None when the tree lacks it."""
        tile, place = divmod(number - self._start, WIDTH)
        is_there = 0 <= tile < len(self._lengths) and place < self._lengths[tile]
        return self.some(number, 1) if is_there else None


async def _begun(
    connection: AsyncConnection, since: TreeHead | None, key: Verifier | None, unsigned: int
) -> _Checking:
    keys, wrong = await keyring(connection)
    newest = await connection.scalar(select(func.max(_head.size))) or 0
    if key is not None and key not in keys.keys and (keys.keys or newest > unsigned):
        wrong.append(f"het grootboek is niet ondertekend met de sleutel die u kent: {key}")
    edge = await tiles_at(connection, edge_of(since.size)) if since and since.size else {}
    try:
        check = _Checking(connection, since.size if since else 0, edge, keys, unsigned)
    except LookupError:
        check = _Checking(connection, 0, {}, keys, unsigned)
    if since and (check.tree.size, check.tree.root()) != (since.size, since.root):
        wrong.append(f"het grootboek begint niet met de {since.size} records van uw boomkop")
    for fault in wrong:
        check.faults.add(fault)
    return check


async def _heads(connection: AsyncConnection, after: int, until: int) -> list[Head]:
    query = select(_head.size, _head.root, _head.note, _head.made_at).where(
        _head.size > after, _head.size <= until
    )
    rows = await connection.execute(query.order_by(_head.size))
    return [Head(row.size, bytes(row.root), row.note, row.made_at) for row in rows]


def _kept(row: Any) -> Kept | None:
    """A record with what is kept beside it; None when it is not there."""
    if row["record"] is None:
        return None
    return Kept(row["record"], row["kind"], row["event_key"], row["leaf_hash"])


def _tells(row: Any) -> bool:
    return is_told(row["record"], KeptEvent(*row[6:]))
