"""What is wrong is told in Dutch, field by field."""

import re
from collections.abc import Iterator
from typing import Any, Final, get_args

import pytest
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from schemas.catalogue import parse
from schemas.forms import FORMS
from schemas.problems import Problem, Refused, in_dutch
from tests.events import KINDS, attributes, event

PATTERN: Final = re.compile(r"[\\^\[\]{}|$*+]")
"""Signs of a regular expression."""


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"tlp": None}, "tlp: ontbreekt"),
        ({"tlp": "rood"}, "tlp: moet een van deze zijn: 'CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT' of 'RED'"),
        ({"specversion": "2"}, "specversion: moet zijn: '1.0'"),
        ({"data": {"extra": 1}}, "data/extra: is een onbekend veld"),
        ({"data": {"title": 1}}, "data/title: moet tekst zijn"),
        ({"data": {"title": ""}}, "data/title: is te kort: minstens 1 teken(s)"),
        ({"data": {"title": "x" * 201}}, "data/title: is te lang: hoogstens 200 tekens"),
        ({"data": {"title": "a\nb"}}, "data/title: moet op één regel staan"),
        ({"data": {"hazards": []}}, "data/hazards: heeft te weinig onderdelen: minstens 1"),
        ({"data": {"hazards": "flood"}}, "data/hazards: moet een lijst zijn"),
        ({"data": {"severity": "erg"}}, "data/severity: moet zijn: 'low', 'medium' of 'high'"),
        ({"time": "2027-02-30T10:00:00Z"}, "time: is geen bestaand moment"),
        ({"functions": "oil,oil"}, "functions: noemt iets twee keer"),
    ],
)
def test_a_problem_says_which_field_and_what_to_do(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(attributes("bottleneck-found", **changes))
    assert str(refused.value) == told


@pytest.mark.parametrize(
    ("changes", "field", "example"),
    [
        ({"areas": "gm935"}, "areas/0", "GM0935"),
        ({"areas": "GM0935,Limburg"}, "areas/1", "PV31"),
        ({"data": {"asked": ["Enexis B.V."]}}, "data/asked/0", "enexis"),
        ({"data": {"recipients": ["gm_0935"]}}, "data/recipients/0", "gm0935"),
        ({"data": {"standard_question": "Hoe hoog?"}}, "data/standard_question", "stations-in-flood-zone"),
        ({"sequence": "01", "sequencetype": "Integer"}, "sequence", "17"),
    ],
)
def test_the_form_of_a_code_is_told_in_words_with_an_example(
    changes: dict[str, Any], field: str, example: str
) -> None:
    with pytest.raises(Refused) as refused:
        parse(attributes("question-raised", **changes))
    (problem,) = refused.value.problems
    assert (problem.field, problem.code) == (field, "string_pattern_mismatch")
    assert f"'{example}'" in problem.detail
    assert not PATTERN.search(problem.detail), problem.detail


@pytest.mark.parametrize("kind", KINDS)
def test_every_pattern_of_an_event_has_words(kind: str) -> None:
    """Whatever an event is held to: no pattern is shown, nor a text that says nothing."""
    patterns = set(_patterns(type(event(kind)).__pydantic_core_schema__))
    assert patterns
    assert patterns <= FORMS.keys()


def _patterns(core: Any) -> Iterator[str]:
    if isinstance(core, dict):
        if core.get("type") == "str" and core.get("pattern"):
            yield core["pattern"]
        for part in core.values():
            yield from _patterns(part)
    elif isinstance(core, list | tuple):
        for part in core:
            yield from _patterns(part)


@pytest.mark.parametrize("pattern", FORMS)
def test_the_example_in_the_words_has_that_form(pattern: str) -> None:
    for words in FORMS[pattern]:
        examples = re.findall(r"'([^']+)'", words)
        assert examples
        assert all(re.fullmatch(pattern, example) for example in examples)


def test_data_that_is_no_object_is_told_so() -> None:
    for wrong in (5, "tekst", ["a"], True):
        with pytest.raises(Refused, match=r"^data: moet een JSON-object zijn$"):
            parse(attributes("bottleneck-found") | {"data": wrong})


def test_numbers_are_told_with_their_limits() -> None:
    for number, told in (
        (-1, "moet minstens 0 zijn"),
        (10**9, "mag hoogstens 100000 zijn"),
        ("x", "geheel getal"),
    ):
        with pytest.raises(Refused, match=told):
            parse(attributes("impact-analysis-published", data={"outage_hours": number}))


def test_no_english_of_a_library_is_told() -> None:
    names = ("expected", "min_length", "max_length", "pattern", "ge", "le", "expected_schemes")
    for kind in get_args(ErrorType):
        detail = ErrorDetails(
            type=kind, loc=(), msg="Input should be", input=None, ctx=dict.fromkeys(names, 1)
        )
        assert "Input" not in in_dutch(detail), kind


def test_a_refusal_carries_all_its_problems() -> None:
    problems = [Problem("a", "x", "ontbreekt"), Problem("b", "y", "is leeg")]
    refused = Refused(iter(problems))
    assert refused.problems == tuple(problems)
    assert str(refused) == "a: ontbreekt; b: is leeg"
