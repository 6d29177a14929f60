"""An asker steers its own requests, an operator what it is asked, a coordinator its functions."""

from typing import Any

import pytest

from hub.rules.admission import admission
from tests.events import event, source_of
from tests.registers import REGISTER

MINE = {"source": source_of("gm0935"), "id": "vraag-1"}
OTHERS = {"source": source_of("gm0994"), "id": "vraag-2"}
BY_OPERATOR = ("request-declined", "request-postponed", "request-referred")
BY_COORDINATOR = ("request-confirmed", "situation-opened", "situation-renewed")
ABOUT_TWO = ("questions-merged", "questions-separated")


def _problems(kind: str, party: str, **changes: Any) -> list[tuple[str, str]]:
    told = event(kind, source=source_of(party), **changes)
    return [(problem.field, problem.code) for problem in admission(told, REGISTER)]


def test_nobody_withdraws_the_request_of_another() -> None:
    assert _problems("request-withdrawn", "gm0935", data={"request": MINE}) == []
    assert _problems("request-withdrawn", "gm0935", data={"request": OTHERS}) == [
        ("data/request/source", "not_your_request")
    ]


def test_nobody_asks_again_what_another_asked() -> None:
    assert (
        _problems("question-raised", "gm0935", data={"again": {"request": MINE, "reason": "Te kort."}}) == []
    )
    again = {"request": OTHERS, "reason": "Te kort."}
    assert _problems("question-raised", "gm0935", data={"again": again}) == [
        ("data/again/request/source", "not_your_request")
    ]


@pytest.mark.parametrize("kind", BY_OPERATOR)
def test_only_operators_decline_postpone_and_refer(kind: str) -> None:
    assert _problems(kind, "enexis") == []
    assert _problems(kind, "min-ezk") == [("type", "operators_only")]


def test_a_request_is_referred_to_another_operator_only() -> None:
    assert _problems("request-referred", "enexis", data={"to": "enexis"}) == [("data/to", "to_yourself")]
    assert _problems("request-referred", "enexis", data={"to": "netbeheer-nederland"}) == [
        ("data/to", "no_operator")
    ]
    assert _problems("request-referred", "enexis", data={"to": "nergens"}) == [("data/to", "unknown_party")]


@pytest.mark.parametrize("kind", BY_COORDINATOR)
def test_only_who_coordinates_every_function_confirms_and_opens_a_situation(kind: str) -> None:
    assert _problems(kind, "kernteam-electricity") == []
    assert _problems(kind, "min-ezk") == []
    assert _problems(kind, "min-ezk", functions="electricity,drinking-water") == [
        ("type", "coordinators_only")
    ]
    assert _problems(kind, "enexis") == [("type", "coordinators_only")]


def test_who_coordinates_does_not_confirm_its_own_request() -> None:
    own = {"source": source_of("kernteam-electricity"), "id": "vraag-3"}
    assert _problems("request-confirmed", "kernteam-electricity", data={"request": own}) == [
        ("data/request/source", "your_own_request")
    ]
    assert _problems("request-confirmed", "min-ezk", data={"request": own}) == []


@pytest.mark.parametrize("kind", ABOUT_TWO)
def test_two_questions_are_for_their_operator_and_its_coordinator_to_judge(kind: str) -> None:
    assert _problems(kind, "enexis") == []
    assert _problems(kind, "min-ezk") == []
    assert _problems(kind, "tennet") == [("data/asked", "not_your_questions")]
    assert _problems(kind, "gm0935") == [("data/asked", "not_your_questions")]
    assert _problems(kind, "enexis", data={"one": MINE, "other": MINE}) == [("data/other", "same_question")]
    assert _problems(kind, "min-ezk", data={"asked": "netbeheer-nederland"}) == [
        ("data/asked", "no_operator")
    ]


def test_only_operators_of_the_function_report_how_it_stands() -> None:
    assert _problems("situation-reported", "enexis") == []
    assert _problems("situation-reported", "wml") == [("functions", "not_your_function")]
    rows = [{"standard_question": "stations-at-water-depth", "area": "GM9999", "text": "Twee."}]
    assert _problems("situation-reported", "enexis", data={"rows": rows}) == [
        ("data/rows/0/area", "unknown_area")
    ]
