"""Requests to join a stress test or a risk dialogue, and what the asked party says."""

from typing import Literal

from schemas.asking import Asking
from schemas.envelope import Data, Envelope, EventRef
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


class _Reply(Data):
    """`request` is the invitation that this is the answer to."""

    request: EventRef

    @property
    def answered(self) -> EventRef:
        """The request that this answers."""
        return self.request


class ParticipationAcceptedData(_Reply):
    text: Text


class ParticipationAccepted(Envelope):
    type: Literal["nl.vitale-functies.participation.accepted.v1"]
    data: ParticipationAcceptedData


class ParticipationDeclinedData(_Reply):
    """`alternative` is what the asked party offers instead."""

    reason: Text
    alternative: Text | None = None


class ParticipationDeclined(Envelope):
    type: Literal["nl.vitale-functies.participation.declined.v1"]
    data: ParticipationDeclinedData
