"""What the register answers, on small registers made for the question."""

from hub.register.model import Area, FunctionFacts, Register
from schemas.terms import FunctionSlug
from tests.registers import REGISTER

_SLUGS = list(FunctionSlug)[:6]


def _register() -> Register:
    functions = {slug: FunctionFacts(slug, None, slug, slug, "team", "") for slug in _SLUGS}
    areas = {
        "A": Area("A", "A", frozenset({"1", "2"})),
        "B": Area("B", "B", frozenset({"2", "3"})),
        "C": Area("C", "C", frozenset({"3"})),
    }
    return Register(1, {}, functions, areas, (), ())


def test_the_first_area_that_a_party_serves_is_found() -> None:
    register = _register()
    assert register.meeting_area(["A"], ["C", "B"]) == "B"
    assert register.meeting_area(["A"], ["C"]) is None
    assert register.meeting_area(["A", "C"], ["C", "B"]) == "C"
    assert register.meeting_area([], ["A"]) is None
    assert register.meeting_area(iter(["A"]), iter(["C", "A"])) == "A"


def test_the_governments_of_a_municipality_are_those_whose_area_holds_it() -> None:
    found = {party.slug for party in REGISTER.decentral_by_municipality["GM0150"]}
    assert found == {"gm0150", "pv23", "vr04", "ws0152", "ws0662", "ws0664"}
