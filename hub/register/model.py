"""The register as frozen values, with the questions that routing and the throttle ask it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from hub.register.kinds import DECENTRAL, PartyKind, RoleKind, Strength, Wish
from schemas.terms import FunctionSlug, Tlp


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation. `areas` are the codes it serves; `clearance` is the most closed label it may receive;
    `oin` is the 20-position number that its event sources carry, or else `kvk`, its 8 digits in the trade
    register."""

    slug: str
    name: str
    kind: PartyKind
    mailbox: str
    oin: str
    areas: tuple[str, ...]
    clearance: Tlp
    kvk: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """What `party` is to `function`."""

    party: str
    function: FunctionSlug
    kind: RoleKind


@dataclass(frozen=True, slots=True)
class AreaFacts:
    """What is entered of an official area. A municipality lies `within` a province, a safety region and one
    or more water boards, the largest first; `successors` are the areas that it went into when it ended."""

    code: str
    name: str
    within: tuple[str, ...] = ()
    successors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Area:
    """An official area. `municipalities` are the codes it consists of: areas meet where these overlap."""

    code: str
    name: str
    municipalities: frozenset[str]
    within: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """One of the thirteen functions (provincial roads has no number)."""

    slug: FunctionSlug
    number: int | None
    name_nl: str
    name_en: str
    core_team: str
    coordinator_nl: str


@dataclass(frozen=True, slots=True)
class Dependency:
    """A failure of `from_function` harms `to_function`; `origin` says how that is known."""

    from_function: FunctionSlug
    to_function: FunctionSlug
    strength: Strength
    origin: str = ""


@dataclass(frozen=True)
class Subscription:
    """Events that `party` wants or does not want: of any of these functions, about any of these areas (none
    named: of all), that pass every one of these CloudEvents filters."""

    party: str
    name: str
    wish: Wish
    functions: tuple[FunctionSlug, ...] = ()
    areas: tuple[str, ...] = ()
    filters: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Former:
    """A party or area that ended on `until`, the first day without it."""

    facts: Party | AreaFacts
    until: date


