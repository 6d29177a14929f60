"""The Merkle tree over ledger records (RFC 9162 hashing), kept as the roots of its full subtrees."""

import hashlib
from typing import NamedTuple

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(record: bytes) -> bytes:
    """SHA-256(0x00 || record); `record` is canonical JSON."""
    return hashlib.sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree(NamedTuple):
    """A tree of `size` leaves as its full subtrees, largest first: one for each bit of `size`."""

    size: int = 0
    subtrees: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> "Tree":
        """The tree with one leaf more."""
        subtrees, node, size = list(self.subtrees), leaf, self.size
        while size & 1:
            node = node_hash(subtrees.pop(), node)
            size >>= 1
        return Tree(self.size + 1, (*subtrees, node))

    def root(self) -> bytes:
        """The tree head's hash."""
        if not self.subtrees:
            return EMPTY_ROOT
        *larger, node = self.subtrees
        for left in reversed(larger):
            node = node_hash(left, node)
        return node
