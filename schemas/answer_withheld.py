"""What the hub did not pass on of an answer, told to who gave it."""

from typing import Literal

from schemas.envelope import Data, Envelope, EventRef
from schemas.terms import Line, Moment


class AnswerWithheldData(Data):
    """`answer` went to nobody who asked. `why`: its party answered the question before, at
    `settled_at` by `settled_by`, or was not asked such a question. `title` is of the answer itself."""

    answer: EventRef
    title: Line
    why: Literal["answered-before", "not-asked"]
    settled_by: EventRef | None = None
    settled_at: Moment | None = None


class AnswerWithheld(Envelope):
    type: Literal["nl.vitale-functies.answer.withheld.v1"]
    data: AnswerWithheldData
