"""Is this history sound? Every reason why it is not, each with the entry and field that it is about."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from statistics import mode
from typing import NamedTuple

from hub.register.history import Entry, History, Kind
from hub.register.kinds import HUB, OVERALL_CORE_TEAM, PartyKind
from hub.register.model import AreaFacts, Dependency, FunctionFacts, Party, Role, Subscription
from hub.rules.filters import filter_problems
from schemas.classification import classified
from schemas.envelope import MOST_AREAS
from schemas.register_change import MOST_LINKED
from schemas.terms import FunctionSlug, holds_bsn

_Span = tuple[date, date]
_Spans = Mapping[tuple[Kind, str], list[_Span]]
_FOR_EVER = date.max
_KIND_OF_OWN = {HUB: PartyKind.HUB, OVERALL_CORE_TEAM: PartyKind.CORE_TEAM}
"""Parties that the hub itself leans on."""
_ALWAYS = (
    *((Kind.FUNCTION, str(slug)) for slug in FunctionSlug),
    *((Kind.PARTY, slug) for slug in _KIND_OF_OWN),
)


class Fault(NamedTuple):
    """What is wrong with an entry. `field` names one of its facts, `since` or `until`, or nothing: then what
    is wrong is not in this entry, but among those of its kind. `detail` is Dutch."""

    entry: Entry
    field: str
    code: str
    detail: str


def faults(history: History) -> list[Fault]:
    """Every fault, in the order of the entries; none: the history is sound."""
    spans = _spans(history.entries)
    found = [*_wrong_spans(history), *_overlaps(history), *_shared_numbers(history), *_lost(history, spans)]
    for entry in history.entries:
        found += _dangling(entry, spans)
        found += _odd(entry)
        found += _own_parties(entry)
    place = {id(entry): position for position, entry in enumerate(history.entries)}
    return sorted(found, key=lambda fault: place[id(fault.entry)])


def faults_of(entry: Entry, history: History) -> list[Fault]:
    """What is wrong with one entry of a history that is sound without it, and that it overlaps nothing in."""
    leans_on = {(kind, key) for _, kind, key in _references(entry)}
    known = (other for other in history.entries if (other.kind, other.key) in leans_on)
    return [*_dangling(entry, _spans(known)), *_odd(entry)]


def _wrong_spans(history: History) -> Iterator[Fault]:
    for entry in history.entries:
        if entry.until is not None and entry.until <= entry.since:
            yield Fault(entry, "until", "ends_before_start", "moet na de begindatum liggen")


def _overlaps(history: History) -> Iterator[Fault]:
    # Entries of one key stand next to each other, in time.
    for one, other in zip(history.entries, history.entries[1:], strict=False):
        if (one.kind, one.key) == (other.kind, other.key) and _span(one)[1] > other.since:
            if one.since == other.since:
                yield Fault(other, "key", "doubled", f"'{other.key}' staat er twee keer vanaf dezelfde dag")
            else:
                detail = f"overlapt: '{other.key}' geldt ook al vanaf {one.since.isoformat()}"
                yield Fault(other, "since", "overlap", detail)


def _shared_numbers(history: History) -> Iterator[Fault]:
    holders: dict[tuple[str, str], list[Entry]] = {}
    for entry in history.of_kind(Kind.PARTY):
        assert isinstance(entry.facts, Party)  # noqa: S101 - of this kind
        for field, words, number in (
            ("oin", "OIN", entry.facts.oin),
            ("kvk", "KvK-nummer", entry.facts.kvk),
        ):
            others = holders.setdefault((field, number), []) if number else []
            for other in others:
                if other.key != entry.key and _meet(_span(other), _span(entry)):
                    yield Fault(entry, field, f"{field}_taken", f"is ook het {words} van '{other.key}'")
                    break
            others.append(entry)


def _lost(history: History, spans: _Spans) -> Iterator[Fault]:
    """The functions are fixed, and the hub leans on two parties: all are there as long as the register is."""
    if not history.entries:
        return
    begins = _begins(history, spans)
    for kind, key in _ALWAYS:
        if not _covered((begins, _FOR_EVER), spans.get((kind, key), [])):
            own = [entry for entry in history.of_kind(kind) if entry.key == key]
            detail = f"'{key}' moet er zijn vanaf {begins.isoformat()}, zonder einde"
            if own:
                yield Fault(own[-1], "until", f"{kind}_missing", detail)
            else:
                yield Fault((history.of_kind(kind) or history.entries)[0], "", f"{kind}_missing", detail)
    for entry in history.entries:
        if entry.since < begins:
            detail = f"het register begint op {begins.isoformat()}: eerder kan niet"
            yield Fault(entry, "since", "before_register", detail)


def _begins(history: History, spans: _Spans) -> date:
    """The day on which most of what must always be there begins: so one mistake is told as one."""
    return mode([spans[one][0][0] for one in _ALWAYS if one in spans] or [history.entries[0].since])


def _own_parties(entry: Entry) -> Iterator[Fault]:
    wanted = _KIND_OF_OWN.get(entry.key)
    if isinstance(entry.facts, Party) and wanted not in (None, entry.facts.kind):
        yield Fault(entry, "kind", "kind_fixed", f"'{entry.key}' houdt zijn soort: daar rekent de hub op")


def _dangling(entry: Entry, spans: _Spans) -> Iterator[Fault]:
    for field, kind, key in _references(entry):
        known = spans.get((kind, key))
        if known is None:
            yield Fault(entry, field, f"unknown_{kind}", f"'{key}' staat niet in het register")
        elif not _covered(_span(entry), known):
            since, until = known[0][0], known[-1][1]
            end = "" if until == _FOR_EVER else f" tot {until.isoformat()}"
            detail = f"'{key}' geldt niet al die tijd, maar vanaf {since.isoformat()}{end}"
            yield Fault(entry, field, f"{kind}_not_valid", detail)


def _references(entry: Entry) -> Iterator[tuple[str, Kind, str]]:
    match entry.facts:
        case FunctionFacts() as facts:
            yield "core_team", Kind.PARTY, facts.core_team
        case AreaFacts() as facts:
            yield from (("within", Kind.AREA, code) for code in facts.within)
        case Party() as facts:
            yield from (("areas", Kind.AREA, code) for code in facts.areas)
        case Role() as facts:
            yield "party", Kind.PARTY, facts.party
        case Subscription() as facts:
            yield "party", Kind.PARTY, facts.party
            yield from (("areas", Kind.AREA, code) for code in facts.areas)


def _odd(entry: Entry) -> Iterator[Fault]:
    match entry.facts:
        case Dependency() as facts if facts.from_function == facts.to_function:
            yield Fault(entry, "to_function", "loop", "een functie hangt niet van zichzelf af")
        case Party() as facts if not facts.areas:
            yield Fault(entry, "areas", "no_area", "noem minstens één gebied")
        case AreaFacts() as facts:
            yield from _odd_area(entry, facts)
        case Subscription() as facts:
            for problem in filter_problems(facts.filters):
                yield Fault(entry, "filters", problem.code, f"{problem.field} {problem.detail}".strip())
    yield from _classified(entry)
    yield from _untellable(entry)


def _classified(entry: Entry) -> Iterator[Fault]:
    facts = {field.name: getattr(entry.facts, field.name) for field in fields(entry.facts)}
    for problem in classified(facts):
        field, *inside = problem.field.split("/", 1)
        yield Fault(entry, field, problem.code, " ".join((*inside, problem.detail)))


def _untellable(entry: Entry) -> Iterator[Fault]:
    """What an event of the hub about this entry can't say."""
    for fact in ("slug", "party", "name" if isinstance(entry.facts, Subscription) else ""):
        text = getattr(entry.facts, fact, None)
        if isinstance(text, str) and holds_bsn(text):
            detail = f"'{text}' lijkt een burgerservicenummer (BSN) te bevatten; kies een andere korte naam"
            yield Fault(entry, fact, "personal_data", detail)
    if isinstance(entry.facts, Party) and len(entry.facts.areas) > MOST_AREAS:
        detail = (
            f"noemt meer dan {MOST_AREAS} gebieden; gebruik de code van het grotere gebied: provincie, "
            "veiligheidsregio, waterschap, of NL"
        )
        yield Fault(entry, "areas", "too_many_areas", detail)
    if isinstance(entry.facts, AreaFacts):
        for fact in ("within", "successors"):
            if len(getattr(entry.facts, fact)) > MOST_LINKED:
                yield Fault(entry, fact, "too_many_areas", f"noemt meer dan {MOST_LINKED} gebieden")


