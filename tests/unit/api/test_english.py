"""Problems in English: whoever prefers it reads it, and nothing of the intake is left Dutch."""

from http import HTTPStatus

import pytest

from connectors.api.english import ERRORS, TEXTS, in_english
from connectors.api.language import wants_english
from connectors.api.problems import details
from hub.intake.outcome import Outcome
from hub.rules.scopes import Scope, unallowed
from schemas import problems
from schemas.catalogue import parse
from schemas.problems import Problem, Refused
from tests.asked_badly import BAD, Bad
from tests.events import attributes


@pytest.mark.parametrize(
    ("accepted", "english"),
    [
        ("en", True),
        ("en-GB,en;q=0.9,nl;q=0.5", True),
        ("nl,en;q=0.9", False),
        ("en,nl", False),
        ("*", False),
        ("en,*;q=0.1", True),
        ("de", False),
        ("", False),
        ("en;q=veel", False),
        (",;;=,", False),
    ],
)
def test_who_prefers_english_gets_it(accepted: str, english: bool) -> None:
    assert wants_english(accepted) is english


def test_every_refusal_of_an_event_and_of_its_form_has_english() -> None:
    refusing = {outcome.value for outcome in Outcome} - {Outcome.ACCEPTED, Outcome.KNOWN}
    assert refusing <= TEXTS.keys()
    assert problems._DUTCH.keys() <= ERRORS.keys()


def test_what_has_no_english_stays_as_it_is() -> None:
    lacking = unallowed(parse(attributes("question-raised")), {Scope.READ})
    assert lacking is not None
    own = Problem("x", "iets_eigens", "is iets eigens")
    said = in_english(details(HTTPStatus.FORBIDDEN, "scope", "t", "d", [lacking, own]))
    assert [one["detail"] for one in said["errors"]] == [ERRORS["scope"], "is iets eigens"]
    other = details(HTTPStatus.FORBIDDEN, "iets-eigens", "t", "d", [own])
    assert in_english(other) == other


def test_the_form_of_a_code_is_told_in_english_too() -> None:
    with pytest.raises(Refused) as refused:
        parse(attributes("question-raised", areas="gm935", data={"asked": ["Enexis"]}))
    said = in_english(details(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", "t", "d", refused.value.problems))
    area, party = [one["detail"] for one in said["errors"]]
    assert "is not the code of an area" in area
    assert "'GM0935'" in area
    assert "small letters" in party


@pytest.mark.parametrize("bad", BAD)
def test_why_a_request_is_refused_has_english(bad: Bad) -> None:
    assert bad.code in ERRORS
