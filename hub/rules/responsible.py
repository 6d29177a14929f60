"""Who has which role for a function in an area?"""

from typing import NamedTuple

from hub.register.kinds import RoleKind
from hub.register.model import Register
from schemas.terms import FunctionSlug

_WEIGHT = tuple(RoleKind)


class Held(NamedTuple):
    """A role that a party has for the function, through an area that it serves."""

    party: str
    kind: RoleKind
    area: str


def roles_in(function: FunctionSlug, area: str, register: Register) -> list[Held]:
    """Everyone with a role for this function whose area meets this one, by role, then by party."""
    held = []
    for role in register.roles_in(function, area):
        party = register.parties[role.party]
        through = next((own for own in party.areas if register.meet(own, area)), None)
        if through is not None:
            held.append(Held(role.party, role.kind, through))
    return sorted(held, key=lambda one: (_WEIGHT.index(one.kind), one.party))
