"""What is suggested to publish has the same merge key, whoever does; nothing joins what is classified."""

from typing import Any

import pytest

from hub.rules.asking import AskedOperator, merge_key
from hub.rules.suggesting import Ask, ask_of, one_reality, same_ask, text_of
from schemas.catalogue import parse
from schemas.question import QuestionRaised
from tests.events import attributes, source_of
from tests.registers import REGISTER

DEPTH = {"standard_question": "stations-at-water-depth", "parameters": {"depth_cm": "50"}}


def _raised(asker: str = "gm0935", **changes: Any) -> QuestionRaised:
    event = parse(attributes("question-raised", source=source_of(asker), **changes))
    assert isinstance(event, QuestionRaised)
    return event


def _published(ask: Ask, asker: str) -> QuestionRaised:
    data: dict[str, Any] = {"asked": ask.asked, "text": ask.text, "recipients": ask.recipients}
    data |= {"standard_question": ask.standard_question, "parameters": dict(ask.parameters)}
    about = {"functions": ",".join(ask.functions), "areas": ",".join(ask.areas), "tlp": ask.tlp}
    return _raised(asker, id="ook", data=data, **about)


@pytest.mark.parametrize("data", [{}, DEPTH, {"recipients": ["enexis"]}])
@pytest.mark.parametrize("tlp", ["CLEAR", "GREEN"])
def test_what_is_suggested_has_the_same_key_from_another_asker(data: dict[str, Any], tlp: str) -> None:
    question = _raised(data=data, tlp=tlp)
    ask = ask_of(question, "gm0935", ["GM0994"])
    assert ask is not None
    asked = AskedOperator("enexis", ask.functions, ask.areas)
    assert merge_key(_published(ask, "gm0994"), asked) == merge_key(question, asked)


def test_a_standard_question_is_about_the_areas_of_who_asks_and_a_free_one_about_its_own() -> None:
    asks = [ask_of(_raised(data=data, tlp="GREEN"), None, ["GM0994"]) for data in (DEPTH, {})]
    assert [ask.areas for ask in asks if ask] == [("GM0994",), _raised().areas]


def test_nobody_joins_a_classified_question() -> None:
    assert ask_of(_raised(tlp="RED"), None, []) is None


def test_a_standard_question_is_compared_in_the_words_of_the_catalogue() -> None:
    assert text_of(_raised(data=DEPTH)) != text_of(_raised())


def test_questions_that_do_not_merge_are_not_the_same_to_ask() -> None:
    asks = [ask_of(_raised(tlp=tlp), None, []) for tlp in ("CLEAR", "GREEN")]
    assert len({same_ask(ask) for ask in asks if ask}) == 2


def test_an_exercise_is_not_suggested_to_who_asks_for_real() -> None:
    assert one_reality(source_of("gm0935"), "gm0994", REGISTER)
    assert not one_reality("urn:nld:oin:00000001003214345000:systeem:zaken", "gm0994", REGISTER)
