"""A valid event of each type, sent by a party of the seeded register, to change one thing of in a test."""

from typing import Any, Final

from hub.register.kinds import HUB
from schemas.catalogue import CATALOGUE, Event, parse
from schemas.published import example
from tests.registers import REGISTER

KINDS: Final = tuple(row.short for row in CATALOGUE)
OF_THE_HUB: Final = tuple(row.short for row in CATALOGUE if row.by_hub)
REQUESTS: Final = ("question-raised", "information-requested", "participation-requested")

_SENDERS = {
    **dict.fromkeys(("answer-deposited", "answer-retracted", "situation-reported"), "enexis"),
    **dict.fromkeys(("request-declined", "request-postponed", "request-referred"), "enexis"),
    **dict.fromkeys(("questions-merged", "questions-separated"), "enexis"),
    **dict.fromkeys(("request-confirmed", "situation-opened", "situation-renewed"), "kernteam-electricity"),
}
"""Who sends what Maastricht may not."""
_ROWS = {row.short: row for row in CATALOGUE}
_TYPES = {row.short: row.type for row in CATALOGUE}
_DATA: dict[str, dict[str, Any]] = {
    "stress-test-completed": {
        "title": "Stresstest elektriciteit Heuvelland",
        "summary": "Getest tot 60 centimeter water.",
        "hazards": ["flood", "excess-water"],
        "standard": "Handreiking stresstest 2.0",
        "deviations": [{"from_standard": "Neerslagreeks", "reason": "De eigen reeks is langer."}],
        "openness": "partners",
        "link": "https://rapporten.example/stresstest",
    },
    "impact-analysis-published": {
        "title": "Uitval in het Geuldal",
        "summary": "Zonder stroom vallen de gemalen uit.",
        "scenario": "Hoogwater zoals in juli 2021.",
        "hazards": ["flood"],
        "outage_hours": 36,
        "people_affected": 12500,
        "link": "https://rapporten.example/uitval",
    },
    "bottleneck-found": {
        "title": "Onderstation ligt te laag",
        "description": "Bij 60 centimeter water valt het station uit.",
        "hazards": ["flood"],
        "severity": "high",
        "found_on": "2027-06-01",
        "location": "Borgharen",
    },
    "bottleneck-resolved": {
        "bottleneck": {"source": "urn:nld:oin:00000099100009350000:systeem:zaken", "id": "knelpunt-1"},
        "title": "Onderstation is verhoogd",
        "how": "De apparatuur staat een meter hoger.",
        "resolved_on": "2027-07-01",
    },
    "question-raised": {
        "text": "Hoe lang werkt de noodstroom van het station?",
        "background": "Wij oefenen in juli.",
        "needed_by": "2027-07-01",
    },
    "question-answered": {
        "question": {"source": "urn:nld:oin:00000099100009350000:systeem:zaken", "id": "vraag-1"},
        "text": "Acht uur.",
        "per_area": [{"area": "GM0935", "text": "Acht uur."}, {"area": "GM0994", "text": "Zes uur."}],
        "valid_until": "2028-07-01",
    },
    "information-requested": {
        "title": "Kaart van de stations",
        "text": "Graag de ligging en hoogte van elk station.",
        "purpose": "Voor de stresstest van de gemeente.",
        "needed_by": "2027-07-01",
    },
    "participation-requested": {
        "activity": "risk-dialogue",
        "title": "Risicodialoog Geuldal",
        "text": "Wij bespreken wat er gebeurt bij hoogwater.",
        "starts_at": "2027-06-24T13:30:00+02:00",
        "place": "Provinciehuis Maastricht",
        "needed_by": "2027-06-15",
    },
    "risk-dialogue-held": {
        "title": "Risicodialoog Maas",
        "held_on": "2027-06-24",
        "hazards": ["flood", "drought"],
        "participants": ["gm0935", "enexis"],
        "outcome": "De partijen kennen elkaars zwakke plekken.",
        "agreements": ["Enexis deelt een kaart."],
        "link": "https://rapporten.example/dialoog",
    },
    "knowledge-shared": {
        "title": "Les van de oefening",
        "summary": "Spreek af wie belt.",
        "link": "https://rapporten.example/les",
    },
}


def source_of(party: str) -> str:
    """The source of a system of a party in the register."""
    return f"urn:nld:oin:{REGISTER.parties[party].oin}:systeem:zaken"


def attributes(kind: str, **changes: Any) -> dict[str, Any]:
    """The attributes of an event of Maastricht, or of who may send it, as they travel. `changes`
    replace attributes, None takes one away; in `data` they replace fields."""
    data = _present({**_data(kind), **changes.pop("data", {})})
    return _present(
        {
            "specversion": "1.0",
            "id": f"{kind}-1",
            "source": source_of(HUB if _ROWS[kind].by_hub else _SENDERS.get(kind, "gm0935")),
            "type": _TYPES[kind],
            "time": "2027-06-01T10:00:00+02:00",
            "subject": "zaak-1",
            "datacontenttype": "application/json",
            "functions": "electricity",
            "areas": "GM0935",
            "tlp": "GREEN",
            "data": data,
            **changes,
        }
    )


def _data(kind: str) -> dict[str, Any]:
    if kind in _DATA:
        return _DATA[kind]
    published: dict[str, Any] = example(_ROWS[kind])["data"]
    return published


def event(kind: str, **changes: Any) -> Event:
    """The event with these attributes."""
    return parse(attributes(kind, **changes))


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
