"""For every party there is an answer: it receives the event, or why not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.register.kinds import Wish
from hub.register.model import Subscription
from hub.rules.explaining import WhyNot, explained_for, explanation, explanation_for_publisher
from hub.rules.recipients import recipients
from hub.words import wording
from schemas.catalogue import Event
from tests.events import event
from tests.registers import REGISTER
from tests.unit.strategies import PARTIES, events


@given(events())
def test_those_who_receive_it_are_the_recipients(told: Event) -> None:
    found = explanation(told, REGISTER)
    receive = {(one.party, one.mode, one.reasons) for one in found.related if one.mode is not None}
    assert receive == {(r.party, r.mode, r.reasons) for r in recipients(told, REGISTER)}
    assert found.register_version == REGISTER.version


@given(events(), st.sampled_from([*PARTIES, "nergens"]))
def test_each_party_receives_it_or_hears_why_not(told: Event, party: str) -> None:
    one = explained_for(party, told, REGISTER)
    assert (one.mode is None) is (one.why_not is not None)
    assert (one.mode is not None) is (party in {r.party for r in recipients(told, REGISTER)})


@pytest.mark.parametrize(
    ("party", "label", "why_not"),
    [
        ("nergens", "GREEN", WhyNot.UNKNOWN_PARTY),
        ("min-kgg", "GREEN", WhyNot.PARTY_ENDED),
        ("gm0935", "GREEN", WhyNot.PUBLISHER),
        ("gm0363", "GREEN", WhyNot.NO_RELATION),
        ("netbeheer-nederland", "AMBER", WhyNot.CLEARANCE_TOO_LOW),
        ("kernteam-health", "AMBER", WhyNot.NO_NEED_TO_KNOW),
        ("enexis", "RED", WhyNot.NOT_NAMED),
    ],
)
def test_why_not(party: str, label: str, why_not: WhyNot) -> None:
    told = event("bottleneck-found", tlp=label, data={"recipients": ["gm0994"]})
    assert explained_for(party, told, REGISTER).why_not is why_not


@given(events(), st.sampled_from(PARTIES), st.sampled_from(Wish))
def test_the_publisher_does_not_hear_what_others_may_know_or_want(
    told: Event, party: str, wish: Wish
) -> None:
    wished = replace(REGISTER, subscriptions=(Subscription(party, "alles", wish),))
    heard = explanation_for_publisher(told, wished)
    assert heard == explanation_for_publisher(told, REGISTER)
    assert {one.party: one.mode for one in heard.related} == {
        one.party: one.mode for one in explanation(told, REGISTER).related
    }
    assert {one.why_not for one in heard.related} <= {None, WhyNot.MAY_NOT_KNOW, WhyNot.NOT_IN_POLICY}


def test_who_is_asked_receives_it_in_its_bundle() -> None:
    assert explained_for("enexis", event("question-raised"), REGISTER).why_not is WhyNot.ASKED
    assert "enexis" in {asked.operator for asked in explanation(event("question-raised"), REGISTER).asked}


def test_a_relation_that_is_not_told_of_this_kind_is_said() -> None:
    assert explained_for("acm", event("question-raised"), REGISTER).why_not is WhyNot.NOT_IN_POLICY


def test_every_reason_has_its_words() -> None:
    assert set(wording.WHY_NOT) == set(WhyNot)
