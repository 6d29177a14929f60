"""Events of every type as hypothesis draws them: valid, and with all that a party may leave out."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from hub.register.kinds import HUB, RoleKind
from schemas.catalogue import Event, parse
from schemas.terms import FunctionSlug, Hazard, Tlp, is_readable
from tests.events import KINDS, OF_THE_HUB, attributes, source_of
from tests.registers import REGISTER

PARTIES = tuple(REGISTER.parties)
OPERATORS = tuple(dict.fromkeys(role.party for role in REGISTER.roles if role.kind == "operator"))
MINISTRIES = tuple(slug for slug, party in REGISTER.parties.items() if party.kind == "ministry")
AREAS = tuple(REGISTER.areas)
LABELS = tuple(str(label) for label in Tlp)

_letters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")) | st.sampled_from(
    " aeno"
)


def instants(first: datetime, last: datetime) -> st.SearchStrategy[datetime]:
    """Moments from `first` up to and with `last`."""
    return st.integers(0, (last - first) // timedelta(microseconds=1)).map(
        lambda elapsed: first + timedelta(microseconds=elapsed)
    )


def _readable(text: str) -> bool:
    return is_readable(text) and bool(text.strip())


lines = st.text(_letters, min_size=1, max_size=150).filter(_readable)
texts = st.text(_letters | st.sampled_from("\n\t "), min_size=1, max_size=300).filter(_readable)
_subjects = lines.filter(lambda text: not re.search(r"\d{9}", text))
days = st.dates().map(str)
moments = instants(datetime(1900, 1, 1, tzinfo=UTC), datetime(2199, 12, 31, tzinfo=UTC)).map(
    datetime.isoformat
)
hazards = st.lists(st.sampled_from(list(Hazard)), min_size=1, max_size=4).map(
    lambda found: [str(h) for h in found]
)
links = st.just("https://rapporten.example/1")
parties = st.lists(st.sampled_from(PARTIES), max_size=4, unique=True)
functions = st.lists(st.sampled_from(list(FunctionSlug)), min_size=1, max_size=4, unique=True)
areas = st.lists(st.sampled_from(AREAS), min_size=1, max_size=5, unique=True)
_references = st.fixed_dictionaries({"source": st.sampled_from(PARTIES).map(source_of), "id": lines})
_asking = {
    "asked": st.lists(st.sampled_from(OPERATORS), max_size=3, unique=True),
    "needed_by": days,
    "urgent": texts,
    "again": st.fixed_dictionaries({"request": _references, "reason": texts}),
    "crisis": lines,
}
_rows = st.lists(st.fixed_dictionaries({"area": st.sampled_from(AREAS), "text": texts}), max_size=3)
_two = {"asked": st.sampled_from(OPERATORS), "one": _references, "other": _references}

_changed = {
    "title": lines,
    "change": st.sampled_from(["added", "changed", "ended", "removed"]),
    "since": days,
    "register_version": st.integers(1, 99),
}
_changed_too = {"until": days, "fields": st.lists(st.sampled_from(["name", "until"]), max_size=2)}

_DATA: dict[str, tuple[dict[str, st.SearchStrategy[Any]], dict[str, st.SearchStrategy[Any]]]] = {
    "stress-test-completed": (
        {
            "title": lines,
            "summary": texts,
            "hazards": hazards,
            "standard": lines,
            "openness": st.sampled_from(["public", "partners", "confidential"]),
        },
        {
            "deviations": st.lists(
                st.fixed_dictionaries({"from_standard": lines, "reason": texts}), max_size=2
            ),
            "link": links,
        },
    ),
    "impact-analysis-published": (
        {"title": lines, "summary": texts, "scenario": texts, "hazards": hazards},
        {
            "outage_hours": st.integers(0, 100_000),
            "people_affected": st.integers(0, 20_000_000),
            "link": links,
        },
    ),
    "bottleneck-found": (
        {
            "title": lines,
            "description": texts,
            "hazards": hazards,
            "severity": st.sampled_from(["low", "medium", "high"]),
            "found_on": days,
        },
        {"location": lines},
    ),
    "bottleneck-resolved": (
        {"bottleneck": _references, "title": lines, "how": texts, "resolved_on": days},
        {},
    ),
    "question-raised": (
        {"text": texts},
        {
            **_asking,
            "background": texts,
            "standard_question": st.sampled_from(["stations-at-water-depth", "exposed-assets", "unknown"]),
            "parameters": st.dictionaries(
                lines | st.sampled_from(["depth_cm", "hazard"]),
                lines | st.sampled_from(["50", "heat"]),
                max_size=3,
            ),
        },
    ),
    "question-answered": (
        {"question": _references, "text": texts},
        {"per_area": _rows, "valid_until": days, "supersedes": _references},
    ),
    "answer-deposited": (
        {"standard_question": st.sampled_from(["stations-at-water-depth", "unknown"]), "text": texts},
        {"per_area": _rows, "valid_until": days, "kind": st.sampled_from(["static", "plans", "crisis"])},
    ),
    "answer-retracted": ({"answer": _references, "reason": texts}, {}),
    "information-requested": ({"title": lines, "text": texts, "purpose": texts}, _asking),
    "participation-requested": (
        {
            "activity": st.sampled_from(["stress-test", "risk-dialogue"]),
            "title": lines,
            "text": texts,
            "starts_at": moments,
        },
        {**_asking, "place": lines},
    ),
    "risk-dialogue-held": (
        {"title": lines, "held_on": days, "hazards": hazards, "outcome": texts},
        {"participants": parties, "agreements": st.lists(lines, max_size=3), "link": links},
    ),
    "knowledge-shared": ({"title": lines, "summary": texts}, {"link": links}),
    "stress-test-planned": (
        {"title": lines, "text": texts, "hazards": hazards, "starts_on": days},
        {"standard": lines, "participants": parties},
    ),
    "vulnerability-analysis-published": (
        {"title": lines, "summary": texts, "hazards": hazards},
        {"exposed": texts, "fails_at": lines, "link": links},
    ),
    "bottleneck-updated": (
        {
            "bottleneck": _references,
            "title": lines,
            "description": texts,
            "hazards": hazards,
            "severity": st.sampled_from(["low", "medium", "high"]),
        },
        {"location": lines},
    ),
    "participation-accepted": ({"request": _references, "text": texts}, {}),
    "participation-declined": ({"request": _references, "reason": texts}, {"alternative": texts}),
    "request-withdrawn": ({"request": _references}, {"reason": texts}),
    "request-declined": ({"request": _references, "reason": texts}, {"valid_until": days}),
    "request-postponed": ({"request": _references, "reason": texts, "until": days}, {}),
    "request-referred": (
        {"request": _references, "reason": texts, "to": st.sampled_from(OPERATORS)},
        {},
    ),
    "request-confirmed": ({"request": _references, "reason": texts}, {}),
    "questions-merged": (_two, {"reason": texts}),
    "questions-separated": (_two, {"reason": texts}),
    "situation-opened": ({"crisis": lines, "text": texts}, {}),
    "situation-renewed": ({"situation": _references, "text": texts}, {}),
    "situation-reported": (
        {"situation": _references, "text": texts},
        {
            "rows": st.lists(
                st.fixed_dictionaries(
                    {
                        "standard_question": st.sampled_from(["stations-at-water-depth", "unknown"]),
                        "text": texts,
                    },
                    optional={"area": st.sampled_from(AREAS)},
                ),
                max_size=3,
            )
        },
    ),
    "request-progressed": (
        {
            "request": _references,
            "title": lines,
            "operator": st.sampled_from(OPERATORS),
            "state": st.sampled_from(["half-way", "expired", "withheld", "urgent-sent", "on-sheet"]),
        },
        {"reason": lines, "expected_by": moments},
    ),
    "bundle-released": (
        {
            "title": lines,
            "bundle": st.integers(1, 10_000),
            "kind": st.sampled_from(["routine", "urgent"]),
            "slot_at": moments,
            "questions": st.lists(
                st.fixed_dictionaries(
                    {
                        "number": st.integers(1, 100),
                        "request": _references,
                        "text": texts,
                        "functions": st.lists(
                            st.sampled_from(FunctionSlug).map(str), min_size=1, max_size=3, unique=True
                        ),
                        "areas": st.lists(st.sampled_from(AREAS), min_size=1, max_size=3, unique=True),
                    },
                    optional={"needed_by": days, "standard_question": st.just("stations-at-water-depth")},
                ),
                min_size=1,
                max_size=3,
            ),
        },
        {"part": st.integers(1, 9), "parts": st.integers(1, 9)},
    ),
    "answer-withheld": (
        {
            "answer": _references,
            "title": lines,
            "why": st.sampled_from(["answered-before", "not-asked"]),
        },
        {"settled_by": _references, "settled_at": moments},
    ),
    "risk-dialogue-planned": (
        {"title": lines, "text": texts, "hazards": hazards, "starts_at": moments},
        {"place": lines, "participants": parties, "state": st.sampled_from(["planned", "cancelled"])},
    ),
    "ambition-set": (
        {"title": lines, "text": texts, "hazards": hazards, "by_year": st.integers(2000, 2200)},
        {"link": links},
    ),
    "measure-adopted": (
        {"title": lines, "description": texts, "hazards": hazards},
        {"ready_by": days, "bottlenecks": st.lists(_references, max_size=3), "link": links},
    ),
    "measure-implemented": (
        {"measure": _references, "title": lines, "how": texts, "implemented_on": days},
        {},
    ),
    "ministry-consultation-requested": (
        {"title": lines, "reason": texts, "ministry": st.sampled_from(MINISTRIES)},
        {"bottlenecks": st.lists(_references, max_size=3)},
    ),
    "ministry-consultation-planned": (
        {"consultation": _references, "title": lines, "starts_at": moments},
        {"place": lines, "agenda": st.lists(lines, max_size=3)},
    ),
    "ministry-consultation-concluded": (
        {"consultation": _references, "title": lines, "held_on": days, "outcome": texts},
        {"agreements": st.lists(lines, max_size=3)},
    ),
    "progress-reported": (
        {
            "title": lines,
            "step": st.sampled_from(["know", "want", "work"]),
            "period_from": days,
            "period_until": days,
            "agreed": texts,
            "done": texts,
            "planned": texts,
        },
        {},
    ),
    "chain-effect-signalled": (
        {
            "title": lines,
            "state": st.sampled_from(["found", "resolved"]),
            "harmed": st.sampled_from(FunctionSlug).map(str),
            "path": st.lists(st.sampled_from(FunctionSlug).map(str), min_size=2, max_size=4),
            "strength": st.sampled_from(["high", "medium"]),
            "ask": st.sampled_from(PARTIES),
        },
        {},
    ),
    "party-changed": ({**_changed, "party": st.sampled_from(PARTIES), "name": lines}, _changed_too),
    "role-changed": (
        {
            **_changed,
            "party": st.sampled_from(PARTIES),
            "function": st.sampled_from(FunctionSlug).map(str),
            "role": st.sampled_from(RoleKind).map(str),
        },
        _changed_too,
    ),
    "area-changed": (
        {**_changed, "area": st.sampled_from(AREAS), "name": lines},
        {**_changed_too, "within": areas, "successors": areas},
    ),
    "function-changed": (
        {
            **_changed,
            "function": st.sampled_from(FunctionSlug).map(str),
            "core_team": st.sampled_from(PARTIES),
        },
        _changed_too,
    ),
    "dependency-changed": (
        {
            **_changed,
            "from_function": st.sampled_from(FunctionSlug).map(str),
            "to_function": st.sampled_from(FunctionSlug).map(str),
            "strength": st.sampled_from(["high", "medium", "low"]),
        },
        _changed_too,
    ),
    "subscription-changed": (
        {**_changed, "party": st.sampled_from(PARTIES), "subscription": st.sampled_from(["stroom", "alles"])},
        _changed_too,
    ),
}


@st.composite
def wires(draw: st.DrawFn, kinds: Sequence[str] = KINDS, labels: Sequence[str] = LABELS) -> dict[str, Any]:
    """The attributes of an event, as they travel."""
    kind = draw(st.sampled_from(kinds))
    required, optional = _DATA[kind]
    sequence = draw(st.none() | st.integers(1, 9_999_999_999).map(str))
    extensions = draw(
        st.dictionaries(st.just("partitionkey") | st.just("x1"), lines | st.booleans() | st.integers(0, 99))
    )
    return {
        **attributes(
            kind,
            id=draw(lines),
            source=source_of(HUB if kind in OF_THE_HUB else draw(st.sampled_from(PARTIES))),
            time=draw(moments),
            subject=draw(_subjects),
            functions=",".join(draw(functions)),
            areas=",".join(draw(areas)),
            tlp=draw(st.sampled_from(labels)),
            correlationid=draw(st.none() | lines),
            sequence=sequence,
            sequencetype=sequence and "Integer",
        ),
        **extensions,
        "data": draw(st.fixed_dictionaries(required, optional={**optional, "recipients": parties})),
    }


def events(kinds: Sequence[str] = KINDS, labels: Sequence[str] = LABELS) -> st.SearchStrategy[Event]:
    """Events, of these kinds and with these labels."""
    return wires(kinds, labels).map(parse)
