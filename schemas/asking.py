"""What every request has in common: whom it asks, when the answer is needed, and what it goes on from."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from schemas.envelope import Data, EventRef
from schemas.terms import Day, Line, PartySlug, Text


class Again(BaseModel):
    """An earlier request of the same asker whose answer was not enough, or that was declined, and why that
    is no reason to leave it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    request: EventRef
    reason: Text


class Asking(Data):
    """`asked` names operators; empty means: the operators of the functions in the areas, by the register.
    `urgent` says why the answer can't wait for the operator's next bundle; `crisis` names the crisis that
    it is for, so that an open situation sheet can answer it."""

    asked: Annotated[tuple[PartySlug, ...], Field(max_length=100)] = ()
    needed_by: Day | None = None
    urgent: Text | None = None
    again: Again | None = None
    crisis: Line | None = None
