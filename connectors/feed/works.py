"""Stress tests and measures, row by row."""

from typing import Any

from hub.register.model import Register
from hub.rules.clearance import highest
from hub.words import wording
from hub.works import Measure, StressTest, Work
from schemas.envelope import is_exercise
from schemas.stress_test import StressTestCompleted, StressTestPlanned

STRESS_TEST_COLUMNS = (
    "kenmerk",
    "tlp",
    "titel",
    "stand",
    "dreigingen",
    "begint_op",
    "norm",
    "openbaarheid",
    "functies",
    "gebieden",
    "gemeld_door",
    "omschrijving",
    "link",
    "oefening",
)
MEASURE_COLUMNS = (
    "kenmerk",
    "tlp",
    "titel",
    "stand",
    "dreigingen",
    "klaar_op",
    "uitgevoerd_op",
    "functies",
    "gebieden",
    "gemeld_door",
    "omschrijving",
    "link",
    "oefening",
)
_OPENNESS = {"public": "openbaar", "partners": "partners", "confidential": "vertrouwelijk"}


def stress_test_row(one: StressTest, register: Register) -> dict[str, Any]:
    """A stress test that is planned, or as it was completed."""
    own: dict[str, Any]
    match one.event:
        case StressTestPlanned(data=planned):
            own = {
                "stand": "gepland",
                "begint_op": planned.starts_on.isoformat(),
                "norm": planned.standard or "",
            }
            own |= {"openbaarheid": "", "omschrijving": planned.text, "link": ""}
        case StressTestCompleted(data=done):
            own = {"stand": "afgerond", "begint_op": "", "norm": done.standard}
            own |= {"openbaarheid": _OPENNESS[done.openness], "omschrijving": done.summary}
            own["link"] = str(done.link or "")
    return {**_shared(one, register), "tlp": str(one.event.tlp), **own}


def measure_row(one: Measure, register: Register) -> dict[str, Any]:
    """A measure that is adopted, or is implemented since."""
    data, done = one.event.data, one.done
    return {
        **_shared(one, register),
        "tlp": str(highest((one.event.tlp, *([done.tlp] if done else [])))),
        "stand": "uitgevoerd" if done else "vastgesteld",
        "klaar_op": data.ready_by.isoformat() if data.ready_by else "",
        "uitgevoerd_op": done.data.implemented_on.isoformat() if done else "",
        "omschrijving": data.description,
        "link": str(data.link or ""),
    }


def _shared(one: Work, register: Register) -> dict[str, Any]:
    return {
        "kenmerk": str(one.event_key),
        "titel": one.event.data.title,
        "dreigingen": list(one.event.data.hazards),
        "functies": [str(function) for function in one.event.functions],
        "gebieden": list(one.event.areas),
        "gemeld_door": wording.party_name(one.publisher, register),
        "oefening": "ja" if is_exercise(one.event.source) else "nee",
    }
