"""Who an event is: one key for (source, id), one hash for its content."""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from typing import Any
from uuid import UUID, uuid5

import rfc8785

from schemas.problems import Problem, Refused

_NAMESPACE = UUID("6f6bd1ce-2d5f-5c8e-9b5a-2f5f8b1f6d11")


def event_key(source: str, event_id: str) -> UUID:
    """The key of an event in every table: the same for the same (source, id), for ever."""
    return uuid5(_NAMESPACE, f"{source}\n{event_id}")


def derived_key(*parts: object) -> UUID:
    """A key that the same parts always give: so a step done twice meets its own first result."""
    return uuid5(_NAMESPACE, "\n".join(["derived", *(str(part) for part in parts)]))


def canonical(value: Any) -> bytes:
    """RFC 8785 canonical JSON. Raises `Refused` for numbers that JSON systems do not agree on."""
    try:
        if _is_plain(value):
            with suppress(UnicodeEncodeError):
                return _PLAIN.encode(value).encode()
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError):
        raise Refused([Problem("", "number", "bevat een getal dat niet elk systeem gelijk leest")]) from None


_PLAIN = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_SAFE_INTEGER = 2**53


def _is_plain(value: Any) -> bool:
    """Whether the standard library writes this as RFC 8785 asks, many times as fast: without fractions, and
    without names outside ASCII, which it would put in another order."""
    if isinstance(value, str) or value is None:
        return True
    if isinstance(value, dict):
        return all(map(str.isascii, value)) and _are_plain(value.values())
    if isinstance(value, list | tuple):
        return _are_plain(value)
    return isinstance(value, int) and -_SAFE_INTEGER < value < _SAFE_INTEGER


def _are_plain(values: Iterable[Any]) -> bool:
    return all(map(_is_simple, {*map(type, values)})) or all(map(_is_plain, values))


@cache
def _is_simple(kind: type) -> bool:
    return kind in (bool, type(None)) or issubclass(kind, str)


def content_hash(attributes: dict[str, Any]) -> bytes:
    """SHA-256 over the canonical JSON of an event's attributes and data; attributes of null are absent."""
    present = {name: value for name, value in attributes.items() if value is not None}
    return hashlib.sha256(canonical(present)).digest()
