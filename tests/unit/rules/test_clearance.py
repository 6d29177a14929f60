"""Who may know, by label, clearance and relation: TLP 2.0 written out in full."""

from itertools import product

import pytest

from hub.rules.clearance import Ruling, may_know
from hub.rules.relations import Relation
from schemas.terms import Tlp

_OWN = {
    "asked",
    "asker",
    "had-earlier",
    "core-team",
    "coordinator",
    "responsible-ministry",
    "operator",
    "supervisor",
    "municipality",
    "province",
    "water-board",
    "safety-region",
}
_OTHER = {
    "umbrella",
    "adviser",
    "dependent-core-team",
    "partly-dependent-core-team",
    "overall-core-team",
    "subscriber",
}
_TABLE = {
    #               named             need of its own             no need of its own
    "CLEAR": ("named", "open-label", "open-label"),
    "GREEN": ("named", "open-label", "open-label"),
    "AMBER": ("named", "need-to-know", "no-need-to-know"),
    "AMBER+STRICT": ("named", "not-named", "not-named"),
    "RED": ("named", "not-named", "not-named"),
}
_YES = {"named", "open-label", "need-to-know"}


def test_the_table_below_has_every_label_and_relation() -> None:
    assert set(_TABLE) == {str(label) for label in Tlp}
    assert _OWN | _OTHER | {"named"} == {str(relation) for relation in Relation}


@pytest.mark.parametrize("relation", Relation)
@pytest.mark.parametrize("label", Tlp)
def test_one_relation_gives_what_the_label_says(label: Tlp, relation: Relation) -> None:
    column = 0 if relation == "named" else 1 if relation in _OWN else 2
    ruling = _TABLE[label][column]
    assert may_know(label, Tlp.RED, {relation}) == (ruling in _YES, ruling)


@pytest.mark.parametrize(("label", "clearance"), list(product(Tlp, Tlp)))
def test_a_name_does_not_lift_a_clearance(label: Tlp, clearance: Tlp) -> None:
    order = ["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]
    enough = order.index(clearance) >= order.index(label)
    verdict = may_know(label, clearance, {Relation.NAMED, Relation.OPERATOR})
    assert verdict == (enough, Ruling.NAMED if enough else Ruling.CLEARANCE_TOO_LOW)


@pytest.mark.parametrize("label", Tlp)
def test_without_a_relation_nobody_may_know(label: Tlp) -> None:
    assert may_know(label, Tlp.RED, set()) == (False, Ruling.NO_RELATION)


def test_one_need_among_more_relations_is_enough_for_amber() -> None:
    assert may_know(Tlp.AMBER, Tlp.AMBER, {Relation.ADVISER, Relation.OPERATOR}).allowed
    assert not may_know(Tlp.AMBER, Tlp.AMBER, {Relation.ADVISER, Relation.UMBRELLA}).allowed
