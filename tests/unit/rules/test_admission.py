"""May an event come in? Each reason to refuse it, and all of them at once."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.register.kinds import HUB
from hub.rules.admission import admission, depends_on_envelope, readable_problems, sender_of, too_late
from hub.rules.naming import named, readable
from schemas.catalogue import BY_TYPE, Event
from schemas.envelope import Data
from tests.events import KINDS, OF_THE_HUB, REQUESTS, attributes, event, source_of
from tests.registers import REGISTER
from tests.unit.strategies import PARTIES, events

NOBODY = "urn:nld:oin:00000099999999990000:systeem:zaken"


def _problems(kind: str = "bottleneck-found", **changes: Any) -> set[tuple[str, str]]:
    return {(p.field, p.code) for p in admission(event(kind, **changes), REGISTER)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_valid_event_of_each_type_may_come_in(kind: str) -> None:
    assert admission(event(kind), REGISTER) == []


@pytest.mark.parametrize("source", [NOBODY, "urn:nld:kvknr:12345678:systeem:scada"])
def test_a_source_of_no_party_is_refused(source: str) -> None:
    assert _problems(source=source) == {("source", "unknown_source")}


def test_an_area_outside_the_register_is_refused() -> None:
    assert _problems(areas="GM0935,GM9999") == {("areas", "unknown_area")}
    rows = [{"area": "GM0935", "text": "Ja."}, {"area": "WS9999", "text": "Nee."}]
    assert _problems("question-answered", data={"per_area": rows}) == {
        ("data/per_area/1/area", "unknown_area")
    }


def test_a_party_outside_the_register_is_refused() -> None:
    assert _problems(data={"recipients": ["wml", "weg"]}) == {("data/recipients/1", "unknown_party")}
    assert _problems("question-raised", data={"asked": ["weg"]}) == {("data/asked/0", "unknown_party")}
    dialogue = {"participants": ["gm0935", "weg"]}
    assert _problems("risk-dialogue-held", data=dialogue) == {("data/participants/1", "unknown_party")}


@pytest.mark.parametrize("kind", REQUESTS)
def test_only_operators_can_be_asked(kind: str) -> None:
    assert _problems(kind, data={"asked": ["enexis", "min-ezk"]}) == {("data/asked/1", "no_operator")}


@pytest.mark.parametrize("label", ["AMBER+STRICT", "RED"])
def test_a_closed_event_names_who_may_know(label: str) -> None:
    assert _problems(tlp=label) == {("data/recipients", "no_recipients")}
    assert _problems(tlp=label, data={"recipients": ["wml"]}) == set()
    assert _problems("question-raised", tlp=label, data={"asked": ["enexis"]}) == set()


@pytest.mark.parametrize("label", ["CLEAR", "GREEN", "AMBER"])
def test_a_more_open_event_needs_no_names(label: str) -> None:
    assert _problems(tlp=label) == set()


def test_a_request_that_would_reach_nobody_is_refused() -> None:
    alone = {"source": source_of("pv31"), "functions": "provincial-roads", "areas": "PV31"}
    assert _problems("question-raised", **alone) == {("data/asked", "nobody_asked")}
    assert _problems("question-raised", **{**alone, "areas": "PV31,PV30"}) == set()
    closed = {"tlp": "RED", "data": {"recipients": ["gm0994"]}}
    assert _problems("question-raised", **closed) == {("data/asked", "nobody_asked")}


@pytest.mark.parametrize("kind", REQUESTS)
@pytest.mark.parametrize("label", ["GREEN", "RED"])
def test_an_operator_is_asked_by_asked_and_never_as_recipient(kind: str, label: str) -> None:
    def problems(operator: str, **data: Any) -> set[tuple[str, str]]:
        return _problems(kind, tlp=label, data={"recipients": ["gm0994", operator], **data})

    by_the_side = {("data/recipients/1", "operator_not_asked")}
    assert problems("wml", asked=["enexis"]) == by_the_side
    assert problems("enexis", asked=["tennet"]) == by_the_side
    assert problems("enexis", asked=["enexis"]) == set()


def test_every_problem_is_told_at_once() -> None:
    assert _problems(
        "question-raised",
        source=NOBODY,
        areas="GM9998,GM9999",
        tlp="RED",
        data={"recipients": ["weg"], "asked": ["min-ezk", "ook-weg"]},
    ) == {
        ("source", "unknown_source"),
        ("areas", "unknown_area"),
        ("data/recipients/0", "unknown_party"),
        ("data/asked/0", "no_operator"),
        ("data/asked/1", "unknown_party"),
    }
    two = [p.detail for p in admission(event("bottleneck-found", areas="GM9998,GM9999"), REGISTER)]
    assert [area in detail for area, detail in zip(("GM9998", "GM9999"), two, strict=True)] == [True, True]


def test_problems_speak_dutch() -> None:
    for problem in admission(event("bottleneck-found", source=NOBODY, areas="GM9999", tlp="RED"), REGISTER):
        assert any(f" {word} " in f" {problem.detail} " for word in ("bij", "geen", "wie"))


@given(events(), st.sampled_from(PARTIES))
def test_a_party_publishes_from_its_own_source_only(told: Event, party: str) -> None:
    wrong = sender_of(told, party, REGISTER)
    of_hub = BY_TYPE[told.type].by_hub or party == HUB
    assert (wrong is None) is (told.source == source_of(party) and not of_hub)
    assert wrong is None or wrong.code == ("hub_only" if of_hub else "not_your_source")


def test_of_every_pair_of_parties_neither_publishes_for_the_other() -> None:
    said = event("knowledge-shared")
    for whose in REGISTER.parties:
        told = said.model_copy(update={"source": source_of(whose)})
        may = [party for party in REGISTER.parties if sender_of(told, party, REGISTER) is None]
        assert may == ([whose] if whose != HUB else [])


def test_what_the_hub_alone_tells_comes_from_the_hub_alone() -> None:
    for kind in OF_THE_HUB:
        assert admission(event(kind), REGISTER) == []
        forged = admission(event(kind, source=source_of("gm0935")), REGISTER)
        assert [(p.field, p.code) for p in forged] == [("type", "hub_only")]
    other = admission(event("bottleneck-found", source=source_of(HUB)), REGISTER)
    assert [(p.field, p.code) for p in other] == [("source", "hub_only")]


@given(events(), st.sampled_from(PARTIES), st.dates())
def test_where_the_envelope_says_it_all_the_data_are_not_read(told: Event, party: str, today: date) -> None:
    if not depends_on_envelope(told):
        return
    blank = told.model_copy(update={"data": Data(), "id": "ander", "subject": "andere zaak"})
    assert admission(blank, REGISTER) == admission(told, REGISTER)
    assert too_late(blank, REGISTER, today) == too_late(told, REGISTER, today)
    assert sender_of(blank, party, REGISTER) == sender_of(told, party, REGISTER)


def test_what_is_in_the_data_of_a_request_or_an_amendment_matters() -> None:
    depending = {kind for kind in KINDS if depends_on_envelope(event(kind))}
    assert "bottleneck-found" in depending
    assert depending.isdisjoint({*REQUESTS, "bottleneck-updated", "question-answered", "situation-reported"})
    assert not depends_on_envelope(event("bottleneck-found", data={"recipients": ["gm0935"]}))


@given(events())
def test_what_may_come_in_can_be_judged_without_error(told: Event) -> None:
    codes = {problem.code for problem in admission(told, REGISTER)}
    assert codes <= {
        "not_your_request",
        "your_own_request",
        "operators_only",
        "coordinators_only",
        "to_yourself",
        "not_your_questions",
        "same_question",
        "no_recipients",
        "nobody_asked",
        "operator_not_asked",
        "hub_only",
        "not_your_bottleneck",
        "not_your_function",
        "not_your_area",
        "red_in_library",
        "not_your_answer",
    }


@pytest.mark.parametrize(
    ("party", "areas", "may"),
    [
        ("gm0935", "GM0935", True),
        ("gm0935", "GM0917", False),
        ("gm0935", "GM0917,GM0935", False),
        ("gm0935", "PV31", False),
        ("gm0917", "GM0917", True),
        ("min-ienw", "PV31,GM0363", True),
    ],
)
def test_a_municipality_changes_no_bottleneck_in_the_waste_water_of_another(
    party: str, areas: str, may: bool
) -> None:
    reference = {"bottleneck": {"source": source_of("vr24"), "id": "1"}}
    about = {"functions": "waste-water", "areas": areas}
    problems = _problems("bottleneck-resolved", source=source_of(party), data=reference, **about)
    assert problems == (set() if may else {("data/bottleneck/source", "not_your_bottleneck")})


@pytest.mark.parametrize("kind", ["bottleneck-updated", "bottleneck-resolved"])
@pytest.mark.parametrize(
    ("party", "functions", "may"),
    [
        ("enexis", "electricity", True),
        ("enexis", "drinking-water", True),
        ("min-ezk", "electricity", True),
        ("kernteam-electricity", "electricity", True),
        ("tennet", "electricity", True),
        ("wml", "electricity", False),
        ("wml", "drinking-water,electricity", False),
        ("gm0935", "electricity", False),
        ("acm", "electricity", False),
        ("kernteam-overall", "electricity", False),
    ],
)
def test_a_bottleneck_is_changed_by_who_found_it_or_leads_its_functions(
    kind: str, party: str, functions: str, may: bool
) -> None:
    reference = {"bottleneck": {"source": source_of("enexis").replace("zaken", "scada"), "id": "1"}}
    problems = _problems(kind, source=source_of(party), functions=functions, data=reference)
    assert problems == (set() if may else {("data/bottleneck/source", "not_your_bottleneck")})


ENDED = ("data/recipients/2", "party_ended")
_WRONG = {"hazards": 5, "recipients": ["wml", "weg", "min-kgg", 5, "Niet Zo"]}


@pytest.mark.parametrize(
    ("kind", "changes", "found"),
    [
        ("bottleneck-found", {"areas": "GM0935,GM9999,gm1"}, {("areas", "unknown_area")}),
        ("bottleneck-found", {"data": _WRONG}, {("data/recipients/1", "unknown_party"), ENDED}),
        ("question-raised", {"data": {"asked": ["weg"]}}, {("data/asked/0", "unknown_party")}),
        (
            "risk-dialogue-held",
            {"data": {"participants": ["weg"]}},
            {("data/participants/0", "unknown_party")},
        ),
        (
            "ministry-consultation-requested",
            {"data": {"ministry": "weg"}},
            {("data/ministry", "unknown_party")},
        ),
        (
            "question-answered",
            {"data": {"per_area": [5, {"area": "WS9999"}]}},
            {("data/per_area/1/area", "unknown_area")},
        ),
        ("bottleneck-found", {"source": NOBODY}, {("source", "unknown_source")}),
        ("bottleneck-found", {"source": "iets", "areas": 5, "data": {"recipients": "weg"}}, set()),
    ],
)
def test_what_can_be_read_of_a_broken_event_is_held_against_the_register(
    kind: str, changes: dict[str, Any], found: set[tuple[str, str]]
) -> None:
    told = attributes(kind, **changes)
    assert {(p.field, p.code) for p in readable_problems(told, REGISTER)} == found


@given(events())
def test_of_a_sound_event_all_can_be_read(told: Event) -> None:
    assert readable(told.model_dump(mode="json")) == named(told)


def test_a_broken_event_of_somebody_else_is_told_so() -> None:
    told = attributes("bottleneck-found", tlp=None)
    assert readable_problems(told, REGISTER, "gm0935") == []
    assert [p.code for p in readable_problems(told, REGISTER, "gm0363")] == ["not_your_source"]
