"""The tree in tiles of 256 hashes, as C2SP tlog-tiles cuts it: what a proof needs stands in a few of them.

Tile `(level, place)` holds the hashes of the nodes at `8 * level` from `256 * place` on, 32 bytes each."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from hub.rules.ledger.paths import Node, Range, fold
from hub.rules.ledger.tree import node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
_HASH = 32


class Tile(NamedTuple):
    """The place of a tile."""

    level: int
    place: int


def tile_of(node: Node) -> Tile:
    """The tile from which a node's hash can be computed."""
    level, height = divmod(node.level, HEIGHT)
    return Tile(level, node.place << height >> HEIGHT)


def tiles_of(path: Sequence[Range]) -> set[Tile]:
    """The tiles that a path needs."""
    return {tile_of(node) for some in path for node in some}


def node_in(hashes: bytes, node: Node) -> bytes:
    """The hash of a node, from the hashes of its tile. Raises LookupError when the tile is too short."""
    height = node.level % HEIGHT
    row = _rows(hashes)[height]
    place = (node.place << height) % WIDTH >> height
    if place >= len(row):
        raise LookupError(f"the tile of {node} is too short")
    return row[place]


@lru_cache(maxsize=64)
def _rows(hashes: bytes) -> list[list[bytes]]:
    """The hashes of a tile, and those of the full subtrees in it, row above row."""
    rows = [hashes_in(hashes)]
    for _ in range(HEIGHT):
        below = rows[-1]
        rows.append([node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
    return rows


def hashes_in(hashes: bytes) -> list[bytes]:
    """The hashes of a tile, one by one."""
    return [hashes[i : i + _HASH] for i in range(0, len(hashes), _HASH)]


def proof(path: Sequence[Range], tiles: Mapping[Tile, bytes]) -> list[bytes]:
    """The hashes of a proof. Raises LookupError when the tiles lack something."""
    return [fold([node_in(tiles[tile_of(node)], node) for node in some]) for some in path]


def edge_of(size: int) -> set[Tile]:
    """The tiles that are not full in a tree of this size: those from which it grows on."""
    edge, level = set(), 0
    while size >> HEIGHT * level:
        if (size >> HEIGHT * level) % WIDTH:
            edge.add(Tile(level, size >> HEIGHT * (level + 1)))
        level += 1
    return edge


class Growing:
    """A tree that grows: its size and the tiles at its edge. Each node is hashed once."""

    def __init__(self, size: int, edge: Mapping[Tile, bytes]):
        """`edge`: the tiles that `edge_of` names; what is too long is cut off. Raises LookupError."""
        self.size = size
        self._open: dict[int, bytearray] = {}
        self._subtrees: dict[int, list[bytes]] = {}
        for tile in edge_of(size):
            hashes = edge[tile][: (size >> HEIGHT * tile.level) % WIDTH * _HASH]
            if len(hashes) != (size >> HEIGHT * tile.level) % WIDTH * _HASH:
                raise LookupError(f"{tile} is too short")
            self._open[tile.level] = bytearray(hashes)
            self._subtrees[tile.level] = _subtrees([], 0, hashes)

    def add(self, leaves: bytes) -> dict[Tile, bytes]:
        """Appends leaf hashes, joined; the tiles that changed, each as it is now."""
        changed: dict[Tile, bytes] = {}
        position = 0
        while position < len(leaves):
            room = (WIDTH - self.size % WIDTH) * _HASH
            some = leaves[position : position + room]
            self._extend(0, some, self.size, changed)
            self.size += len(some) // _HASH
            position += len(some)
        return changed

    def _extend(self, level: int, hashes: bytes, position: int, changed: dict[Tile, bytes]) -> None:
        there = self._open.setdefault(level, bytearray())
        subtrees = _subtrees(self._subtrees.pop(level, []), len(there) // _HASH, hashes)
        there += hashes
        changed[Tile(level, position >> HEIGHT)] = bytes(there)
        if len(there) == WIDTH * _HASH:
            there.clear()
            self._extend(level + 1, subtrees[0], position >> HEIGHT, changed)
        else:
            self._subtrees[level] = subtrees

    def edge(self) -> dict[Tile, bytes]:
        """The tiles that are not full."""
        return {
            Tile(level, self.size >> HEIGHT * (level + 1)): bytes(hashes)
            for level, hashes in self._open.items()
            if hashes
        }

    def root(self) -> bytes:
        """The hash of the whole tree."""
        return fold(
            [node for level in sorted(self._subtrees, reverse=True) for node in self._subtrees[level]]
        )


def _subtrees(before: list[bytes], place: int, hashes: bytes) -> list[bytes]:
    """The full subtrees in a tile of `place` hashes, largest first, when more hashes come to it."""
    if not before and len(hashes) == WIDTH * _HASH:
        return [_root(hashes)]
    subtrees = list(before)
    for start in range(0, len(hashes), _HASH):
        node, index = hashes[start : start + _HASH], place
        while index & 1:
            node, index = node_hash(subtrees.pop(), node), index >> 1
        subtrees.append(node)
        place += 1
    return subtrees


def _root(hashes: bytes) -> bytes:
    """The root of the full subtree with these leaf hashes."""
    while len(hashes) > _HASH:
        pairs = range(0, len(hashes), 2 * _HASH)
        hashes = b"".join([sha256(b"\x01" + hashes[start : start + 2 * _HASH]).digest() for start in pairs])
    return hashes


def count_of(size: int) -> int:
    """How many tiles a tree of this size has."""
    count = 0
    while size:
        count += -(-size // WIDTH)
        size //= WIDTH
    return count
