"""CloudEvents on the wire: structured, binary and batch content modes, read into plain attributes.

Sources: CloudEvents JSON format, HTTP binding and Kafka binding 1.0.2.
"""

import re
from collections.abc import Iterable
from typing import Any, TypeVar
from urllib.parse import unquote

from schemas.problems import Problem, Refused
from schemas.strict_json import Read, read_json, read_json_list, strict_json

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
BINARY = "application/json"
MAX_EVENT_BYTES = 64 * 1024
_AS_MOST_SEND = (("content-type", STRUCTURED.encode()),)
_AS_MOST_SAY = ({"content-type": STRUCTURED}, 0)
_BY_THEMSELVES = frozenset({STRUCTURED, BATCH, BINARY})
_Value = TypeVar("_Value")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


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
    read = read_json(body)
    if not isinstance(read.attributes, dict):
        raise Refused([Problem("", "json_object", "moet een JSON-object zijn: één CloudEvent")])
    return read


def batch(body: bytes) -> list[Read]:
    """The members of a batch, unchecked: each may be refused on its own."""
    found = read_json_list(body)
    if found is None:
        raise Refused([Problem("", "json_array", "moet een JSON-lijst van CloudEvents zijn")])
    return found


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
