"""Ambitions: what parties want to have reached, and when (willen)."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import Data, Envelope
from schemas.terms import Hazard, Line, Text, Url


class AmbitionSetData(Data):
    """`by_year` is the year in which it should be reached."""

    title: Line
    text: Text
    hazards: Annotated[tuple[Hazard, ...], Field(min_length=1)]
    by_year: Annotated[int, Field(ge=2000, le=2200)]
    link: Url | None = None


class AmbitionSet(Envelope):
    type: Literal["nl.vitale-functies.ambition.set.v1"]
    data: AmbitionSetData
