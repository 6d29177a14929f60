"""An event as an HTTP message: the structured or the binary content mode of CloudEvents."""

import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from schemas.formats import BINARY, STRUCTURED

Mode = Literal["structured", "binary"]
_PLAIN = "".join(map(chr, range(0x21, 0x7F))).replace('"', "").replace("%", "")


class Message(NamedTuple):
    """The headers and the body."""

    headers: dict[str, str]
    body: bytes


def written(event: Mapping[str, Any], mode: Mode) -> Message:
    """The event in this mode; of an exercise, a header says so: not one of `ce-`, by which readers take an
    event for binary. Sources: CloudEvents HTTP binding and JSON format 1.0.2."""
    mark = {"kernhub-exercise": "true"} if "exercise" in event else {}
    if mode == "structured":
        return Message({"content-type": f"{STRUCTURED}; charset=utf-8", **mark}, _json(event))
    attributes = {
        f"ce-{name}": quote(_text(value), safe=_PLAIN)
        for name, value in event.items()
        if name not in ("data", "datacontenttype") and value is not None
    }
    return Message({**attributes, **mark, "content-type": BINARY}, _json(event["data"]))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
