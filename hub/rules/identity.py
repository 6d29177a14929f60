"""Who an event is: one key for (source, id), one hash for its content."""

import hashlib
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring
from typing import Any, cast
from uuid import UUID, SafeUUID

import rfc8785

from schemas.problems import Problem, Refused
from schemas.strict_json import plainly_written

_NAMESPACE = UUID("6f6bd1ce-2d5f-5c8e-9b5a-2f5f8b1f6d11").bytes
_VERSION = bytes(0x50 | n & 0x0F for n in range(256))
_VARIANT = bytes(0x80 | n & 0x3F for n in range(256))
_DIGEST = 20
_KEPT = ~(0xF << 76 | 0xC << 60)
_SET = 5 << 76 | 0x8 << 60
_set = object.__setattr__
_UNKNOWN = SafeUUID.unknown  # looked up once: an enum takes its time


def event_key(source: str, event_id: str) -> UUID:
    """The key of an event in every table: the same for the same (source, id), for ever."""
    return _key(f"{source}\n{event_id}")


def derived_key(*parts: object) -> UUID:
    """A key that the same parts always give: so a step done twice meets its own first result."""
    return _key("\n".join(("derived", *map(str, parts))))


def derived_keys(names: Iterable[Iterable[object]]) -> list[bytes]:
    """The keys of many such names, each of a part or more, as their 16 bytes."""
    sha1, head = hashlib.sha1, _NAMESPACE + b"derived\n"
    each = [sha1(head + "\n".join(map(str, parts)).encode()).digest() for parts in names]
    digests = bytearray(b"".join(each))
    digests[6::_DIGEST] = digests[6::_DIGEST].translate(_VERSION)
    digests[8::_DIGEST] = digests[8::_DIGEST].translate(_VARIANT)
    made = bytes(digests)
    return [made[place : place + 16] for place in range(0, len(made), _DIGEST)]


def _key(name: str) -> UUID:
    """A name-based UUID, version 5 (RFC 9562): what `uuid.uuid5` makes, in a quarter of the time."""
    number = int.from_bytes(hashlib.sha1(_NAMESPACE + name.encode()).digest()[:16])  # noqa: S324
    made = object.__new__(UUID)
    # As the class does for itself: it lets nothing be set, and its own way asks in which form a key is given.
    _set(made, "int", number & _KEPT | _SET)
    _set(made, "is_safe", _UNKNOWN)
    return made


def canonical(value: Any) -> bytes:
    """RFC 8785 canonical JSON. Raises `Refused` for numbers that JSON systems do not agree on, and for half a
    character."""
    try:
        plain = plainly_written(value)
        return plain if plain is not None else rfc8785.dumps(value)
    except UnicodeError:
        # Of a name; of a value its library says the same as of a number.
        raise Refused([Problem("", "utf8", "is geen geldige UTF-8")]) from None
    except (rfc8785.CanonicalizationError, RecursionError):
        raise Refused([Problem("", "number", "bevat een getal dat niet elk systeem gelijk leest")]) from None


class Json(str):
    """JSON that is canonical already."""

    __slots__ = ()


def canonical_text(value: Any) -> str:
    """The same as text."""
    return canonical(value).decode()


def canonical_object(members: Mapping[str, Any]) -> bytes:
    """Canonical JSON of an object; members that are `Json` stand in it as they are. Names are ASCII words."""
    encoded = [f'"{name}":{_member(value)}' for name, value in sorted(members.items())]
    return f"{{{','.join(encoded)}}}".encode()


def _member(value: Any) -> str:
    """The same as `canonical_text`, many times as fast for the values that most members have."""
    kind = type(value)
    if kind is Json:
        return cast(Json, value)
    if kind is str and value.isascii():
        return encode_basestring(value)
    if kind is int and -(10**15) < value < 10**15:
        return str(value)
    return "null" if value is None else canonical_text(value)


def present(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """An event's attributes; those of null are absent."""
    return {name: value for name, value in attributes.items() if value is not None}


def content_hash(attributes: dict[str, Any]) -> bytes:
    """SHA-256 over the canonical JSON of an event's attributes and data; attributes of null are absent."""
    return hashlib.sha256(canonical(present(attributes))).digest()
