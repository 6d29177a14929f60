"""Who may ask operators about which functions in which areas?"""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.register.kinds import HUB, PartyKind
from hub.rules.admission import admission, intake_problems
from hub.rules.standing import Lacking, Standing, standing, without_standing
from schemas.catalogue import Request
from schemas.terms import FunctionSlug
from tests.events import REQUESTS, event, source_of
from tests.registers import REGISTER

ELECTRICITY = (FunctionSlug.ELECTRICITY,)
ANY_AREAS = st.lists(st.sampled_from(sorted(REGISTER.areas)), min_size=1, max_size=3)


def _standing(party: str, functions: str, areas: str) -> Standing | Lacking:
    asked = tuple(map(FunctionSlug, functions.split(",")))
    return standing(REGISTER.parties[party], asked, areas.split(","), REGISTER)


def _request(party: str, kind: str = "question-raised", **changes: Any) -> Request:
    told = event(kind, source=source_of(party), **changes)
    assert isinstance(told, Request)
    return told


@pytest.mark.parametrize(
    ("party", "areas", "found"),
    [
        ("gm0935", "GM0935", Standing.GOVERNMENT),
        ("gm0935", "PV31", Standing.GOVERNMENT),
        ("gm0935", "NL", Standing.GOVERNMENT),
        ("gm0935", "GM0363,GM0935", Standing.GOVERNMENT),
        ("gm0935", "GM0363", Lacking.NOT_HERE),
        ("gm0935", "GM0917", Lacking.NOT_HERE),
        ("pv31", "GM0935", Standing.GOVERNMENT),
        ("pv31", "GM0363", Lacking.NOT_HERE),
        ("vr24", "GM0935", Standing.GOVERNMENT),
        ("vr24", "GM0983", Lacking.NOT_HERE),
        ("ws0665", "GM0935", Standing.GOVERNMENT),
        ("ws0665", "GM0014", Lacking.NOT_HERE),
    ],
)
def test_a_government_asks_about_a_part_of_its_own_area(
    party: str, areas: str, found: Standing | Lacking
) -> None:
    assert _standing(party, "electricity", areas) is found


@pytest.mark.parametrize("area", ["GM0935", "GM0363", "NL"])
@pytest.mark.parametrize("function", [*FunctionSlug])
def test_a_ministry_and_the_overall_core_team_ask_about_everything(area: str, function: str) -> None:
    for party in REGISTER.parties.values():
        if party.kind is PartyKind.MINISTRY:
            assert _standing(party.slug, function, area) is Standing.MINISTRY
    assert _standing("kernteam-overall", function, area) is Standing.OVERALL_CORE_TEAM


@pytest.mark.parametrize(
    ("party", "function", "area", "found"),
    [
        ("kernteam-electricity", "electricity", "GM0363", Standing.ROLE),
        ("netbeheer-nederland", "electricity", "GM0363", Standing.ROLE),
        ("rdi", "electricity", "GM0935", Standing.ROLE),
        ("deltares", "nuclear", "GM0935", Standing.ROLE),
        ("enexis", "electricity", "GM0935", Standing.ROLE),
        ("enexis", "electricity", "GM0363", Lacking.NOT_HERE),
        # Without power there is no drinking water, and the power company asks what then happens.
        ("kernteam-drinking-water", "electricity", "GM0363", Standing.CHAIN),
        ("kernteam-electricity", "drinking-water", "GM0363", Standing.CHAIN),
        ("wml", "electricity", "GM0935", Standing.CHAIN),
        ("enexis", "drinking-water", "GM0935", Standing.CHAIN),
        ("wml", "electricity", "GM0363", Lacking.NOT_HERE),
        ("stichting-rioned", "nuclear", "PV28", Lacking.NO_ROLE),
        ("bprc", "oil", "PV28", Lacking.NO_ROLE),
        ("stichting-rioned", "nuclear,waste-water", "PV28", Standing.ROLE),
    ],
)
def test_who_has_a_role_asks_about_its_function_and_those_linked_to_it_where_it_is(
    party: str, function: str, area: str, found: Standing | Lacking
) -> None:
    assert _standing(party, function, area) is found


def test_a_government_that_operates_something_does_not_ask_elsewhere_for_that() -> None:
    assert _standing("gm0935", "waste-water", "GM0363") is Lacking.NOT_HERE


def test_who_got_no_role_in_the_register_hears_that_it_can_have_one() -> None:
    alone = dataclasses.replace(
        REGISTER, roles=tuple(role for role in REGISTER.roles if role.party != "deltares")
    )
    (problem,) = without_standing(_request("deltares"), alone)
    assert (problem.field, problem.code) == ("functions", "no_standing")
    assert "vraag dan wie de hub beheert" in problem.detail


@pytest.mark.parametrize("kind", REQUESTS)
def test_without_standing_a_request_is_refused_with_what_to_do_and_only_when_it_is_new(kind: str) -> None:
    told = _request("gm0363", kind)
    (problem,) = intake_problems(told, REGISTER)
    assert (problem.field, problem.code) == ("areas", "no_standing")
    assert "vraag over uw eigen gebied" in problem.detail
    assert admission(told, REGISTER) == []  # what Kafka has already is not lost


def test_an_area_that_is_not_there_is_told_alone() -> None:
    assert without_standing(_request("gm0935", areas="GM9999"), REGISTER) == []


def test_only_requests_need_standing() -> None:
    for kind in ("bottleneck-found", "knowledge-shared"):
        assert intake_problems(event(kind, source=source_of("gm0363")), REGISTER) == []


@given(st.sampled_from(sorted(REGISTER.parties.keys() - {HUB})), st.sampled_from([*FunctionSlug]), ANY_AREAS)
def test_more_areas_and_functions_never_take_standing_away(
    party: str, function: FunctionSlug, areas: list[str]
) -> None:
    one = standing(REGISTER.parties[party], (function,), areas[:1], REGISTER)
    if isinstance(one, Standing):
        more = standing(REGISTER.parties[party], (function, *ELECTRICITY), areas, REGISTER)
        assert isinstance(more, Standing)
