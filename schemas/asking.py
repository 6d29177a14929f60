"""What every request has in common: whom it asks, and when the answer is needed."""

from typing import Annotated

from pydantic import Field

from schemas.envelope import Data
from schemas.terms import Day, PartySlug


class Asking(Data):
    """`asked` names operators; empty means: the operators of the functions in the areas, by the register."""

    asked: Annotated[tuple[PartySlug, ...], Field(max_length=100)] = ()
    needed_by: Day | None = None
