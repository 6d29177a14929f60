"""What a record says, as the bytes that are hashed and kept."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain
from operator import itemgetter
from types import GenericAlias
from typing import Annotated, Any
from uuid import UUID

import msgspec
import orjson

from hub.rules.identity import Json, canonical_object, canonical_text
from hub.rules.ledger.heads import written
from schemas.problems import Refused

SCHEMA_VERSION = 3
RECEIVED = "event-received"
SALT_BYTES = 16
_OWN = 5
_facts_of = itemgetter(4)
_FLAT = frozenset({str, int, bool, type(None), Json})
"""What orjson writes as RFC 8785 does: numbers with a fraction it does not, names in UTF-16 order neither."""
_OPTIONS = (
    orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER | orjson.OPT_UTC_Z | orjson.OPT_PASSTHROUGH_SUBCLASS
)
_Integer = Annotated[int, msgspec.Meta(ge=1 - 2**53, le=2**53 - 1)]
_DEEPEST = 6
Told = tuple[str, object, UUID | None, datetime, Mapping[str, Any]]
"""What a record is of: its kind, what makes it one (it does not say that), event, moment and facts."""


def records_of(told: Sequence[Told], salts: Iterable[str]) -> list[bytes]:
    """The records in canonical JSON (RFC 8785). The salt of each, 16 random bytes in hexadecimal, keeps who
    holds its hash, from a proof of another record, from guessing it. Names of facts are ASCII words. Raises
    ValueError when a fact has a name of the record's own, and Refused for numbers that JSON systems do not
    agree on."""
    said = [
        {
            "schema": SCHEMA_VERSION,
            "kind": kind,
            "event": event_key,
            "at": at if at.tzinfo is UTC else at.astimezone(UTC),
            "salt": salt,
            **facts,
        }
        for (kind, _, event_key, at, facts), salt in zip(told, salts, strict=True)
    ]
    facts_of = [*map(_facts_of, told)]
    if sum(map(len, said)) != sum(map(len, facts_of)) + _OWN * len(said):
        raise ValueError(f"facts may not be named as what each record says: {sorted(set().union(*facts_of))}")
    # All at once, as nearly always none has anything that orjson would write otherwise.
    if (made := _plainly(said, facts_of)) is not None:
        return made
    each = zip(said, facts_of, strict=True)
    return [(_plainly([one], [facts]) or [_by_the_rules(one)])[0] for one, facts in each]


def _plain_value(depth: int) -> Any:
    """The type of what orjson writes as RFC 8785 does, in so many lists and objects at most."""
    flat: Any = str | _Integer | bool | None
    if not depth:
        return flat
    inner = _plain_value(depth - 1)
    return flat | GenericAlias(list, inner) | GenericAlias(dict, (str, inner))


_plain_object = msgspec.json.Decoder(GenericAlias(dict, (str, _plain_value(_DEEPEST)))).decode


def received_records(
    keys: Sequence[str],
    contents: Iterable[str],
    publishers: Sequence[str],
    at: datetime,
    salts: Iterable[str],
) -> list[bytes]:
    """What `records_of` makes of contents that came in at one moment, all of one form, in a quarter of the
    time: the event key of each, the hash of its content and its salt in hexadecimal, and its publisher."""
    head = f'{{"at":{_written(at)},"content":"'
    kind = f'","kind":{_written(RECEIVED)},"publisher":'
    after_key = {one: f'{kind}{_written(one)},"salt":"' for one in set(publishers)}
    tail = f'","schema":{SCHEMA_VERSION}}}'
    return [
        f'{head}{content}","event":"{key}{after_key[publisher]}{salt}{tail}'.encode()
        for key, content, publisher, salt in zip(keys, contents, publishers, salts, strict=True)
    ]


def _written(value: str | datetime) -> str:
    return orjson.dumps(value if isinstance(value, str) else value.astimezone(UTC), None, _OPTIONS).decode()


def is_canonical(record: bytes) -> bool:
    """Whether a record is an object in canonical JSON, as `records_of` makes them."""
    if record.isascii():
        # Then the order of names in UTF-16 is that of their bytes.
        with suppress(msgspec.DecodeError):
            return orjson.dumps(_plain_object(record), None, _OPTIONS) == record
    # Also a number with a fraction, and more levels.
    try:
        said = orjson.loads(record)
        return isinstance(said, dict) and canonical_text(said).encode() == record
    except (ValueError, TypeError, Refused):
        return False


def _plainly(said: Sequence[dict[str, Any]], facts_of: Sequence[Mapping[str, Any]]) -> list[bytes] | None:
    """What orjson writes; None where that may not be what RFC 8785 says."""
    if not _FLAT.issuperset(map(type, chain.from_iterable([facts.values() for facts in facts_of]))):
        return None
    try:
        return [orjson.dumps(one, _itself, _OPTIONS) for one in said]
    except orjson.JSONEncodeError:
        # A large number or half a character: what RFC 8785 says of it, its own library knows.
        return None


def _by_the_rules(said: dict[str, Any]) -> bytes:
    event_key = str(said["event"]) if said["event"] else None
    return canonical_object(said | {"event": event_key, "at": written(said["at"])})


def _itself(value: Any) -> Any:
    """A Json as it is; a key of another make than the standard library's as its text."""
    return orjson.Fragment(value.encode()) if type(value) is Json else str(value)
