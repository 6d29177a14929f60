"""Who is at risk further on when this fails? Functions, areas and parties along the dependencies."""

from typing import NamedTuple

from hub.register.kinds import RoleKind
from hub.register.model import Register
from hub.rules.chains import Harm, harms
from schemas.envelope import Envelope


class AtRisk(NamedTuple):
    """A function that is harmed, in which of the named areas, and the operators that it has there."""

    harm: Harm
    areas: tuple[str, ...]
    core_team: str
    operators: tuple[str, ...]


def at_risk(event: Envelope, register: Register) -> list[AtRisk]:
    """Every function at risk, the nearest and strongest first; low dependencies are among them."""
    found = []
    for harm in harms(event.functions, event.areas, register):
        here = register.municipalities_of_function[harm.function]
        areas = tuple(area for area in event.areas if not here.isdisjoint(register.municipalities(area)))
        operators = tuple(
            role.party
            for role in register.roles_of_function[harm.function]
            if role.kind is RoleKind.OPERATOR
            and register.meeting_area(register.parties[role.party].areas, event.areas)
        )
        found.append(AtRisk(harm, areas, register.functions[harm.function].core_team, operators))
    return found
