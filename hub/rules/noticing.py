"""Who is told of a request that waits long or has expired, or that a coordinator may help on?"""

from hub.register.kinds import RoleKind
from hub.register.model import Register
from hub.rules.clearance import may_know
from hub.rules.ties import relations
from schemas.catalogue import Request
from schemas.terms import FunctionSlug


def told_of_waiting(request: Request, asker: str, register: Register) -> tuple[str, ...]:
    """The asker, and of each function who coordinates it where it is asked, or else its core team."""
    told = {asker: None}
    for function in request.functions:
        held = _coordinators(request, function, register)
        told |= dict.fromkeys(
            _who_may_know(request, held or [register.functions[function].core_team], register)
        )
    return tuple(told)


def coordinators_to_tell(request: Request, register: Register) -> tuple[str, ...]:
    """Who may confirm a request: of each function who coordinates it where it is asked, and its core team."""
    held: dict[str, None] = {}
    for function in request.functions:
        held |= dict.fromkeys(_coordinators(request, function, register))
        held[register.functions[function].core_team] = None
    return tuple(_who_may_know(request, list(held), register))


def _coordinators(request: Request, function: FunctionSlug, register: Register) -> list[str]:
    roles = (role for area in request.areas for role in register.roles_in(function, area))
    return [role.party for role in roles if role.kind is RoleKind.COORDINATOR]


def _who_may_know(request: Request, slugs: list[str], register: Register) -> list[str]:
    ties = list(relations(request, register))
    known = []
    for slug in slugs:
        party = register.parties.get(slug)
        tied = {reason.relation for one, reason in ties if one == slug}
        if party is not None and may_know(request.tlp, party.clearance, tied).allowed:
            known.append(slug)
    return known
