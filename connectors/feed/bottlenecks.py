"""Open bottlenecks, row by row."""

from typing import Any

from hub.open_bottlenecks import OpenBottleneck
from hub.register.model import Register
from hub.rules.clearance import highest
from hub.words import wording
from schemas.envelope import is_exercise

COLUMNS = (
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


def row(one: OpenBottleneck, register: Register) -> dict[str, Any]:
    """A bottleneck as its newest finding tells it."""
    data = one.now.data
    return {
        "kenmerk": str(one.event_key),
        "tlp": str(highest((one.found.tlp, one.now.tlp))),
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
