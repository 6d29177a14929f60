"""What the hub did with a request, told to its asker."""

from typing import Literal

from schemas.envelope import Data, Envelope, EventRef
from schemas.terms import Line, Moment, PartySlug


class RequestProgressedData(Data):
    """`operator` is who was asked; `expected_by` is when the request reaches it at the latest, where that can
    be said. `reason` is a word of the throttle for why."""

    request: EventRef
    title: Line
    operator: PartySlug
    state: Literal[
        "waiting",
        "sent",
        "half-way",
        "expired",
        "withheld",
        "urgent-sent",
        "urgent-not-sent",
        "on-sheet",
        "again-not-sent",
    ]
    reason: Line | None = None
    expected_by: Moment | None = None


class RequestProgressed(Envelope):
    type: Literal["nl.vitale-functies.request.progressed.v1"]
    data: RequestProgressedData
