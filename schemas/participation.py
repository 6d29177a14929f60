"""Requests to join a stress test or a risk dialogue."""

from typing import Literal

from schemas.asking import Asking
from schemas.envelope import Envelope
from schemas.terms import Line, Moment, Text


class ParticipationRequestedData(Asking):
    activity: Literal["stress-test", "risk-dialogue"]
    title: Line
    text: Text
    starts_at: Moment
    place: Line | None = None


class ParticipationRequested(Envelope):
    type: Literal["nl.vitale-functies.participation.requested.v1"]
    data: ParticipationRequestedData
