"""Chain effects: that a failure elsewhere may harm a function, signalled by the hub."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import Data, Envelope
from schemas.terms import FunctionSlug, Line, PartySlug


class ChainEffectSignalledData(Data):
    """What a core team may know of a bottleneck that it may not see itself: that it is there (`found`) or
    over (`resolved`), along which functions it reaches theirs, and whom to `ask`."""

    title: Line
    state: Literal["found", "resolved"]
    harmed: FunctionSlug
    path: Annotated[tuple[FunctionSlug, ...], Field(min_length=2, max_length=14)]
    strength: Literal["high", "medium"]
    ask: PartySlug


class ChainEffectSignalled(Envelope):
    type: Literal["nl.vitale-functies.chain-effect.signalled.v1"]
    data: ChainEffectSignalledData
