"""Conversations of a core team with the responsible ministry: asked for, planned, concluded."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import Data, Envelope, EventRef
from schemas.terms import Day, Line, Moment, PartySlug, PlanState, Text


class MinistryConsultationRequestedData(Data):
    """`bottlenecks` are the ones to talk about."""

    title: Line
    reason: Text
    ministry: PartySlug
    bottlenecks: Annotated[tuple[EventRef, ...], Field(max_length=50)] = ()


class MinistryConsultationRequested(Envelope):
    type: Literal["nl.vitale-functies.ministry-consultation.requested.v1"]
    data: MinistryConsultationRequestedData


class MinistryConsultationPlannedData(Data):
    """`consultation` is the event that asked for it. `supersedes` is the plan that this one changes, or
    with state `cancelled` calls off."""

    consultation: EventRef
    title: Line
    starts_at: Moment
    place: Line | None = None
    agenda: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    supersedes: EventRef | None = None
    state: PlanState = "planned"


class MinistryConsultationPlanned(Envelope):
    type: Literal["nl.vitale-functies.ministry-consultation.planned.v1"]
    data: MinistryConsultationPlannedData


class MinistryConsultationConcludedData(Data):
    """`consultation` is the event that asked for it."""

    consultation: EventRef
    title: Line
    held_on: Day
    outcome: Text
    agreements: Annotated[tuple[Line, ...], Field(max_length=50)] = ()


class MinistryConsultationConcluded(Envelope):
    type: Literal["nl.vitale-functies.ministry-consultation.concluded.v1"]
    data: MinistryConsultationConcludedData
