"""The ledger's tree: its heads, its tiles, and the proofs made of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.ledger.paths import Range, consistency_path, inclusion_path, proves_consistency
from hub.rules.ledger.tiles import Tile, proof, tiles_of
from hub.store import tables
from hub.store.tables.ledger import counts

_head, _batch = tables.tree_head.c, tables.ledger_batch.c
_TILES_KEPT = 64
_KEEP = text(
    """
    INSERT INTO ledger_tile (level, place, hashes)
    SELECT * FROM unnest(CAST(:level AS smallint[]), CAST(:place AS bigint[]), CAST(:hashes AS bytea[]))
    ON CONFLICT (level, place) DO UPDATE SET hashes = excluded.hashes
    """
)


# As text, and made once: what a query costs to put together, a proof and each head would pay every time.
_TILES = text(
    """
    SELECT t.level, t.place, t.hashes
    FROM unnest(CAST(:level AS smallint[]), CAST(:place AS bigint[])) AS wanted (level, place)
    JOIN ledger_tile t USING (level, place)
    """
)
_NEWEST = select(tables.tree_head).order_by(_head.size.desc()).limit(1)


async def find_head(connection: AsyncConnection) -> Row[Any] | None:
    """The newest tree head: size, root, note, made_at."""
    return (await connection.execute(_NEWEST)).first()


async def find_signed_head(connection: AsyncConnection) -> Row[Any] | None:
    """The newest head that is signed."""
    return (await connection.execute(_NEWEST.where(_head.note.is_not(None)))).first()


async def notes_at(connection: AsyncConnection, sizes: Collection[int]) -> dict[int, str]:
    """The signed notes of the heads of these sizes."""
    query = select(_head.size, _head.note).where(_head.size.in_(sizes), _head.note.is_not(None))
    return {row.size: row.note for row in await connection.execute(query)}


async def tiles_at(connection: AsyncConnection, places: Iterable[Tile]) -> dict[Tile, bytes]:
    """The tiles that are kept at these places."""
    if not (wanted := list(places)):
        return {}
    levels, at = zip(*wanted, strict=True)
    rows = await connection.execute(_TILES, {"level": list(levels), "place": list(at)})
    return {Tile(level, place): hashes for level, place, hashes in rows}


async def keep_tiles(connection: AsyncConnection, tiles: Mapping[Tile, bytes]) -> None:
    """Keeps new tiles, and those that grew."""
    levels, places = zip(*tiles, strict=True)
    columns = {"level": list(levels), "place": list(places), "hashes": list(tiles.values())}
    await connection.execute(_KEEP, columns)


async def prove_inclusion(connection: AsyncConnection, number: int, size: int) -> list[bytes]:
    """Proves that a record is in the tree of `size` records. Raises LookupError when tiles are missing."""
    return await _prove(connection, inclusion_path(number, size))


async def prove_consistency(connection: AsyncConnection, old: int, new: int) -> list[bytes]:
    """Proves that the tree of `new` records begins with that of `old`. Raises LookupError when tiles are
    missing."""
    return await _prove(connection, consistency_path(old, new))


async def _prove(connection: AsyncConnection, path: Sequence[Range]) -> list[bytes]:
    return proof(path, await tiles_at(connection, tiles_of(path)))


async def left_since(
    connection: AsyncConnection, size: int, root: bytes, now: int, now_root: bytes
) -> str | None:
    """How the tree of `now` records does not go on from one of `size` that was signed, in Dutch; None: it
    does."""
    if now < size:
        return f"er waren {size} records ondertekend, en nu zijn er {now}"
    try:
        proof = await prove_consistency(connection, size, now)
    except LookupError:
        proof = []
    if proves_consistency(size, now, root, now_root, proof):
        return None
    return f"de eerste {size} records zijn niet meer wat wij ondertekenden"


class Prover:
    """Proves many records to be in the tree of one size; tiles that were read are kept for a while."""

    def __init__(self, connection: AsyncConnection, size: int):
        self._connection = connection
        self._size = size
        self._tiles: dict[Tile, bytes] = {}

    async def prove(self, number: int) -> list[bytes]:
        """As `prove_inclusion`."""
        path = inclusion_path(number, self._size)
        if missing := tiles_of(path) - self._tiles.keys():
            if len(self._tiles) > _TILES_KEPT:
                self._tiles.clear()
                missing = tiles_of(path)
            self._tiles |= await tiles_at(self._connection, missing)
        return proof(path, self._tiles)


async def find_number(connection: AsyncConnection, leaf: bytes) -> tuple[bool, int | None]:
    """Whether a receipt's leaf is in the ledger, where what was set aside is not, and its number once it has
    one."""
    ledger = tables.ledger.c
    query = (
        select(ledger.record_key, _batch.record_keys, _batch.first_number)
        .join(tables.ledger_batch, _batch.batch == ledger.batch)
        .where(ledger.leaf_hash == leaf, ledger.kind == "event-received", counts(ledger.batch))
    )
    row = (await connection.execute(query)).first()
    if row is None or row.first_number is None:
        return row is not None, None
    return True, row.first_number + row.record_keys.index(row.record_key)
