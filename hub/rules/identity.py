"""Who an event is: one key for (source, id), one hash for its content."""

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
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
        # For most values the standard library writes the same, many times as fast.
        with suppress(ValueError):
            plain = _PLAIN.encode(value)
            if plain.isascii() and not _FRACTION_OR_LARGE.search(f"[{plain}"):
                return plain.encode()
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError):
        raise Refused([Problem("", "number", "bevat een getal dat niet elk systeem gelijk leest")]) from None


_PLAIN = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
_FRACTION_OR_LARGE = re.compile(r"[:,\[](?<!\w:)-?\d+(?:[.eE]|(?<=\d{15})\d)")
"""A number whose form is a matter of rules, or what looks like one inside a text."""


class Json(str):
    """JSON that is canonical already."""

    __slots__ = ()


def canonical_object(members: Mapping[str, Any]) -> bytes:
    """Canonical JSON of an object; members that are `Json` stand in it as they are. Names are ASCII."""
    encoded = (
        f"{_PLAIN.encode(name)}:{value if isinstance(value, Json) else canonical(value).decode()}"
        for name, value in sorted(members.items())
    )
    return f"{{{','.join(encoded)}}}".encode()


def present(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """An event's attributes; those of null are absent."""
    return {name: value for name, value in attributes.items() if value is not None}


def content_hash(attributes: dict[str, Any]) -> bytes:
    """SHA-256 over the canonical JSON of an event's attributes and data; attributes of null are absent."""
    return hashlib.sha256(canonical(present(attributes))).digest()
