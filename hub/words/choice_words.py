"""The Dutch words for the values that fields of events choose from."""

from collections.abc import Mapping

HAZARDS: Mapping[str, str] = {
    "flood": "overstroming",
    "excess-water": "wateroverlast",
    "drought": "droogte",
    "heat": "hitte",
}
SEVERITY: Mapping[str, str] = {"low": "laag", "medium": "midden", "high": "hoog"}
OPENNESS: Mapping[str, str] = {
    "public": "openbaar",
    "partners": "alleen voor partners",
    "confidential": "vertrouwelijk",
}
STEP: Mapping[str, str] = {"know": "weten", "want": "willen", "work": "werken"}
PLAN: Mapping[str, str] = {"planned": "gaat door", "cancelled": "gaat niet door"}
ACTIVITY: Mapping[str, str] = {"stress-test": "stresstest", "risk-dialogue": "risicodialoog"}
LASTING: Mapping[str, str] = {"static": "verandert zelden", "plans": "plannen", "crisis": "crisis"}
