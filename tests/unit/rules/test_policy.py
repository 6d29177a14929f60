"""The policy table is whole, and says what the people who decided on it said."""

import pytest

from hub.rules.policy import POLICY, Mode
from hub.rules.relations import Relation
from tests.events import KINDS, OF_THE_HUB, REQUESTS

_GOVERNMENTS = (Relation.MUNICIPALITY, Relation.PROVINCE, Relation.WATER_BOARD, Relation.SAFETY_REGION)


def test_every_type_of_the_catalogue_has_a_row() -> None:
    assert set(POLICY) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_relation_has_a_column(kind: str) -> None:
    # Who is asked gets a bundle from the throttle, and a subscriber says itself how it wants to hear.
    assert set(POLICY[kind]) == set(Relation) - {Relation.ASKED, Relation.SUBSCRIBER}


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_named_or_asked_it_hears_at_once(kind: str) -> None:
    when_it_asks = kind == "answer-deposited"
    assert POLICY[kind][Relation.NAMED] is (None if when_it_asks else Mode.IMMEDIATE)
    assert POLICY[kind][Relation.ASKER] is Mode.IMMEDIATE


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_request_is_told_to_core_team_and_coordinator_only(kind: str) -> None:
    told = {relation for relation, mode in POLICY[kind].items() if mode}
    always = {Relation.NAMED, Relation.ASKER, Relation.HAD_EARLIER}
    assert told - always == {Relation.CORE_TEAM, Relation.COORDINATOR}
    assert POLICY[kind][Relation.CORE_TEAM] is Mode.DIGEST


@pytest.mark.parametrize("kind", sorted({*KINDS} - {*OF_THE_HUB}))
def test_the_core_team_hears_of_everything(kind: str) -> None:
    assert POLICY[kind][Relation.CORE_TEAM] is not None
    assert POLICY[kind][Relation.COORDINATOR] is not None


def test_a_bottleneck_reaches_the_governments_of_the_area_at_once() -> None:
    assert {POLICY["bottleneck-found"][relation] for relation in _GOVERNMENTS} == {Mode.IMMEDIATE}
    assert {POLICY["bottleneck-resolved"][relation] for relation in _GOVERNMENTS} == {Mode.DIGEST}


def test_an_operator_is_never_mailed_at_once() -> None:
    assert {row[Relation.OPERATOR] for row in POLICY.values()} == {Mode.DIGEST, None}


def test_chain_effects_of_bottlenecks_impacts_and_stress_tests_reach_dependent_core_teams() -> None:
    told = {kind for kind, row in POLICY.items() if row[Relation.DEPENDENT_CORE_TEAM]}
    assert told == {
        "stress-test-completed",
        "impact-analysis-published",
        "bottleneck-found",
        "bottleneck-resolved",
        "bottleneck-updated",
        "vulnerability-analysis-published",
        "measure-adopted",
        "measure-implemented",
    }
