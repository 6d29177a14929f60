"""An answer to what its party answered before goes to nobody, unless it has something new, and says so."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.rules.not_passing_on import Earlier, Why, answer_withheld, says_the_same, settled_by
from hub.rules.recipients import recipients
from schemas.answer_withheld import AnswerWithheld
from schemas.catalogue import parse
from schemas.question import QuestionAnswered
from tests.events import event
from tests.registers import REGISTER

_AT = datetime(2027, 7, 6, 8, tzinfo=UTC)
_OTHER = {"source": "urn:nld:oin:00000099500000130000:systeem:zaken", "id": "a1"}


def _answer(event_id: str = "a2", text: str = "Acht uur.", *areas: str, **data: Any) -> QuestionAnswered:
    rows = [{"area": area, "text": text} for area in areas]
    given = event("question-answered", id=event_id, data={"text": text, "per_area": rows, **data})
    assert isinstance(given, QuestionAnswered)
    return given


_FIRST = Earlier(_answer("a1", "Zes uur.", "GM0935"), _AT)


def test_what_was_answered_before_goes_to_nobody_and_the_first_answer_holds() -> None:
    second = Earlier(_answer("a3", "Zeven uur.", "GM0935"), _AT + timedelta(hours=1))
    found = settled_by(_answer("a2", "Acht uur.", "GM0935"), {"gm0935"}, {"gm0935"}, [second, _FIRST])
    assert found is _FIRST
    assert settled_by(_answer(), {"gm0935"}, (), [_FIRST]) is _FIRST


@pytest.mark.parametrize(
    ("answer", "gets", "earlier"),
    [
        (_answer(supersedes=_OTHER), {"gm0935"}, [_FIRST]),
        (_answer("a2", "Acht uur.", "GM0935", "GM0994"), {"gm0935"}, [_FIRST]),
        (_answer(), {"gm0935", "gm0994"}, [_FIRST]),
        (_answer(), {"gm0935"}, []),
        (event("participation-declined"), {"gm0935"}, [_FIRST]),
    ],
    ids=["a correction", "another area too", "another asker too", "the first", "an invitation"],
)
def test_what_has_something_new_is_passed_on(answer: Any, gets: set[str], earlier: list[Earlier]) -> None:
    assert settled_by(answer, {"gm0935"}, gets, earlier) is None


def test_an_answer_that_is_sent_twice_says_the_same() -> None:
    assert says_the_same(_answer("a2"), _answer("a3"))
    assert not says_the_same(_answer("a2"), _answer("a3", "Negen uur."))
    assert not says_the_same(_answer("a2"), _answer("a3", "Acht uur.", "GM0935"))


def _told(why: Why, before: Earlier | None = None) -> AnswerWithheld:
    (content,) = answer_withheld(_answer(), "enexis", why, "Acht uur.", REGISTER, _AT, before)
    told = parse(content)
    assert isinstance(told, AnswerWithheld)
    return told


def test_its_author_alone_hears_by_which_answer_and_when_it_was_settled() -> None:
    told = _told(Why.ANSWERED_BEFORE, _FIRST)
    assert [one.party for one in recipients(told, REGISTER)] == ["enexis"]
    assert (told.data.answer.id, told.data.settled_at) == ("a2", _AT)
    assert told.data.settled_by is not None
    assert told.data.settled_by.id == "a1"


def test_who_was_not_asked_hears_once_and_nothing_of_the_question() -> None:
    told = _told(Why.NOT_ASKED)
    assert told.id == _told(Why.NOT_ASKED).id
    assert set(told.data.model_dump(exclude_none=True)) == {"recipients", "answer", "title", "why"}
    assert answer_withheld(_answer(), "weg", Why.NOT_ASKED, "Acht uur.", REGISTER, _AT) == []
