"""How far a failure carries: the rule of the chain effects."""

from dataclasses import replace
from statistics import mean

from hypothesis import given
from hypothesis import strategies as st

from hub.register.faults import faults
from hub.register.history import Entry, History, Kind
from hub.register.kinds import Strength
from hub.register.model import Dependency
from hub.rules.chains import Harm, harms
from hub.rules.policy import Mode
from hub.rules.recipients import recipients
from hub.rules.relations import Relation
from schemas.terms import FunctionSlug
from tests.events import event
from tests.registers import HISTORY, REGISTER, TODAY

_SLUGS = list(FunctionSlug)[:6]
_ARROWS = st.lists(
    st.builds(Dependency, st.sampled_from(_SLUGS), st.sampled_from(_SLUGS), st.sampled_from(Strength)),
    unique_by=lambda arrow: (arrow.from_function, arrow.to_function),
    max_size=20,
)
_NATIONAL = [slug for slug in FunctionSlug if slug is not FunctionSlug.PROVINCIAL_ROADS]


def _found(cause: FunctionSlug, *areas: str, told: tuple[str, ...] = ("high", "medium")) -> set[str]:
    return {str(h.function) for h in harms([cause], areas or ("NL",), REGISTER) if h.strength in told}


@given(st.sampled_from(_SLUGS), _ARROWS)
def test_harm_goes_along_strong_arrows_to_any_depth_and_along_others_one_step(
    cause: FunctionSlug, arrows: list[Dependency]
) -> None:
    register = replace(REGISTER, dependencies=tuple(arrows))
    strong = {(a.from_function, a.to_function) for a in arrows if a.strength is Strength.HIGH}
    reached = set(strong)
    for _ in _SLUGS:
        reached |= {(a, d) for a, b in reached for c, d in strong if b is c}
    high = {b for a, b in reached if a is cause} - {cause}
    one_step = {a.to_function for a in arrows if a.from_function is cause} - {cause}
    found = harms([cause], ["NL"], register)
    assert {h.function for h in found if h.strength is Strength.HIGH} == high
    assert {h.function for h in found} == high | one_step
    assert len({h.function for h in found}) == len(found)


@given(st.lists(st.sampled_from(_SLUGS), min_size=1, max_size=3, unique=True), _ARROWS)
def test_each_path_leads_from_a_cause_along_arrows_that_are_there(
    causes: list[FunctionSlug], arrows: list[Dependency]
) -> None:
    register = replace(REGISTER, dependencies=tuple(arrows))
    known = {(a.from_function, a.to_function): a.strength for a in arrows}
    for harm in harms(causes, ["NL"], register):
        steps = list(zip(harm.path, harm.path[1:], strict=False))
        assert (harm.path[0] in causes, harm.path[-1]) == (True, harm.function)
        assert harm.function not in causes
        assert len(set(harm.path)) == len(harm.path)
        assert {known[step] for step in steps} == {harm.strength}


def test_a_failure_reaches_few_functions_strongly() -> None:
    # All arrows together reach 11 of 13 functions in two steps: then everybody hears everything.
    strong = [len(_found(cause, told=("high",)) & set(_NATIONAL)) for cause in _NATIONAL]
    assert mean(strong) < 1.6
    assert len(_found(FunctionSlug.ELECTRICITY, told=("high",))) == 10
    assert _found(FunctionSlug.NUCLEAR, told=("high",)) == set()
    assert _found(FunctionSlug.TELECOM_PUBLIC, told=("high",)) == {"transport-main", "health"}


def test_a_chain_ends_where_the_next_function_is_not_in_the_area() -> None:
    assert "chemistry" in _found(FunctionSlug.NATURAL_GAS, "NL")
    chemistry = REGISTER.municipalities_of_function[FunctionSlug.CHEMISTRY]
    without = min(REGISTER.areas["NL"].municipalities - chemistry)
    assert "chemistry" not in _found(FunctionSlug.NATURAL_GAS, without)


def test_an_area_that_is_unknown_harms_nothing() -> None:
    assert harms([FunctionSlug.ELECTRICITY], ["GM9999"], REGISTER) == []


def test_the_strongest_and_shortest_path_is_told() -> None:
    arrows = [
        Dependency(FunctionSlug.OIL, FunctionSlug.HEALTH, Strength.LOW),
        Dependency(FunctionSlug.OIL, FunctionSlug.TELECOM_PUBLIC, Strength.HIGH),
        Dependency(FunctionSlug.TELECOM_PUBLIC, FunctionSlug.HEALTH, Strength.HIGH),
    ]
    register = replace(REGISTER, dependencies=tuple(arrows))
    path = (FunctionSlug.OIL, FunctionSlug.TELECOM_PUBLIC, FunctionSlug.HEALTH)
    found = {h.function: h for h in harms([FunctionSlug.OIL], ["NL"], register)}
    assert found[FunctionSlug.HEALTH] == Harm(FunctionSlug.HEALTH, Strength.HIGH, path)


def test_a_loop_of_high_dependencies_is_no_mistake_and_tells_each_function_once() -> None:
    loop = [FunctionSlug.OIL, FunctionSlug.TELECOM_PUBLIC, FunctionSlug.HEALTH]
    ends = zip(loop, [*loop[1:], loop[0]], strict=True)
    arrows = tuple(Dependency(one, other, Strength.HIGH) for one, other in ends)
    others = [entry for entry in HISTORY.entries if entry.kind is not Kind.DEPENDENCY]
    history = History.of(1, (*others, *(Entry(arrow, TODAY) for arrow in arrows)))
    assert faults(history) == []
    for place, cause in enumerate(loop):
        way = [*loop[place:], *loop[:place]]
        assert harms([cause], ["NL"], history.on(TODAY)) == [
            Harm(way[1], Strength.HIGH, tuple(way[:2])),
            Harm(way[2], Strength.HIGH, tuple(way)),
        ]


def test_a_strong_chain_is_told_at_once_and_a_partial_one_in_the_digest() -> None:
    told = {r.party: r for r in recipients(event("bottleneck-found", areas="NL"), REGISTER)}
    modes = {
        relation: {r.mode for r in told.values() if {x.relation for x in r.reasons} == {relation}}
        for relation in (Relation.DEPENDENT_CORE_TEAM, Relation.PARTLY_DEPENDENT_CORE_TEAM)
    }
    assert modes == {
        Relation.DEPENDENT_CORE_TEAM: {Mode.IMMEDIATE},
        Relation.PARTLY_DEPENDENT_CORE_TEAM: {Mode.DIGEST},
    }
