"""Bottlenecks: what makes a function fail, found, updated and resolved."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import Data, Envelope, EventRef
from schemas.terms import Day, Hazard, Line, Text


class BottleneckFoundData(Data):
    title: Line
    description: Text
    hazards: Annotated[tuple[Hazard, ...], Field(min_length=1)]
    severity: Literal["low", "medium", "high"]
    found_on: Day
    location: Line | None = None


class BottleneckFound(Envelope):
    type: Literal["nl.vitale-functies.bottleneck.found.v1"]
    data: BottleneckFoundData


class BottleneckUpdatedData(Data):
    """The whole bottleneck as it is now; `bottleneck` is the event that found it."""

    bottleneck: EventRef
    title: Line
    description: Text
    hazards: Annotated[tuple[Hazard, ...], Field(min_length=1)]
    severity: Literal["low", "medium", "high"]
    location: Line | None = None


class BottleneckUpdated(Envelope):
    type: Literal["nl.vitale-functies.bottleneck.updated.v1"]
    data: BottleneckUpdatedData


class BottleneckResolvedData(Data):
    bottleneck: EventRef
    title: Line
    how: Text
    resolved_on: Day


class BottleneckResolved(Envelope):
    type: Literal["nl.vitale-functies.bottleneck.resolved.v1"]
    data: BottleneckResolvedData
