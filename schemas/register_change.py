"""Changes of the register, told by the hub: what changed of whom, and from when until when it holds."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import Data, Envelope
from schemas.terms import AreaCode, Day, FunctionSlug, Line, PartySlug, Token

MOST_LINKED = 20
"""Areas that an area lies in, or went into."""


class RegisterChangeData(Data):
    """`ended`: only its end was set or moved; `removed`: as if it had never been there. `fields` names the
    facts that changed; values that only the party itself may know are not told. `until` is the first day
    without it."""

    title: Line
    change: Literal["added", "changed", "ended", "removed"]
    fields: Annotated[tuple[Token, ...], Field(max_length=20)] = ()
    since: Day
    until: Day | None = None
    register_version: Annotated[int, Field(ge=1)]


class PartyChangedData(RegisterChangeData):
    """`kvk` is the number in the trade register that sources of the party may carry."""

    party: PartySlug
    name: Line
    kvk: Annotated[str, Field(pattern=r"^[0-9]{8}$")] | None = None


class PartyChanged(Envelope):
    type: Literal["nl.vitale-functies.party.changed.v1"]
    data: PartyChangedData


class RoleChangedData(RegisterChangeData):
    party: PartySlug
    function: FunctionSlug
    role: Token


class RoleChanged(Envelope):
    type: Literal["nl.vitale-functies.role.changed.v1"]
    data: RoleChangedData


class AreaChangedData(RegisterChangeData):
    area: AreaCode
    name: Line
    within: Annotated[tuple[AreaCode, ...], Field(max_length=MOST_LINKED)] = ()
    successors: Annotated[tuple[AreaCode, ...], Field(max_length=MOST_LINKED)] = ()


class AreaChanged(Envelope):
    type: Literal["nl.vitale-functies.area.changed.v1"]
    data: AreaChangedData


class FunctionChangedData(RegisterChangeData):
    function: FunctionSlug
    core_team: PartySlug


class FunctionChanged(Envelope):
    type: Literal["nl.vitale-functies.function.changed.v1"]
    data: FunctionChangedData


class DependencyChangedData(RegisterChangeData):
    """A failure of `from_function` harms `to_function`."""

    from_function: FunctionSlug
    to_function: FunctionSlug
    strength: Literal["high", "medium", "low"]


class DependencyChanged(Envelope):
    type: Literal["nl.vitale-functies.dependency.changed.v1"]
    data: DependencyChangedData


class SubscriptionChangedData(RegisterChangeData):
    party: PartySlug
    subscription: PartySlug


class SubscriptionChanged(Envelope):
    type: Literal["nl.vitale-functies.subscription.changed.v1"]
    data: SubscriptionChangedData
