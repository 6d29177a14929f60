"""Who is tied to an event? By function, by area, by dependency, by subscription, or by name."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from hub.register.kinds import OVERALL_CORE_TEAM, PartyKind, RoleKind, Strength, Wish
from hub.register.model import Register
from hub.rules.chains import harms
from hub.rules.identity import canonical
from hub.rules.relations import Reason, Relation
from hub.rules.subscribing import matching
from schemas.envelope import Envelope
from schemas.terms import FunctionSlug, Tlp

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


_MOST_KEPT = 10_000


class _Tied(NamedTuple):
    parties: tuple[str, ...]
    clearance: Tlp
    reasons: tuple[Reason, ...]


class Tied(_Tied):
    """Parties that are tied for the same reasons and have the same clearance.

    Their JSON is written once: they stand with many events."""

    @cached_property
    def relations(self) -> tuple[Relation, ...]:
        return tuple(reason.relation for reason in self.reasons)

    @cached_property
    def parties_json(self) -> str:
        return '["' + '","'.join(self.parties) + '"]'  # slugs have nothing to escape

    @cached_property
    def reasons_json(self) -> str:
        return canonical(self.reasons).decode()


def standing(
    functions: tuple[FunctionSlug, ...], areas: tuple[str, ...], register: Register
) -> Sequence[Tied]:
    """Everybody who is tied to any event about these functions and areas, each once, in a fixed order: by
    role, area and dependency, and the overall core team. Found once per register."""
    key = (functions, areas)
    if key not in register.standing:
        if len(register.standing) >= _MOST_KEPT:
            register.standing.clear()
        register.standing[key] = _grouped(_standing(functions, areas, register), register)
    found: Sequence[Tied] = register.standing[key]
    return found


def relations(event: Envelope, register: Register) -> Iterator[tuple[str, Reason]]:
    """Every (party, reason) that ties a party of the register to the event, in a fixed order."""
    for slug in event.data.recipients:
        if slug in register.parties:
            yield slug, Reason(Relation.NAMED)
    for tied in standing(event.functions, event.areas, register):
        yield from ((party, reason) for party in tied.parties for reason in tied.reasons)
    for party, wish in dict.fromkeys((s.party, s.wish) for s in matching(event, register)):
        if wish is not Wish.NOT:
            yield party, Reason(Relation.SUBSCRIBER)


def _standing(
    functions: Sequence[FunctionSlug], areas: Sequence[str], register: Register
) -> Iterator[tuple[str, Reason]]:
    for function in functions:
        yield from _by_role(function, areas, register)
    yield from _by_area(areas, register)
    for harm in harms(functions, areas, register):
        if relation := _OF_STRENGTH.get(harm.strength):
            yield register.functions[harm.function].core_team, Reason(relation, harm.function)
    if OVERALL_CORE_TEAM in register.parties:
        yield OVERALL_CORE_TEAM, Reason(Relation.OVERALL_CORE_TEAM)


def _by_role(
    function: FunctionSlug, areas: Iterable[str], register: Register
) -> Iterator[tuple[str, Reason]]:
    seen = set()
    for area in areas:
        reasons = {kind: Reason(relation, function, area) for kind, relation in _OF_ROLE.items()}
        for role in register.roles_in(function, area):
            if role not in seen:
                seen.add(role)
                yield role.party, reasons[role.kind]


def _by_area(areas: Iterable[str], register: Register) -> Iterator[tuple[str, Reason]]:
    seen = set()
    for area in areas:
        reasons = {kind: Reason(relation, None, area) for kind, relation in _OF_GOVERNMENT.items()}
        for party in register.governments_in(area):
            if party.slug not in seen:
                seen.add(party.slug)
                yield party.slug, reasons[party.kind]


def _grouped(pairs: Iterable[tuple[str, Reason]], register: Register) -> Sequence[Tied]:
    reasons: dict[str, tuple[Reason, ...]] = {}
    for party, reason in pairs:
        reasons[party] = (*reasons.get(party, ()), reason)
    groups: dict[tuple[tuple[Reason, ...], Tlp], list[str]] = {}
    for party, why in reasons.items():
        groups.setdefault((why, register.parties[party].clearance), []).append(party)
    return tuple(Tied(tuple(parties), clearance, why) for (why, clearance), parties in groups.items())
