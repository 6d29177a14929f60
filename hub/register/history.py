"""The register through time: what was entered, valid from which day until which; the register of any day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from functools import cached_property

from hub.register.kinds import RoleKind
from hub.register.model import (
    Area,
    AreaFacts,
    Dependency,
    Former,
    FunctionFacts,
    Party,
    Register,
    Role,
    Subscription,
)
from schemas.terms import FunctionSlug


class Kind(StrEnum):
    """What an entry of the register is about."""

    FUNCTION = "function"
    AREA = "area"
    PARTY = "party"
    ROLE = "role"
    DEPENDENCY = "dependency"
    SUBSCRIPTION = "subscription"


Facts = FunctionFacts | AreaFacts | Party | Role | Dependency | Subscription
FACTS_OF: Mapping[Kind, type] = {
    Kind.FUNCTION: FunctionFacts,
    Kind.AREA: AreaFacts,
    Kind.PARTY: Party,
    Kind.ROLE: Role,
    Kind.DEPENDENCY: Dependency,
    Kind.SUBSCRIPTION: Subscription,
}
_KIND_OF = {facts: kind for kind, facts in FACTS_OF.items()}
_KINDS = {kind: place for place, kind in enumerate(Kind)}
_FUNCTIONS = {slug: place for place, slug in enumerate(FunctionSlug)}
_ROLES = {kind: place for place, kind in enumerate(RoleKind)}


@dataclass(frozen=True)
class Entry:
    """Facts that hold from `since` until the day before `until` (Dutch days); None: until further notice."""

    facts: Facts
    since: date
    until: date | None = None

    @property
    def kind(self) -> Kind:
        return _KIND_OF[type(self.facts)]

    @property
    def key(self) -> str:
        """What these facts are about: entries with the same kind and key follow one another in time."""
        return _key(self.facts)

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True)
class History:
    """All entries of one version, in a fixed order."""

    version: int
    entries: tuple[Entry, ...]

    @staticmethod
    def of(version: int, entries: Iterable[Entry]) -> "History":
        """The history of these entries, put in order."""
        return History(version, tuple(sorted(entries, key=_order)))

    def of_kind(self, kind: Kind) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.kind is kind)

    def replaced(self, kind: Kind, entries: Iterable[Entry]) -> "History":
        """This history with these entries in place of all those of that kind."""
        others = (entry for entry in self.entries if entry.kind is not kind)
        return History.of(self.version, (*others, *entries))

    @cached_property
    def begins(self) -> date | None:
        """The first day that the register knows anything of."""
        return min((entry.since for entry in self.entries), default=None)

    def next_change(self, after: date) -> date | None:
        """The first day after this one on which something begins or ends."""
        days = (day for entry in self.entries for day in (entry.since, entry.until) if day is not None)
        return min((day for day in days if day > after), default=None)

    def on(self, day: date) -> Register:
        """The register as it holds on this day."""
        present: dict[Kind, list[Facts]] = {kind: [] for kind in Kind}
        for entry in self.entries:
            if entry.holds_on(day):
                present[entry.kind].append(entry.facts)
        areas = _areas([facts for facts in present[Kind.AREA] if isinstance(facts, AreaFacts)])
        parties = {p.slug: p for p in present[Kind.PARTY] if isinstance(p, Party)}
        functions = (f for f in present[Kind.FUNCTION] if isinstance(f, FunctionFacts))
        return Register(
            version=self.version,
            parties=parties,
            functions={facts.slug: facts for facts in functions},
            areas=areas,
            roles=tuple(r for r in present[Kind.ROLE] if isinstance(r, Role)),
            dependencies=tuple(d for d in present[Kind.DEPENDENCY] if isinstance(d, Dependency)),
            subscriptions=tuple(s for s in present[Kind.SUBSCRIPTION] if isinstance(s, Subscription)),
            former=self._former(day, parties.keys() | areas.keys()),
        )

    def on_as(self, day: date, earlier: "History", register: Register) -> Register:
        """The register as it holds on this day, given what it was that day by an earlier history. When only
        subscriptions differ, all that was found out about the rest stays."""
        if self._without_subscriptions() != earlier._without_subscriptions():
            return self.on(day)
        present = (entry.facts for entry in self.of_kind(Kind.SUBSCRIPTION) if entry.holds_on(day))
        wishes = tuple(facts for facts in present if isinstance(facts, Subscription))
        made = replace(register, version=self.version, subscriptions=wishes)
        own = {one.name for one in fields(made)} | {"subscriptions_to", "without_subscriptions"}
        vars(made).update((name, found) for name, found in vars(register).items() if name not in own)
        return made

    def _without_subscriptions(self) -> list[Entry]:
        return [entry for entry in self.entries if not isinstance(entry.facts, Subscription)]

    def _former(self, day: date, present: Iterable[str]) -> dict[str, Former]:
        last: dict[str, Former] = {}
        for entry in self.entries:
            facts, until = entry.facts, entry.until
            if isinstance(facts, Party | AreaFacts) and until is not None and until <= day:
                last[entry.key] = Former(facts, until)
        return {key: former for key, former in last.items() if key not in present}


def _areas(facts: Iterable[AreaFacts]) -> dict[str, Area]:
    facts = list(facts)
    members: dict[str, set[str]] = {one.code: set() for one in facts}
    for one in facts:
        if one.within:
            for code in (one.code, *one.within, *(["NL"] if "NL" in members else [])):
                members.setdefault(code, set()).add(one.code)
    return {one.code: Area(one.code, one.name, frozenset(members[one.code]), one.within) for one in facts}


def _key(facts: Facts) -> str:
    match facts:
        case AreaFacts():
            return facts.code
        case FunctionFacts() | Party():
            return facts.slug
        case Role():
            return f"{facts.party} {facts.function} {facts.kind}"
        case Dependency():
            return f"{facts.from_function} {facts.to_function}"
        case Subscription():
            return f"{facts.party} {facts.name}"


def _order(entry: Entry) -> tuple[object, ...]:
    """Functions as they are numbered, roles by function and weight, all else by key; then by time."""
    facts = entry.facts
    place: tuple[object, ...] = ()
    if isinstance(facts, FunctionFacts):
        place = (_FUNCTIONS[facts.slug],)
    elif isinstance(facts, Role):
        place = (_FUNCTIONS[facts.function], _ROLES[facts.kind])
    elif isinstance(facts, Dependency):
        place = (_FUNCTIONS[facts.from_function], _FUNCTIONS[facts.to_function])
    return (_KINDS[entry.kind], place, entry.key, entry.since)
