"""Answers in the library: given in advance, and taken back."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import Data, Envelope, EventRef
from schemas.question import AreaAnswer
from schemas.terms import Day, Line, Text


class AnswerDepositedData(Data):
    """An operator's answer to a standard question of the catalogue, before anyone asked it. Who asks it about
    these areas gets this answer, and the operator is not asked. `recipients` may have it when they ask, with
    AMBER or closer; nobody is mailed before. `kind` decides for how long it holds without `valid_until`."""

    standard_question: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
    parameters: Annotated[dict[Line, Line], Field(max_length=10)] = Field(default_factory=dict)
    kind: Literal["static", "plans", "crisis"] = "static"
    text: Text
    per_area: Annotated[tuple[AreaAnswer, ...], Field(max_length=400)] = ()
    valid_until: Day | None = None
    supersedes: EventRef | None = None


class AnswerDeposited(Envelope):
    type: Literal["nl.vitale-functies.answer.deposited.v1"]
    data: AnswerDepositedData


class AnswerRetractedData(Data):
    """`answer` is a deposit or an answer of the same party, that no longer holds; who received it is told."""

    answer: EventRef
    reason: Text


class AnswerRetracted(Envelope):
    type: Literal["nl.vitale-functies.answer.retracted.v1"]
    data: AnswerRetractedData
