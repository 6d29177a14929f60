"""Who is tied to an event? By function, by area, by dependency, by subscription, or by name."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from hub.register.kinds import OVERALL_CORE_TEAM, PartyKind, RoleKind, Strength, Wish
from hub.register.model import Register
from hub.rules.chains import harms
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


@lru_cache(maxsize=10_000)
def _decided(relations: tuple[Relation, ...], clearance: Tlp) -> dict[tuple[Any, str, Tlp, Wish | None], Any]:
    return {}


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
    def decided(self) -> dict[tuple[Any, str, Tlp, Wish | None], Any]:
        """What `hub.rules.recipients` decided before for parties with these relations and this clearance."""
        return _decided(self.relations, self.clearance)

    @cached_property
    def parties_json(self) -> str:
        return '["' + '","'.join(self.parties) + '"]'  # slugs have nothing to escape

    @cached_property
    def reasons_json(self) -> str:
        return f"[{','.join(map(_as_json, self.reasons))}]"

    @cached_property
    def members_json(self) -> str:
        """Both as the members `parties` and `reasons` of a JSON object."""
        return f'"parties":{self.parties_json},"reasons":{self.reasons_json}'

    @cached_property
    def as_text(self) -> tuple[str, str]:
        """Both as PostgreSQL's COPY reads them in text format."""
        return f"{{{self.parties_json[1:-1]}}}", self.reasons_json.replace("\\", "\\\\")


def _as_json(reason: Reason) -> str:
    # Relations, functions and codes of areas have nothing to escape.
    relation, function, area = reason
    about = f'"{function}"' if function else "null"
    return f'["{relation}",{about},"{area}"]' if area else f'["{relation}",{about},null]'


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
