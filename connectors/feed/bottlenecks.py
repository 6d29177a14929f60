"""Open bottlenecks as a sheet for Dutch Excel, and as GeoJSON (RFC 7946) for maps."""

import csv
import io
import json
import re
from collections.abc import Iterable
from typing import Any

from hub import wording
from hub.open_bottlenecks import OpenBottleneck
from hub.register.model import Register
from hub.rules.clearance import ORDER
from schemas.envelope import is_exercise
from schemas.terms import Tlp

_COLUMNS = (
    "kenmerk",
    "tlp",
    "titel",
    "ernst",
    "dreigingen",
    "gevonden_op",
    "plaats",
    "functies",
    "gebieden",
    "gemeld_door",
    "omschrijving",
    "oefening",
)
_SEVERITY = {"low": "laag", "medium": "midden", "high": "hoog"}


def as_csv(bottlenecks: Iterable[OpenBottleneck], register: Register) -> bytes:
    """Semicolons and a byte order mark, as Excel expects them in the Netherlands."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for one in bottlenecks:
        row = _row(one, register)
        writer.writerow([_defused(_cell(row[name])) for name in _COLUMNS])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_geojson(bottlenecks: Iterable[OpenBottleneck], register: Register) -> bytes:
    """A feature for each. The register knows areas by code and has no shapes: so `geometry` is null, which
    RFC 7946 calls unlocated, and `gebieden` joins with the official area maps."""
    features = [
        {
            "type": "Feature",
            "id": str(one.event_key),
            "geometry": None,
            "properties": _row(one, register),
        }
        for one in bottlenecks
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def _row(one: OpenBottleneck, register: Register) -> dict[str, Any]:
    data = one.now.data
    return {
        "kenmerk": str(one.event_key),
        "tlp": _strictest(one.found.tlp, one.now.tlp),
        "titel": data.title,
        "ernst": _SEVERITY[data.severity],
        "dreigingen": list(data.hazards),
        "gevonden_op": one.found.data.found_on.isoformat(),
        "plaats": data.location or "",
        "functies": [str(function) for function in one.found.functions],
        "gebieden": list(one.found.areas),
        "gemeld_door": wording.party_name(one.publisher, register),
        "omschrijving": data.description,
        "oefening": "ja" if is_exercise(one.found.source) else "nee",
    }


def _strictest(*labels: Tlp) -> str:
    return str(max(labels, key=ORDER.index))


def _cell(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _defused(text: str) -> str:
    """A text that Excel would take for a formula gets an apostrophe before it."""
    return f"'{text}" if re.match("[\\s']*[=+@-]", text) else text
