"""What a record says, as the bytes that are hashed and kept."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from hub.rules.identity import Json, canonical_object
from hub.rules.ledger.heads import written

SCHEMA_VERSION = 3
SALT_BYTES = 16
_OWN = 5
_FLAT = frozenset({str, int, bool, type(None), Json})
"""What orjson writes as RFC 8785 does: numbers with a fraction it does not, names in UTF-16 order neither."""
_OPTIONS = (
    orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER | orjson.OPT_UTC_Z | orjson.OPT_PASSTHROUGH_SUBCLASS
)


def record_of(kind: str, event_key: UUID | None, at: datetime, facts: Mapping[str, Any], salt: str) -> bytes:
    """The record in canonical JSON (RFC 8785). `salt`, 16 random bytes in hexadecimal, keeps who holds its
    hash, from a proof of another record, from guessing it. Names of facts are ASCII words. Raises ValueError
    when a fact has a name of the record's own, and Refused for numbers that JSON systems do not agree on."""
    said = {
        "schema": SCHEMA_VERSION,
        "kind": kind,
        "event": event_key,
        "at": at if at.tzinfo is UTC else at.astimezone(UTC),
        "salt": salt,
        **facts,
    }
    if len(said) != _OWN + len(facts):
        raise ValueError(f"facts may not be named as what each record says: {sorted(facts)}")
    if _FLAT.issuperset(map(type, facts.values())):
        try:
            return orjson.dumps(said, default=_itself, option=_OPTIONS)
        except orjson.JSONEncodeError:
            # A large number or half a character: what RFC 8785 says of it, its own library knows.
            pass
    return canonical_object(said | {"event": str(event_key) if event_key else None, "at": written(at)})


def _itself(value: Any) -> Any:
    """A Json as it is; a key of another make than the standard library's as its text."""
    return orjson.Fragment(value.encode()) if type(value) is Json else str(value)
