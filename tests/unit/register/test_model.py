"""What the register answers, on small registers made for the question."""

from hypothesis import given
from hypothesis import strategies as st

from hub.register.model import Area, Dependency, FunctionFacts, Register, Strength
from schemas.terms import FunctionSlug
from tests.registers import REGISTER

_SLUGS = list(FunctionSlug)[:6]
_arrows = st.lists(
    st.builds(
        Dependency,
        st.sampled_from(_SLUGS),
        st.sampled_from(_SLUGS),
        st.sampled_from(Strength),
    ),
    max_size=15,
)


def _register(dependencies: list[Dependency]) -> Register:
    functions = {slug: FunctionFacts(slug, None, slug, slug, "team", "") for slug in _SLUGS}
    areas = {
        "A": Area("A", "A", frozenset({"1", "2"})),
        "B": Area("B", "B", frozenset({"2", "3"})),
        "C": Area("C", "C", frozenset({"3"})),
    }
    return Register(1, {}, functions, areas, (), tuple(dependencies))


@given(_arrows)
def test_harm_goes_along_strong_arrows_to_any_depth_but_not_back(
    arrows: list[Dependency],
) -> None:
    strong = {(arrow.from_function, arrow.to_function) for arrow in arrows if arrow.strength is Strength.HIGH}
    reached = set(strong)
    for _ in _SLUGS:
        reached |= {(a, d) for a, b in reached for c, d in strong if b is c}
    harmed_by = _register(arrows).harmed_by
    assert {(cause, harmed) for cause in _SLUGS for harmed in harmed_by[cause]} == {
        (cause, harmed) for cause, harmed in reached if cause is not harmed
    }


def test_the_chains_of_the_seeded_register_are_the_known_ones() -> None:
    harmed_by = {str(cause): {str(harmed) for harmed in found} for cause, found in REGISTER.harmed_by.items()}
    assert harmed_by["telecom-public"] == {"transport-main", "health"}
    assert harmed_by["oil"] == {"transport-main", "chemistry", "health"}
    assert harmed_by["natural-gas"] == {"chemistry"}
    assert harmed_by["nuclear"] == set()
    assert len(harmed_by["electricity"]) == 10
    assert not {"nuclear", "natural-gas"} & harmed_by["electricity"]


def test_the_first_area_that_a_party_serves_is_found() -> None:
    register = _register([])
    assert register.meeting_area(["A"], ["C", "B"]) == "B"
    assert register.meeting_area(["A"], ["C"]) is None
    assert register.meeting_area(["A", "C"], ["C", "B"]) == "C"
    assert register.meeting_area([], ["A"]) is None
    assert register.meeting_area(iter(["A"]), iter(["C", "A"])) == "A"


def test_the_governments_of_a_municipality_are_those_whose_area_holds_it() -> None:
    found = {party.slug for party in REGISTER.decentral_by_municipality["GM0150"]}
    assert found == {"gm0150", "pv23", "vr04", "ws0152", "ws0662", "ws0664"}
