"""Impact analyses: what follows when a function fails in an area."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import Data, Envelope
from schemas.terms import Hazard, Line, Text, Url


class ImpactAnalysisPublishedData(Data):
    title: Line
    summary: Text
    scenario: Text
    hazards: Annotated[tuple[Hazard, ...], Field(min_length=1)]
    outage_hours: Annotated[int, Field(strict=True, ge=0, le=100_000)] | None = None
    people_affected: Annotated[int, Field(strict=True, ge=0, le=20_000_000)] | None = None
    link: Url | None = None


class ImpactAnalysisPublished(Envelope):
    type: Literal["nl.vitale-functies.impact-analysis.published.v1"]
    data: ImpactAnalysisPublishedData
