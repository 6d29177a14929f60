"""May this party ask about this? Who has to do with a function or an area may; who has not, asks nobody."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from hub.register.kinds import DECENTRAL, OVERALL_CORE_TEAM, PartyKind, RoleKind
from hub.register.model import Party, Register, Role
from hub.rules.chains import harms
from hub.rules.relations import publisher
from schemas.catalogue import Request
from schemas.problems import Problem
from schemas.terms import FunctionSlug


class Standing(StrEnum):
    """Why a party may ask operators about functions in areas."""

    MINISTRY = "ministry"
    OVERALL_CORE_TEAM = "overall-core-team"
    GOVERNMENT = "government"
    """It governs a part of the area."""
    ROLE = "role"
    """It has a role for one of the functions, and serves a part of the area."""
    CHAIN = "chain"
    """It has a role for a function that is linked to one of these by chain effects, and serves a part."""


class Lacking(StrEnum):
    """Why it may not."""

    NOT_HERE = "not-here"
    """It might elsewhere: no part of the area is its own."""
    NO_ROLE = "no-role"
    """It has no role that has to do with these functions."""


def standing(
    party: Party, functions: Sequence[FunctionSlug], areas: Sequence[str], register: Register
) -> Standing | Lacking:
    """Why this party may ask about any of these functions in any of these areas, or why not."""
    if party.kind is PartyKind.MINISTRY:
        return Standing.MINISTRY
    if party.slug == OVERALL_CORE_TEAM:
        return Standing.OVERALL_CORE_TEAM
    is_here = register.meeting_area(party.areas, areas) is not None
    if party.kind in DECENTRAL:
        return Standing.GOVERNMENT if is_here else Lacking.NOT_HERE
    if _has_role(party, functions, register):
        return Standing.ROLE if is_here else Lacking.NOT_HERE
    if _has_role(party, _linked(functions, areas, register), register):
        return Standing.CHAIN if is_here else Lacking.NOT_HERE
    return Lacking.NO_ROLE


def _has_role(party: Party, functions: Iterable[FunctionSlug], register: Register) -> bool:
    held = register.held_roles
    return any(Role(party.slug, function, kind) in held for function in functions for kind in RoleKind)


def _linked(functions: Sequence[FunctionSlug], areas: Sequence[str], register: Register) -> set[FunctionSlug]:
    """The functions that a failure of these harms, and those whose failure harms one of these."""
    harmed = {harm.function for harm in harms(functions, areas, register)}
    return harmed | {one.from_function for one in register.dependencies if one.to_function in functions}


def without_standing(request: Request, register: Register) -> list[Problem]:
    """Why the asker may not ask this. A request about no area of the register is for other checks."""
    slug = publisher(request.source, register)
    if slug is None or slug not in register.parties or not any(map(register.municipalities, request.areas)):
        return []
    found = standing(register.parties[slug], request.functions, request.areas, register)
    if found is Lacking.NOT_HERE:
        return [
            Problem("areas", "no_standing", f"noemt geen gebied waar '{slug}' over gaat: {_INSTEAD_HERE}")
        ]
    if found is Lacking.NO_ROLE:
        return [
            Problem(
                "functions", "no_standing", f"noemt niets waar '{slug}' mee te maken heeft: {_INSTEAD_ROLE}"
            )
        ]
    return []


_INSTEAD_HERE = (
    "vraag over uw eigen gebied, of laat het vragen door wie daar wel over gaat, zoals de gemeente, het "
    "waterschap, de veiligheidsregio of de provincie daar, of het kernteam van de functie"
)
_INSTEAD_ROLE = (
    "laat het vragen door wie er een rol in heeft, zoals het kernteam van de functie. Hebt u zelf een rol, "
    "vraag dan wie de hub beheert om die in het register te zetten"
)
