"""Risk dialogues: who will speak, who spoke, and what was agreed."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import Data, Envelope, EventRef
from schemas.terms import Day, Hazard, Line, Moment, PartySlug, PlanState, Text, Url


class RiskDialoguePlannedData(Data):
    """`participants` are the parties that take part so far. `supersedes` is the plan that this one changes,
    or with state `cancelled` calls off."""

    title: Line
    text: Text
    hazards: Annotated[tuple[Hazard, ...], Field(min_length=1)]
    starts_at: Moment
    place: Line | None = None
    participants: Annotated[tuple[PartySlug, ...], Field(max_length=200)] = ()
    supersedes: EventRef | None = None
    state: PlanState = "planned"


class RiskDialoguePlanned(Envelope):
    type: Literal["nl.vitale-functies.risk-dialogue.planned.v1"]
    data: RiskDialoguePlannedData


class RiskDialogueHeldData(Data):
    title: Line
    held_on: Day
    hazards: Annotated[tuple[Hazard, ...], Field(min_length=1)]
    participants: Annotated[tuple[PartySlug, ...], Field(max_length=200)] = ()
    outcome: Text
    agreements: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    link: Url | None = None


class RiskDialogueHeld(Envelope):
    type: Literal["nl.vitale-functies.risk-dialogue.held.v1"]
    data: RiskDialogueHeldData
