"""Questions to operators, and the answers to questions and information requests."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.asking import Asking
from schemas.envelope import Data, Envelope, EventRef
from schemas.terms import AreaCode, Day, Line, Text


class QuestionRaisedData(Asking):
    """`standard_question` is a code from the catalogue of standard questions: equal codes with
    equal `parameters` are one question, whatever the area or the wording."""

    text: Text
    background: Text | None = None
    standard_question: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)] | None = None
    parameters: Annotated[dict[Line, Line], Field(max_length=10)] = Field(default_factory=dict)


class QuestionRaised(Envelope):
    type: Literal["nl.vitale-functies.question.raised.v1"]
    data: QuestionRaisedData


class AreaAnswer(BaseModel):
    """One row of an answer: what holds in one area."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    area: AreaCode
    text: Text


class QuestionAnsweredData(Data):
    """`question` is any of the requests that the answer is for; who asked the same gets the answer too.
    `supersedes` is an earlier answer or deposit of the same party, which no longer holds."""

    question: EventRef
    text: Text
    per_area: Annotated[tuple[AreaAnswer, ...], Field(max_length=400)] = ()
    valid_until: Day | None = None
    supersedes: EventRef | None = None

    @property
    def answered(self) -> EventRef:
        """The request that this answers."""
        return self.question


class QuestionAnswered(Envelope):
    type: Literal["nl.vitale-functies.question.answered.v1"]
    data: QuestionAnsweredData
