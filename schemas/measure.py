"""Measures: what is done about bottlenecks, adopted and implemented (werken)."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import Data, Envelope, EventRef
from schemas.terms import Day, Hazard, Line, Text, Url


class MeasureAdoptedData(Data):
    """`bottlenecks` are those that the measure is for."""

    title: Line
    description: Text
    hazards: Annotated[tuple[Hazard, ...], Field(min_length=1)]
    ready_by: Day | None = None
    bottlenecks: Annotated[tuple[EventRef, ...], Field(max_length=50)] = ()
    link: Url | None = None


class MeasureAdopted(Envelope):
    type: Literal["nl.vitale-functies.measure.adopted.v1"]
    data: MeasureAdoptedData


class MeasureImplementedData(Data):
    """`measure` is the event that adopted it."""

    measure: EventRef
    title: Line
    how: Text
    implemented_on: Day


class MeasureImplemented(Envelope):
    type: Literal["nl.vitale-functies.measure.implemented.v1"]
    data: MeasureImplementedData
