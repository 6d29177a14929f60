"""Stress tests: what an operator or government tested, by which standard, and how open the result is."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.envelope import Data, Envelope
from schemas.terms import Hazard, Line, Text, Url


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
