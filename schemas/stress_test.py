"""Stress tests: what an operator or government will test or has tested, by which standard, how open."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.envelope import Data, Envelope
from schemas.terms import Day, Hazard, Line, PartySlug, Text, Url


class StressTestPlannedData(Data):
    """`participants` are the parties that take part; `starts_on` the first day of the work."""

    title: Line
    text: Text
    hazards: Annotated[tuple[Hazard, ...], Field(min_length=1)]
    starts_on: Day
    standard: Line | None = None
    participants: Annotated[tuple[PartySlug, ...], Field(max_length=200)] = ()


class StressTestPlanned(Envelope):
    type: Literal["nl.vitale-functies.stress-test.planned.v1"]
    data: StressTestPlannedData


class Deviation(BaseModel):
    """Where a stress test departs from its standard, and why: deviating is allowed, but must be argued."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_standard: Line
    reason: Text


class StressTestCompletedData(Data):
    title: Line
    summary: Text
    hazards: Annotated[tuple[Hazard, ...], Field(min_length=1)]
    standard: Line
    deviations: tuple[Deviation, ...] = ()
    openness: Literal["public", "partners", "confidential"]
    link: Url | None = None


class StressTestCompleted(Envelope):
    type: Literal["nl.vitale-functies.stress-test.completed.v1"]
    data: StressTestCompletedData
