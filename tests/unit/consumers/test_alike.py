"""The questions that are alike, as the command line tells them."""

from typing import Any

from consumers.commands.alike import lines

_ASK: dict[str, Any] = {
    "functions": ["electricity"],
    "areas": ["GM0935"],
    "asked": ["enexis"],
    "tlp": "GREEN",
}
_ASK |= {"recipients": [], "text": "Bij 150 cm?", "standardQuestion": None, "parameters": {}}


def _told(ask: dict[str, Any] | None) -> dict[str, Any]:
    marks = [{"kind": "number", "start": 4, "end": 7}]
    differences = {"yours": [], "theirs": marks, "whole": True}
    one = {"state": "open", "text": "Bij 150 cm?", "differences": differences, "ask": ask}
    return {"questions": [one], "standardQuestions": []}


def test_what_differs_stands_between_brackets_and_joining_is_told() -> None:
    said = lines(_told(_ASK))
    assert said[0] == "Deze vraag staat open:"
    assert said[1].strip() == "Bij [150] cm?"
    assert "functies electricity; gebieden GM0935; gevraagd enexis; label GREEN" in said[2]


def test_a_question_that_cannot_be_joined_says_so() -> None:
    assert "Aansluiten kan niet" in lines(_told(None))[2]


def test_nothing_found_is_said() -> None:
    assert lines({"questions": [], "standardQuestions": []}) == ["Wij kennen geen vraag die op de uwe lijkt."]
