"""Who is told of a request that waits long, or that has expired?"""

from hub.register.kinds import RoleKind
from hub.register.model import Register
from hub.rules.clearance import may_know
from hub.rules.relations import Relation
from schemas.catalogue import Request


def told_of_waiting(request: Request, asker: str, register: Register) -> tuple[str, ...]:
    """The asker, and who coordinates its functions, else their core teams, as far as they may know of it."""
    found = [asker]
    for function in request.functions:
        holding = [
            role.party
            for role in register.roles
            if role.function == function and role.kind is RoleKind.COORDINATOR
        ]
        found += holding or [register.functions[function].core_team]
    return tuple(one for one in dict.fromkeys(found) if one == asker or _may_know(request, one, register))


def _may_know(request: Request, party: str, register: Register) -> bool:
    if party not in register.parties:
        return False
    relations = {Relation.COORDINATOR} | ({Relation.NAMED} if party in request.data.recipients else set())
    return may_know(request.tlp, register.parties[party].clearance, relations).allowed
