"""How is a party related to an event? By function, by area, by dependency, or by name."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from hub.register.model import OVERALL_CORE_TEAM, PartyKind, Register, RoleKind, Strength, Wish
from hub.rules.chains import harms
from hub.rules.subscribing import matching
from schemas.envelope import Envelope
from schemas.terms import FunctionSlug


class Relation(StrEnum):
    NAMED = "named"
    ASKED = "asked"
    ASKER = "asker"
    CORE_TEAM = "core-team"
    COORDINATOR = "coordinator"
    MINISTRY = "responsible-ministry"
    OPERATOR = "operator"
    UMBRELLA = "umbrella"
    SUPERVISOR = "supervisor"
    ADVISER = "adviser"
    MUNICIPALITY = "municipality"
    PROVINCE = "province"
    WATER_BOARD = "water-board"
    SAFETY_REGION = "safety-region"
    DEPENDENT_CORE_TEAM = "dependent-core-team"
    PARTLY_DEPENDENT_CORE_TEAM = "partly-dependent-core-team"
    SUBSCRIBER = "subscriber"
    OVERALL_CORE_TEAM = "overall-core-team"


class Reason(NamedTuple):
    """Why a party is concerned: the relation, and the function and area that make it."""

    relation: Relation
    function: str | None = None
    area: str | None = None


_OF_ROLE = {
    RoleKind.CORE_TEAM: Relation.CORE_TEAM,
    RoleKind.COORDINATOR: Relation.COORDINATOR,
    RoleKind.RESPONSIBLE_MINISTRY: Relation.MINISTRY,
    RoleKind.OPERATOR: Relation.OPERATOR,
    RoleKind.UMBRELLA: Relation.UMBRELLA,
    RoleKind.SUPERVISOR: Relation.SUPERVISOR,
    RoleKind.ADVISER: Relation.ADVISER,
}
_OF_GOVERNMENT = {
    PartyKind.MUNICIPALITY: Relation.MUNICIPALITY,
    PartyKind.PROVINCE: Relation.PROVINCE,
    PartyKind.WATER_BOARD: Relation.WATER_BOARD,
    PartyKind.SAFETY_REGION: Relation.SAFETY_REGION,
}
_OF_STRENGTH = {
    Strength.HIGH: Relation.DEPENDENT_CORE_TEAM,
    Strength.MEDIUM: Relation.PARTLY_DEPENDENT_CORE_TEAM,
}
"""A low dependency is told to nobody unasked."""


def publisher(source: str, register: Register) -> str | None:
    """The party that a source belongs to, by its OIN; also one that ended."""
    parts = source.split(":")
    return register.slug_by_oin.get(parts[3]) if len(parts) > 3 and parts[2] == "oin" else None


def relations(event: Envelope, register: Register) -> Iterator[tuple[str, Reason]]:
    """Every (party, reason) that ties a party of the register to the event, in a fixed order."""
    for slug in event.data.recipients:
        if slug in register.parties:
            yield slug, Reason(Relation.NAMED)
    for function in event.functions:
        yield from _by_role(event, function, register)
    yield from _by_area(event, register)
    yield from _by_dependency(event, register)
    yield from _by_subscription(event, register)
    if OVERALL_CORE_TEAM in register.parties:
        yield OVERALL_CORE_TEAM, Reason(Relation.OVERALL_CORE_TEAM)


_Ties = Mapping[object, tuple[str, Reason]]


def _by_role(event: Envelope, function: FunctionSlug, register: Register) -> Iterator[tuple[str, Reason]]:
    if len(event.areas) == 1:
        yield from _role_ties(function, event.areas[0], register).values()
        return
    found: dict[object, tuple[str, Reason]] = {}
    for area in event.areas:
        for role, tie in _role_ties(function, area, register).items():
            found.setdefault(role, tie)
    yield from (found[role] for role in register.roles_of_function[function] if role in found)


def _role_ties(function: FunctionSlug, area: str, register: Register) -> _Ties:
    """Who has which role for the function in this area, by role; found once per register."""
    key = (function, area)
    if key not in register.ties:
        register.ties[key] = {
            role: (role.party, Reason(_OF_ROLE[role.kind], function, area))
            for role in register.roles_of_function[function]
            if register.meeting_area(register.parties[role.party].areas, [area])
        }
    ties: _Ties = register.ties[key]
    return ties


def _by_area(event: Envelope, register: Register) -> Iterator[tuple[str, Reason]]:
    found: dict[object, tuple[str, Reason]] = {}
    for area in event.areas:
        for party, tie in _area_ties(area, register).items():
            found.setdefault(party, tie)
    yield from found.values()


def _area_ties(area: str, register: Register) -> _Ties:
    """The governments of this area, by party; found once per register."""
    key = ("", area)
    if key not in register.ties:
        register.ties[key] = {
            party.slug: (party.slug, Reason(_OF_GOVERNMENT[party.kind], None, area))
            for municipality in sorted(register.municipalities(area))
            for party in register.decentral_by_municipality.get(municipality, ())
        }
    ties: _Ties = register.ties[key]
    return ties


def _by_dependency(event: Envelope, register: Register) -> Iterator[tuple[str, Reason]]:
    for harm in harms(event.functions, event.areas, register):
        if relation := _OF_STRENGTH.get(harm.strength):
            yield register.functions[harm.function].core_team, Reason(relation, harm.function)


def _by_subscription(event: Envelope, register: Register) -> Iterator[tuple[str, Reason]]:
    for party, wish in dict.fromkeys((s.party, s.wish) for s in matching(event, register)):
        if wish is not Wish.NOT:
            yield party, Reason(Relation.SUBSCRIBER)
