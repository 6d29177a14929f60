"""The situation sheet of a crisis: opened by a coordinator, filled by operators at their own pace."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.envelope import Data, Envelope, EventRef
from schemas.terms import AreaCode, Line, Text


class SituationOpenedData(Data):
    """A sheet for each operator of the functions in the areas, about one `crisis`; it ends after 72 hours."""

    crisis: Line
    text: Text


class SituationOpened(Envelope):
    type: Literal["nl.vitale-functies.situation.opened.v1"]
    data: SituationOpenedData


class SituationRenewedData(Data):
    """The sheets of `situation` stay open for 72 hours from now."""

    situation: EventRef
    text: Text


class SituationRenewed(Envelope):
    type: Literal["nl.vitale-functies.situation.renewed.v1"]
    data: SituationRenewedData


class SituationRow(BaseModel):
    """The answer to one standard question, in one area or in all of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    standard_question: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
    area: AreaCode | None = None
    text: Text


class SituationReportedData(Data):
    """How it stands at an operator; a newer report takes the place of the one before."""

    situation: EventRef
    text: Text
    rows: Annotated[tuple[SituationRow, ...], Field(max_length=400)] = ()


class SituationReported(Envelope):
    type: Literal["nl.vitale-functies.situation.reported.v1"]
    data: SituationReportedData
