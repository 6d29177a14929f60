"""A standard question that is not as in the catalogue is refused at the door, with what to do."""

from typing import Any

import pytest
from hypothesis import given

from hub.rules.admission import admission, intake_problems
from hub.rules.standard_questions import asked_amiss
from schemas.catalogue import Event
from tests.events import KINDS, OF_THE_HUB, event
from tests.registers import REGISTER
from tests.unit.strategies import events

DEPTH = "stations-at-water-depth"


def _asked(code: str | None, functions: str = "electricity", **parameters: str) -> Event:
    data: dict[str, Any] = {"standard_question": code, "parameters": parameters}
    return event("question-raised", functions=functions, data=data)


def _problem(asked: Event) -> tuple[str, str, str]:
    ((field, code, detail),) = asked_amiss(asked)
    return field, code, detail


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in OF_THE_HUB])
def test_what_is_no_standard_question_is_not_looked_at(kind: str) -> None:
    assert intake_problems(event(kind), REGISTER) == []


@pytest.mark.parametrize(
    "asked",
    [
        _asked(None),
        _asked(DEPTH),
        _asked(DEPTH, depth_cm=" 050"),
        _asked("exposed-assets", hazard="HEAT"),
        _asked("stations-in-flood-zone", flood="2021-07"),
        _asked("mast-battery-runtime", "electricity,telecom-public"),
        _asked("backup-power", "telecom-public,electricity"),
    ],
)
def test_a_question_of_one_of_the_functions_may_be_asked(asked: Event) -> None:
    assert asked_amiss(asked) == []


def test_an_unknown_code_is_refused_with_codes_that_look_like_it() -> None:
    field, code, detail = _problem(_asked("station-at-waterdepth"))
    assert (field, code) == ("data/standard_question", "unknown_standard_question")
    assert "staat niet in de catalogus van Elektriciteit (electricity)" in detail
    assert "Bedoelt u 'stations-at-water-depth'" in detail
    assert "Bedoelt" not in _problem(_asked("zzz"))[2]


def test_a_code_of_another_function_is_refused_with_its_name() -> None:
    detail = _problem(_asked("mast-battery-runtime"))[2]
    assert "is een vraag over Publiek netwerk (telecom-public), niet over Elektriciteit" in detail


def test_a_shared_code_with_a_special_form_is_refused_with_that_form() -> None:
    assert "gebruik 'mast-battery-runtime'" in _problem(_asked("backup-power", "telecom-public"))[2]


def test_an_unknown_parameter_is_refused_with_those_that_there_are() -> None:
    field, code, detail = _problem(_asked(DEPTH, depthcm="50"))
    assert (field, code) == ("data/parameters/depthcm", "unknown_parameter")
    assert detail == "is geen parameter van deze vraag; wel: depth_cm. Bedoelt u 'depth_cm'?"
    assert _problem(_asked("crisis-contact", wie="ik"))[2].endswith("zij heeft er geen")


def test_a_parameter_without_default_must_be_there() -> None:
    field, code, detail = _problem(_asked("exposed-assets"))
    assert (field, code) == ("data/parameters/hazard", "missing_parameter")
    assert detail.startswith("ontbreekt (dreiging): flood (een overstroming), ")


@pytest.mark.parametrize(
    ("code", "name", "value", "told"),
    [
        (DEPTH, "depth_cm", "55", "moet zijn: 10, 20, 30, 50, 100, 200, 300, 500 (cm)"),
        ("grid-capacity-in-heat", "degrees_c", "51", "moet zijn: 25 tot en met 50 (°C)"),
        ("exposed-assets", "hazard", "floods", "Bedoelt u 'flood'?"),
        ("heat-drought-threshold", "hazard", "flood", "moet zijn: drought (droogte), heat (hitte)"),
        ("stations-in-flood-zone", "flood", "juli 2021", "moet zijn: jaar en maand, zoals 2021-07"),
        ("stations-in-flood-zone", "flood", "2021-13", "moet zijn: jaar en maand, zoals 2021-07"),
    ],
)
def test_a_value_that_may_not_be_is_refused_with_those_that_may(
    code: str, name: str, value: str, told: str
) -> None:
    field, kind, detail = _problem(_asked(code, **{name: value}))
    assert (field, kind) == (f"data/parameters/{name}", "parameter_value")
    assert told in detail


def test_everything_that_is_wrong_is_told_at_once() -> None:
    found = {(p.field, p.code) for p in asked_amiss(_asked("exposed-assets", hazard="x", y="z"))}
    assert found == {
        ("data/parameters/hazard", "parameter_value"),
        ("data/parameters/y", "unknown_parameter"),
    }


def test_parameters_of_no_question_are_refused() -> None:
    assert _problem(_asked(None, depth_cm="50"))[:2] == ("data/parameters", "no_standard_question")


def test_what_was_taken_in_before_stays_readable_when_its_code_has_left() -> None:
    old = _asked("left-the-catalogue", since="x")
    assert admission(old, REGISTER) == []
    assert [one.code for one in intake_problems(old, REGISTER)] == ["unknown_standard_question"]


@given(events(["question-raised"]))
def test_any_question_is_judged_with_readable_reasons(asked: Event) -> None:
    for field, _, detail in asked_amiss(asked):
        assert field.startswith("data/")
        assert "\n" not in detail
        assert detail
