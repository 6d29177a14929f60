"""An operator alone puts an answer in the library, for its own functions and areas, and takes out its own."""

from typing import Any

import pytest

from hub.rules.admission import admission, intake_problems
from tests.events import event, source_of
from tests.registers import REGISTER

OTHERS = {"source": source_of("wml"), "id": "d1"}


def _problems(kind: str = "answer-deposited", **changes: Any) -> set[tuple[str, str]]:
    return {(p.field, p.code) for p in admission(event(kind, **changes), REGISTER)}


def test_who_does_not_operate_the_function_deposits_nothing() -> None:
    assert _problems(source=source_of("gm0935")) == {("functions", "not_your_function")}
    assert _problems(source=source_of("netbeheer-nederland")) == {("functions", "not_your_function")}
    assert _problems(functions="electricity,drinking-water") == {("functions", "not_your_function")}


def test_an_area_that_the_operator_does_not_serve_is_refused_as_area_and_as_row() -> None:
    rows = [{"area": "GM0935", "text": "3"}, {"area": "GM0363", "text": "4"}]
    assert _problems(areas="GM0363", data={"per_area": rows}) == {
        ("areas", "not_your_area"),
        ("data/per_area/1/area", "not_your_area"),
    }


def test_a_deposit_that_nobody_could_ever_have_is_refused() -> None:
    assert _problems(tlp="RED", data={"recipients": ["gm0935"]}) == {("tlp", "red_in_library")}
    assert _problems(tlp="AMBER") == {("data/recipients", "no_recipients")}
    assert _problems(tlp="AMBER", data={"recipients": ["gm0935"]}) == set()


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("answer-deposited", "supersedes"),
        ("question-answered", "supersedes"),
        ("answer-retracted", "answer"),
    ],
)
def test_nobody_replaces_or_retracts_the_answer_of_another(kind: str, field: str) -> None:
    own = {"source": source_of("enexis"), "id": "d1"}
    assert _problems(kind, source=source_of("enexis"), data={field: own}) == set()
    assert _problems(kind, source=source_of("enexis"), data={field: OTHERS}) == {
        (f"data/{field}/source", "not_your_answer")
    }


def test_a_deposit_keeps_to_the_catalogue_of_standard_questions() -> None:
    assert intake_problems(event("answer-deposited"), REGISTER) == []
    unknown = event("answer-deposited", data={"standard_question": "station-at-waterdepth"})
    assert [p.code for p in intake_problems(unknown, REGISTER)] == ["unknown_standard_question"]
    wrong = event("answer-deposited", data={"parameters": {"depth_cm": "diep"}})
    assert [p.code for p in intake_problems(wrong, REGISTER)] == ["parameter_value"]
