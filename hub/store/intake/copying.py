"""Claims as PostgreSQL's binary COPY takes them; `hub.store.ledger.copying` does the same for the ledger."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct

CLAIM_COLUMNS = ("event_key", "content_hash", "accepted_at", "publisher", "salt")
_length = Struct(">i").pack
_moment = Struct(">iq").pack
_FIVE_WITH_KEY = b"\x00\x05" + _length(16)
_LENGTH_OF_HASH = _length(32)
_BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
"""Of time, for PostgreSQL, which counts microseconds."""
_PARTS = 6


def claim_rows(
    keys: Sequence[bytes],
    hashes: Sequence[bytes],
    now: datetime,
    publishers: Sequence[str],
    salts: Sequence[bytes],
) -> bytes:
    """Rows of claims that all are of now. Hashes are of 32 bytes, salts of 16."""
    at = _moment(8, (now - _BEGIN) // timedelta(microseconds=1))
    fields = {name: at + _length(len(word := name.encode())) + word + _length(16) for name in set(publishers)}
    parts = [b""] * (_PARTS * len(keys))
    parts[0::_PARTS] = [_FIVE_WITH_KEY] * len(keys)
    parts[1::_PARTS] = keys
    parts[2::_PARTS] = [_LENGTH_OF_HASH] * len(keys)
    parts[3::_PARTS] = hashes
    parts[4::_PARTS] = [fields[name] for name in publishers]
    parts[5::_PARTS] = salts
    return b"".join(parts)
