"""Is an operator asked about an area that it serves?"""

import dataclasses
from typing import Any

import pytest

from hub.rules.admission import admission, intake_problems
from hub.rules.asking import asked_operators
from hub.rules.serving import asked_elsewhere
from schemas.catalogue import Request
from schemas.problems import Problem
from tests.events import REQUESTS, event, source_of
from tests.registers import REGISTER


def _request(kind: str = "question-raised", **changes: Any) -> Request:
    told = event(kind, **changes)
    assert isinstance(told, Request)
    return told


def _problems(*asked: str, areas: str = "GM0935") -> list[Problem]:
    return asked_elsewhere(_request(areas=areas, data={"asked": list(asked)}), REGISTER)


@pytest.mark.parametrize("kind", REQUESTS)
def test_an_operator_that_serves_none_of_the_areas_is_not_asked(kind: str) -> None:
    told = _request(kind, data={"asked": ["enexis", "liander"]})
    (problem,) = intake_problems(told, REGISTER)
    assert (problem.field, problem.code) == ("data/asked/1", "serves_elsewhere")
    assert admission(told, REGISTER) == []  # what Kafka has already is not lost


def test_it_is_told_what_the_register_says_of_it_and_how_to_ask_who_is_there() -> None:
    (problem,) = _problems("liander")
    served = REGISTER.parties["liander"].areas
    assert (
        f"'liander' bedient volgens het register geen van deze gebieden, maar wel {', '.join(served)}."
        in (problem.detail)
    )
    assert "noemt u niemand, dan vraagt de hub het wie hier wel beheerder is" in problem.detail
    (many,) = _problems("coteq")
    assert " en nog 4." in many.detail
    without = {"wml": dataclasses.replace(REGISTER.parties["wml"], areas=())}
    nowhere = dataclasses.replace(REGISTER, parties=REGISTER.parties | without)
    (problem,) = asked_elsewhere(_request(data={"asked": ["wml"]}), nowhere)
    assert "bedient volgens het register geen enkel gebied." in problem.detail


def test_an_operator_that_serves_a_part_is_asked_about_that_part() -> None:
    told = _request(source=source_of("min-ezk"), areas="GM0363,GM0935", data={"asked": ["enexis", "liander"]})
    assert intake_problems(told, REGISTER) == []
    asked = {one.operator: one.areas for one in asked_operators(told, REGISTER)}
    assert asked == {"enexis": ("GM0935",), "liander": ("GM0363",)}


@pytest.mark.parametrize("areas", ["NL", "PV31", "VR24", "GM0363,PV31"])
def test_a_wider_area_of_which_it_serves_a_part_will_do(areas: str) -> None:
    assert _problems("enexis", areas=areas) == []


def test_an_operator_of_another_function_is_asked_where_it_serves() -> None:
    assert _problems("wml", "kpn") == []


@pytest.mark.parametrize(("asked", "areas"), [("netbeheer-nederland", "GM0935"), ("liander", "GM9999")])
def test_what_is_wrong_in_another_way_is_told_by_another_check(asked: str, areas: str) -> None:
    assert _problems(asked, areas=areas) == []
