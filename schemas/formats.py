"""CloudEvents on the wire: structured, binary and batch content modes, read into plain attributes.

Sources: CloudEvents JSON format, HTTP binding and Kafka binding 1.0.2.
"""

import json
import math
import re
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote

import orjson
from pydantic_core import SchemaValidator, core_schema

from schemas.problems import Problem, Refused

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
BINARY = "application/json"
MAX_EVENT_BYTES = 64 * 1024
_AS_MOST_SEND = (("content-type", STRUCTURED.encode()),)
_AS_MOST_SAY = ({"content-type": STRUCTURED}, 0)
_BY_THEMSELVES = frozenset({STRUCTURED, BATCH, BINARY})
_Value = TypeVar("_Value")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Read(NamedTuple):
    """The attributes of an event, and the same in canonical JSON (RFC 8785) where reading gave that too."""

    attributes: Any
    written: bytes | None = None


def media_type(content_type: str | None) -> str:
    """`Application/JSON; charset=UTF-8` -> `application/json`. Raises `Refused` on another charset."""
    if content_type in _BY_THEMSELVES:
        return content_type
    name, _, parameters = (content_type or "").partition(";")
    for parameter in parameters.lower().split(";"):
        key, _, value = parameter.partition("=")
        if key.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8", "us-ascii"):
            raise Refused([Problem("content-type", "charset", "moet UTF-8 zijn")])
    return name.strip().lower()


def structured(body: bytes) -> Read:
    """One event in structured mode."""
    read = _soon_read(body) or Read(_closely_read(body))
    if not isinstance(read.attributes, dict):
        raise Refused([Problem("", "json_object", "moet een JSON-object zijn: één CloudEvent")])
    return read


def batch(body: bytes) -> list[Read]:
    """The members of a batch, unchecked: each may be refused on its own."""
    read = _soon_read_batch(body)
    if read is not None:
        return read
    value = _closely_read(body)
    if not isinstance(value, list):
        raise Refused([Problem("", "json_array", "moet een JSON-lijst van CloudEvents zijn")])
    return [*map(Read, value)]


def binary_http(headers: Iterable[tuple[str, str]], body: bytes) -> dict[str, Any]:
    """The attributes of one event in HTTP binary mode: `ce-` headers, quoted or not, percent-encoded; data as
    body."""
    ours = [(name.lower(), value) for name, value in headers if name.lower().startswith("ce-")]
    attributes = _once((name[3:], _unquoted(name, value)) for name, value in ours)
    return _binary(attributes, body)


def from_kafka(headers: Iterable[tuple[str, bytes | None]], body: bytes | None) -> dict[str, Any]:
    """The attributes of one Kafka record, as `read_kafka` reads them."""
    return read_kafka(headers, body).attributes  # type: ignore[no-any-return]


def read_kafka(headers: Iterable[tuple[str, bytes | None]], body: bytes | None) -> Read:
    """The attributes of one Kafka record: structured by its `content-type`, else binary by `ce_` headers.

    A header without a value is an attribute that is not set: the official JavaScript SDK sends such."""
    decoded, size = _about_event(headers)
    if body is None:
        raise Refused([Problem("", "empty", "heeft geen inhoud")])
    if len(body) + size > MAX_EVENT_BYTES:
        raise Refused([Problem("", "too_large", f"is groter dan {MAX_EVENT_BYTES} bytes; gebruik 'dataref'")])
    kind = media_type(decoded.get("content-type"))
    if kind == STRUCTURED:
        return structured(body)
    if kind == BINARY:
        attributes = {name[3:]: value for name, value in decoded.items() if name.startswith("ce_")}
        return Read(_binary(attributes, body))
    raise Refused([Problem("content-type", "content_type", f"moet '{STRUCTURED}' of '{BINARY}' zijn")])


def _about_event(headers: Iterable[tuple[str, bytes | None]]) -> tuple[dict[str, str], int]:
    """What the headers say of the event, and their size."""
    if headers == _AS_MOST_SEND:
        return _AS_MOST_SAY
    ours = [
        (_plain(name), value)
        for name, value in headers
        if name.lower().startswith("ce_") or name.lower() == "content-type"
    ]
    size = sum(len(name) + len(value or b"") for name, value in ours)
    if size > MAX_EVENT_BYTES:
        raise Refused([Problem("", "too_large", f"heeft meer dan {MAX_EVENT_BYTES} bytes aan headers")])
    return {name: _utf8(name, value) for name, value in _once(ours).items() if value is not None}, size


def _once(headers: Iterable[tuple[str, _Value]]) -> dict[str, _Value]:
    """Systems differ in which of two equal headers counts: refuse both."""
    found: dict[str, _Value] = {}
    for name, value in headers:
        if name in found:
            raise Refused([Problem(name, "doubled", "staat er twee keer in")])
        found[name] = value
    return found


def _plain(name: str) -> str:
    if not (name.isascii() and name.isprintable()):
        raise Refused([Problem("", "header_name", "er is een header met vreemde tekens in de naam")])
    return name.lower()


def _binary(attributes: dict[str, Any], body: bytes) -> dict[str, Any]:
    return {"datacontenttype": BINARY, **attributes, "data": strict_json(body)}


def _unquoted(name: str, value: str) -> str:
    if quoted := _QUOTED.fullmatch(value):
        value = re.sub(r"\\(.)", r"\1", quoted[1])
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise Refused([Problem(name, "utf8", "is geen geldige UTF-8")]) from None


def _utf8(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Refused([Problem(name, "utf8", "is geen geldige UTF-8")]) from None


def strict_json(body: bytes) -> Any:
    """Strict JSON: UTF-8, also where characters are escaped; no doubled names, no NaN, no endless numbers."""
    read = _soon_read(body)
    return read.attributes if read is not None else _closely_read(body)


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


def _soon_read_batch(body: bytes) -> list[Read] | None:
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
