"""Valid events of parties in the seeded register, to change one thing of in a test."""

from typing import Any

MAASTRICHT = "urn:nld:oin:00000099100009350000:systeem:zaaksysteem"
"""Of party gm0935, in safety region VR24, water board WS0665 and province PV31."""

_DATA: dict[str, dict[str, Any]] = {
    "bottleneck.found": {
        "title": "Onderstation Borgharen ligt te laag",
        "description": "Bij 60 centimeter water valt het station uit.",
        "hazards": ["flood"],
        "severity": "high",
        "found_on": "2027-06-01",
    },
    "question.raised": {"text": "Hoe lang werkt de noodstroom van het station?"},
    "knowledge.shared": {"title": "Les", "summary": "Een korte les."},
}


def sample(event_id: str, kind: str = "bottleneck.found", **changes: Any) -> dict[str, Any]:
    """The attributes of an event; `changes` replace attributes, None takes one away, `data` is merged."""
    data = {**_DATA.get(kind, {}), **changes.pop("data", {})}
    attributes = {
        "specversion": "1.0",
        "id": event_id,
        "source": MAASTRICHT,
        "type": f"nl.vitale-functies.{kind}.v1",
        "time": "2027-06-01T10:00:00+02:00",
        "subject": f"zaak-{event_id}",
        "datacontenttype": "application/json",
        "functions": "electricity",
        "areas": "GM0935",
        "tlp": "GREEN",
        "data": data,
        **changes,
    }
    return {name: value for name, value in attributes.items() if value is not None}