def _odd_area(entry: Entry, facts: AreaFacts) -> Iterator[Fault]:
    if not facts.code.startswith("GM"):
        if facts.within:
            yield Fault(entry, "within", "not_a_municipality", "alleen een gemeente ligt in andere gebieden")
        return
    count = {prefix: sum(code.startswith(prefix) for code in facts.within) for prefix in ("PV", "VR", "WS")}
    for prefix, words in (("PV", "precies één provincie"), ("VR", "precies één veiligheidsregio")):
        if count[prefix] != 1:
            yield Fault(entry, "within", "area_incomplete", f"noem {words}")
    if not count["WS"]:
        yield Fault(entry, "within", "area_incomplete", "noem minstens één waterschap")
    if sum(count.values()) != len(facts.within):
        yield Fault(entry, "within", "area_kind", "noem alleen provincie, veiligheidsregio en waterschappen")
    if facts.successors and entry.until is None:
        yield Fault(entry, "successors", "not_ended", "een opvolger hoort bij een gebied dat ophoudt")


def _span(entry: Entry) -> _Span:
    return entry.since, entry.until or _FOR_EVER


def _spans(entries: Iterable[Entry]) -> _Spans:
    """When each key holds, in order."""
    found: dict[tuple[Kind, str], list[_Span]] = {}
    for entry in entries:
        found.setdefault((entry.kind, entry.key), []).append(_span(entry))
    return {key: sorted(spans) for key, spans in found.items()}


def _covered(wanted: _Span, spans: Iterable[_Span]) -> bool:
    start, end = wanted
    for since, until in spans:
        if since <= start < until:
            start = until
    return start >= end


def _meet(one: _Span, other: _Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
