"""Which scope an event needs, and what a party can be allowed."""

import pytest

from hub.register.kinds import HUB
from hub.rules.scopes import SAYING, Scope, needed_to_publish, possible_scopes, unallowed, usual_scopes
from schemas.catalogue import CATALOGUE, parse
from tests.events import attributes

_ASKING = {
    "question-raised",
    "information-requested",
    "participation-requested",
    "request-withdrawn",
    "situation-opened",
    "situation-renewed",
}
_ANSWERING = {
    "question-answered",
    "answer-deposited",
    "answer-retracted",
    "participation-accepted",
    "participation-declined",
    "request-declined",
    "request-postponed",
    "request-referred",
    "request-confirmed",
    "questions-merged",
    "questions-separated",
    "situation-reported",
}


@pytest.mark.parametrize("short", [row.short for row in CATALOGUE if not row.by_hub])
def test_requests_need_ask_answers_need_answer_and_all_else_needs_publish(short: str) -> None:
    event = parse(attributes(short))
    needed = Scope.ASK if short in _ASKING else Scope.ANSWER if short in _ANSWERING else Scope.PUBLISH
    assert needed_to_publish(event) is needed
    assert unallowed(event, {needed}) is None
    problem = unallowed(event, set(Scope) - {needed})
    assert problem is not None
    assert f"'{needed}'" in problem.detail


def test_only_the_hub_administers_and_it_says_nothing_in_the_exchange() -> None:
    assert possible_scopes(HUB).isdisjoint(SAYING)
    assert Scope.ADMINISTER in usual_scopes(HUB)
    assert Scope.ADMINISTER not in possible_scopes("gm0935")
    assert all(Scope.AUDIT not in usual_scopes(party) for party in (HUB, "gm0935"))
