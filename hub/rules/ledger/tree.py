"""The hashes of the Merkle tree over ledger records (RFC 9162)."""

import hashlib
from collections.abc import Iterable

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(record: bytes) -> bytes:
    """SHA-256(0x00 || record); `record` is canonical JSON."""
    return hashlib.sha256(b"\x00" + record).digest()


def leaf_hashes(records: Iterable[bytes]) -> list[bytes]:
    """The leaf hash of each of these records."""
    sha256 = hashlib.sha256
    return [sha256(b"\x00" + record).digest() for record in records]


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()
