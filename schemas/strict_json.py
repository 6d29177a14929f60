"""JSON as it comes in, read strictly: once by orjson where that is sure to be as strict, and else closely."""

import json
import math
from typing import Any, NamedTuple

import orjson
from pydantic_core import SchemaValidator, core_schema

from schemas.problems import Problem, Refused


class Read(NamedTuple):
    """The attributes of an event, and the same in canonical JSON (RFC 8785) where reading gave that too."""

    attributes: Any
    written: bytes | None = None


def strict_json(body: bytes) -> Any:
    """Strict JSON: UTF-8, also where characters are escaped; no doubled names, no NaN, no endless numbers."""
    return read_json(body).attributes


def read_json(body: bytes) -> Read:
    """The same, as an event is read. Raises Refused."""
    return _soon_read(body) or Read(_closely_read(body))


def read_json_list(body: bytes) -> list[Read] | None:
    """Each member of a list, as an event is read; None: it is no list. Raises Refused."""
    read = _soon_read_list(body)
    if read is not None:
        return read
    value = _closely_read(body)
    return [*map(Read, value)] if isinstance(value, list) else None


def _soon_read(body: bytes) -> Read | None:
    """What orjson reads, where that is the same and surely strict; None where it must be read closely: it
    passes over a doubled name, and makes an endless number of a large one.

    Of a name that came twice one is left, so that what is read has fewer quotes than what came."""
    try:
        value = orjson.loads(body)
        written = _soon_written(value)
        if written is not None and _quotes(written) == _quotes(body):
            return Read(value, written if _is_in_order(written) else None)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):
        pass
    return None


def _soon_read_list(body: bytes) -> list[Read] | None:
    """The same of each member of a list."""
    try:
        value = orjson.loads(body)
        if type(value) is not list:
            return None
        each = [written for one in value if (written := _soon_written(one)) is not None]
        if len(each) == len(value) and sum(map(_quotes, each)) == _quotes(body):
            return [
                Read(one, written if _is_in_order(written) else None)
                for one, written in zip(value, each, strict=True)
            ]
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):
        pass
    return None


def _soon_written(value: Any) -> bytes | None:
    """What orjson read, as it writes it; None where there are numbers with a fraction in it."""
    written = orjson.dumps(value, option=_CANONICAL)
    return None if _may_hold_fraction(value, written) and not is_plain(value) else written


def _may_hold_fraction(value: Any, written: bytes) -> bool:
    """Most events hold no number at all. An endless one is written as null."""
    return (
        type(value) not in _HOLDERS
        or b"null" in written
        or _NUMBER_OF_NAME.isinstance_python(written)
        or _NUMBER_IN_LIST.isinstance_python(written)
    )


# The search of pydantic takes a third of the time of a look at each value.
_NUMBER_OF_NAME = SchemaValidator(core_schema.str_schema(pattern='":[-0-9]'))
_NUMBER_IN_LIST = SchemaValidator(core_schema.str_schema(pattern=r"[,\[][-0-9]"))


def plainly_written(value: Any) -> bytes | None:
    """Canonical JSON (RFC 8785) as orjson writes it, many times as fast as by the rules; None where that may
    not be the same: for numbers whose form is a matter of rules, and names that code points and UTF-16 may
    order otherwise. Raises RecursionError."""
    if not is_plain(value):
        return None
    try:
        written = orjson.dumps(value, option=_CANONICAL)
    except orjson.JSONEncodeError:
        return None
    return written if _is_in_order(written) else None


_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
"""Refuses a number beyond what 53 bits hold, half a character, and a name that is no text."""


def _is_in_order(written: bytes) -> bool:
    return written.isascii() or max(written.decode()) < "\ud800"


def _quotes(text: bytes) -> int:
    """How many there are around texts."""
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    return text.count(b'"')


def is_plain(value: Any) -> bool:
    """Whether there is nothing in it but objects, lists, texts, whole numbers, yes, no and null."""
    kind = type(value)
    if kind not in _HOLDERS:
        return kind in _LEAVES
    inner = value.values() if kind is dict else value
    kinds = set(map(type, inner))
    if kinds <= _LEAVES:
        return True
    if not kinds <= _PLAIN:
        return False
    for one in inner:  # noqa: SIM110 - a generator would take twice as long
        if type(one) in _HOLDERS and not is_plain(one):
            return False
    return True


_LEAVES = frozenset({str, int, bool, type(None)})
_HOLDERS = frozenset({dict, list})
_PLAIN = _LEAVES | _HOLDERS


def _closely_read(body: bytes) -> Any:
    try:
        text = body.decode()
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except UnicodeError:
        raise Refused([Problem("", "utf8", "is geen geldige UTF-8")]) from None
    except RecursionError:
        raise Refused([Problem("", "too_deep", "is te diep genest")]) from None
    except json.JSONDecodeError as error:
        place = f"regel {error.lineno}, teken {error.colno}"
        raise Refused([Problem("", "json", f"is geen geldige JSON: kijk bij {place}")]) from None
    except ValueError as error:
        raise Refused([Problem("", "json", f"is geen geldige JSON: {error}")]) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("een naam staat er twee keer in")
    return result


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} mag niet")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("een getal is te groot")
    return value


def _whole(text: str) -> int:
    _finite(text)
    return int(text)
