"""What left for an operator together, told to its systems."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.envelope import Data, Envelope, EventRef
from schemas.terms import AreaCode, Day, FunctionSlug, Line, Moment, Text


class BundledQuestion(BaseModel):
    """One question of a bundle, however many ask it: 24-3 in its mail is `number` 3 of bundle 24.
    `request` is one of the requests that ask it, which an answer names; `needed_by` is the earliest day of
    those. `text` is cut when it is long: the event of the request has the whole of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: Annotated[int, Field(ge=1)]
    request: EventRef
    text: Text
    standard_question: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)] | None = None
    functions: Annotated[tuple[FunctionSlug, ...], Field(min_length=1, max_length=14)]
    areas: Annotated[tuple[AreaCode, ...], Field(min_length=1, max_length=400)]
    needed_by: Day | None = None


class BundleReleasedData(Data):
    """`bundle` is its number in the operator's own count, `slot_at` the moment of its slot, or for what could
    not wait that at which it left. A bundle that is too large for one event is in `parts` of them."""

    title: Line
    bundle: Annotated[int, Field(ge=1)]
    kind: Literal["routine", "urgent"]
    slot_at: Moment
    part: Annotated[int, Field(ge=1, le=100)] = 1
    parts: Annotated[int, Field(ge=1, le=100)] = 1
    questions: Annotated[tuple[BundledQuestion, ...], Field(min_length=1, max_length=100)]


class BundleReleased(Envelope):
    type: Literal["nl.vitale-functies.bundle.released.v1"]
    data: BundleReleasedData
