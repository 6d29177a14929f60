"""Whose bottleneck is it to tell of? Who may update or resolve it, and for which functions may one speak?"""

from collections.abc import Iterable

from hub.register.kinds import DECENTRAL, RoleKind
from hub.register.model import Party, Register, Role
from hub.rules.relations import publisher
from schemas.bottleneck import BottleneckFound, BottleneckResolved, BottleneckUpdated
from schemas.envelope import Envelope
from schemas.terms import FunctionSlug

Amendment = BottleneckUpdated | BottleneckResolved
"""Events that change a bottleneck which an earlier event told of."""
_AMEND = (RoleKind.CORE_TEAM, RoleKind.COORDINATOR, RoleKind.RESPONSIBLE_MINISTRY, RoleKind.OPERATOR)


def may_amend(event: Amendment, register: Register) -> bool:
    """Whether the bottleneck is the publisher's own, or lies in functions that it all has a leading part in,
    in areas that it serves wholly.

    One of the functions would not do: then a stranger could name its own function beside that of the
    bottleneck. Nor would a part of the area: every municipality is an operator of waste water."""
    party = publisher(event.source, register)
    if party is None:
        return False
    return party == publisher(event.data.bottleneck.source, register) or (
        _serves(party, event.areas, register)
        and all(
            any(Role(party, function, kind) in register.held_roles for kind in _AMEND)
            for function in event.functions
        )
    )


def _serves(slug: str, areas: Iterable[str], register: Register) -> bool:
    party = register.parties.get(slug)
    served = _municipalities(party.areas if party else (), register)
    return all(here and here <= served for here in map(register.municipalities, areas))


def closes(end: BottleneckResolved, found: BottleneckFound, register: Register) -> bool:
    """Whether the bottleneck is closed by this event, which may come in. Its finder need name only one of its
    functions; another names them all, and areas in which the bottleneck lies wholly."""
    if publisher(end.source, register) == publisher(found.source, register):
        return not set(found.functions).isdisjoint(end.functions)
    lies, told = (_municipalities(areas, register) for areas in (found.areas, end.areas))
    return set(found.functions) <= set(end.functions) and lies <= told


def _municipalities(areas: Iterable[str], register: Register) -> frozenset[str]:
    return frozenset[str]().union(*map(register.municipalities, areas))


def functions_spoken_for(event: Envelope, register: Register) -> tuple[FunctionSlug, ...]:
    """The functions of the event for which its publisher has a role, whatever role; a government speaks for
    all that lie in its area."""
    party = _party(event, register)
    if party is None:
        return ()
    if party.kind in DECENTRAL:
        return event.functions
    return tuple(
        function
        for function in event.functions
        if any(role.party == party.slug for role in register.roles_of_function[function])
    )


def areas_spoken_for(event: Envelope, register: Register) -> tuple[str, ...]:
    """The areas of the event that its publisher serves."""
    party = _party(event, register)
    served = party.areas if party else ()
    return tuple(area for area in event.areas if any(register.meet(own, area) for own in served))


def _party(event: Envelope, register: Register) -> Party | None:
    """Who published the event, also when it has ended since."""
    slug = publisher(event.source, register) or ""
    if slug in register.former:
        facts = register.former[slug].facts
        return facts if isinstance(facts, Party) else None
    return register.parties.get(slug)