@dataclass(frozen=True)
class Register:
    """All of it at one version. Lookups are by slug or code; unknown ones raise KeyError."""

    version: int
    parties: Mapping[str, Party]
    functions: Mapping[FunctionSlug, FunctionFacts]
    areas: Mapping[str, Area]
    roles: tuple[Role, ...]
    dependencies: tuple[Dependency, ...]
    subscriptions: tuple[Subscription, ...] = ()
    former: Mapping[str, Former] = field(default_factory=dict)

    @cached_property
    def standing(self) -> dict[tuple[tuple[FunctionSlug, ...], tuple[str, ...]], Any]:
        """Who is tied to functions in areas, as `hub.rules.ties` found before."""
        return {}

    @cached_property
    def roles_of_function(self) -> Mapping[FunctionSlug, tuple[Role, ...]]:
        found: dict[FunctionSlug, list[Role]] = {slug: [] for slug in self.functions}
        for role in self.roles:
            found[role.function].append(role)
        return {slug: tuple(roles) for slug, roles in found.items()}

    @cached_property
    def _roles_by_served(self) -> Mapping[tuple[FunctionSlug, str], tuple[int, ...]]:
        """The places in `roles_of_function` of those whose party serves exactly this area."""
        found: dict[tuple[FunctionSlug, str], list[int]] = {}
        for function, roles in self.roles_of_function.items():
            for place, role in enumerate(roles):
                for area in self.parties[role.party].areas:
                    found.setdefault((function, area), []).append(place)
        return {key: tuple(places) for key, places in found.items()}

    def roles_in(self, function: FunctionSlug, area: str) -> list[Role]:
        """The roles for this function of parties that serve an area that meets this one, in a fixed order.
        Takes as long as there are such roles, however many others there are."""
        near = self._roles_by_served
        places = {place for met in self.areas_meeting(area) for place in near.get((function, met), ())}
        roles = self.roles_of_function.get(function, ())
        return [roles[place] for place in sorted(places)]

    @cached_property
    def held_roles(self) -> frozenset[Role]:
        """Every role, to ask whether a party has one."""
        return frozenset(self.roles)

    @cached_property
    def operators(self) -> frozenset[str]:
        """Every party that operates some function."""
        return frozenset(role.party for role in self.roles if role.kind is RoleKind.OPERATOR)

    @cached_property
    def decentral_by_municipality(self) -> Mapping[str, tuple[Party, ...]]:
        """The governments whose own area holds a municipality."""
        found: dict[str, list[Party]] = {}
        for party in self.parties.values():
            if party.kind in DECENTRAL:
                for code in {code for area in party.areas for code in self.areas[area].municipalities}:
                    found.setdefault(code, []).append(party)
        return {code: tuple(parties) for code, parties in found.items()}

    @cached_property
    def _governments(self) -> dict[str, tuple[Party, ...]]:
        return {}

    def governments_in(self, area: str) -> tuple[Party, ...]:
        """The governments whose own area meets this one, in a fixed order."""
        if area not in self._governments:
            near = (self.decentral_by_municipality.get(m, ()) for m in sorted(self.municipalities(area)))
            self._governments[area] = tuple({p.slug: p for parties in near for p in parties}.values())
        return self._governments[area]

    @cached_property
    def slug_by_number(self) -> Mapping[tuple[str, str], str]:
        """Every party that is or was there, by what its sources may carry: (`oin` or `kvknr`, number)."""
        former = (f.facts for f in self.former.values() if isinstance(f.facts, Party))
        return {
            number: party.slug
            for party in (*former, *self.parties.values())
            for number in (("oin", party.oin), ("kvknr", party.kvk))
            if number[1]
        }

    @cached_property
    def municipalities_of_function(self) -> Mapping[FunctionSlug, frozenset[str]]:
        """Where each function has an operator."""
        found: dict[FunctionSlug, set[str]] = {slug: set() for slug in self.functions}
        for role in self.roles:
            if role.kind is RoleKind.OPERATOR:
                for area in self.parties[role.party].areas:
                    found[role.function] |= self.areas[area].municipalities
        return {slug: frozenset(codes) for slug, codes in found.items()}

    @cached_property
    def _functions_in(self) -> dict[str, frozenset[FunctionSlug]]:
        return {}

    def functions_in(self, area: str) -> frozenset[FunctionSlug]:
        """The functions that have an operator in some part of this area."""
        if area not in self._functions_in:
            municipalities = self.municipalities(area)
            self._functions_in[area] = frozenset(
                function
                for function, here in self.municipalities_of_function.items()
                if not municipalities.isdisjoint(here)
            )
        return self._functions_in[area]

    @cached_property
    def _arrows(self) -> Mapping[tuple[FunctionSlug, Strength], tuple[FunctionSlug, ...]]:
        found: dict[tuple[FunctionSlug, Strength], list[FunctionSlug]] = {}
        for arrow in self.dependencies:
            found.setdefault((arrow.from_function, arrow.strength), []).append(arrow.to_function)
        return {key: tuple(functions) for key, functions in found.items()}

    def harmed_by(self, function: FunctionSlug, strength: Strength) -> tuple[FunctionSlug, ...]:
        """The functions that a failure of this one harms in one step, with this strength."""
        return self._arrows.get((function, strength), ())

    @cached_property
    def subscriptions_to(self) -> Mapping[FunctionSlug, tuple[int, ...]]:
        """The places of the subscriptions that may match an event of this function."""
        numbered = tuple(enumerate(self.subscriptions))
        return {
            slug: tuple(place for place, s in numbered if not s.functions or slug in s.functions)
            for slug in self.functions
        }

    @cached_property
    def without_subscriptions(self) -> "Register":
        """The same, as if nobody had subscribed."""
        return replace(self, subscriptions=())

    def municipalities(self, code: str) -> frozenset[str]:
        """The municipalities of an area; of one that ended, those of the areas that it went into."""
        if code in self.areas:
            return self.areas[code].municipalities
        found: set[str] = set()
        seen = {code}
        ahead = [code]
        while ahead:
            here = ahead.pop()
            facts = self.former[here].facts if here in self.former else None
            if here in self.areas:
                found |= self.areas[here].municipalities
            elif isinstance(facts, AreaFacts):
                ahead += [code for code in facts.successors if code not in seen]
                seen.update(facts.successors)
        return frozenset(found)

    @cached_property
    def _meeting(self) -> dict[str, tuple[str, ...]]:
        return {}

    def areas_meeting(self, code: str) -> tuple[str, ...]:
        """Every present area that shares a municipality with this one; of a code that is none: none."""
        if code not in self._meeting:
            self._meeting[code] = tuple(other for other in self.areas if self.meet(code, other))
        return self._meeting[code]

    def meet(self, one: str, other: str) -> bool:
        """Whether two areas share a municipality."""
        return not self.municipalities(one).isdisjoint(self.municipalities(other))

    def meeting_area(self, served: Iterable[str], areas: Iterable[str]) -> str | None:
        """The first of `areas` that meets one of the `served` areas."""
        served = tuple(served)
        return next((area for area in areas if any(self.meet(own, area) for own in served)), None)
