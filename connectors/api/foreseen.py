"""What a request would come to at an operator, as JSON."""

from datetime import UTC, datetime
from typing import Any, Literal

from connectors.api.answers import Answer
from hub.asking.asker_wording import foreseen_text
from hub.asking.foreseeing import Foreseen
from hub.rules.placing import Place
from hub.rules.throttle.forecast import Why
from hub.rules.throttle.urgent import Urgent

_PLACES = {
    Place.NEW: "new",
    Place.JOINED: "joins",
    Place.JOINED_SENT: "joins-sent",
    Place.ANSWERED: "answered",
}


class ShownForeseen(Answer):
    """Where the request would go; `cost` in contacts and places of a bundle, and `others` who ask the same.
    `expectedBy` is when it reaches the operator at the latest, if nothing is added; null: that can't be said,
    and `why` says why. `answeredAreas` are answered at once. `urgent`: what comes of it that it
    can't wait; not there when it can."""

    operator: str
    place: Literal["new", "joins", "joins-sent", "answered", "declined"]
    cost: int
    others: int
    expected_by: datetime | None
    why: Why | None
    answered_areas: list[str]
    detail: str
    urgent: Urgent | None = None


def shown_foreseen(one: Foreseen) -> dict[str, Any]:
    """The members of what is foreseen at one operator."""
    leaves = one.leaves
    return {
        "operator": one.operator,
        "place": "declined" if one.declined else _PLACES[one.place],
        "cost": one.cost,
        "others": one.others,
        "expectedBy": leaves.by.astimezone(UTC).isoformat() if leaves and leaves.by else None,
        "why": leaves.why if leaves else None,
        "answeredAreas": list(one.answered),
        "detail": foreseen_text(one),
        **({"urgent": one.urgent} if one.urgent else {}),
    }
