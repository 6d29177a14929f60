"""The catalogue of standard questions is whole, readable and without holes."""

from importlib import resources
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.question_parameter import Parameter
from schemas.standard_question import (
    StandardQuestion,
    find_question,
    function_words,
    own_questions,
    shared_questions,
    standard_questions,
)
from schemas.terms import FunctionSlug, Hazard
from tests.registers import REGISTER

EVERY = [*shared_questions(), *(one for function in FunctionSlug for one in own_questions(function))]
QUESTIONS = pytest.mark.parametrize("question", EVERY, ids=lambda one: one.code)
FUNCTIONS = pytest.mark.parametrize("function", list(FunctionSlug))
PARAMETERS = [parameter for question in EVERY for parameter in question.parameters]


def _named(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_there_is_a_file_for_each_function_and_one_for_all() -> None:
    files = {path.name for path in (resources.files("schemas") / "standard_questions").iterdir()}
    assert files == {"every-function.toml", *(f"{function}.toml" for function in FunctionSlug)}


@FUNCTIONS
def test_each_function_has_questions_of_its_own_about_more_than_floods(function: FunctionSlug) -> None:
    own = own_questions(function)
    assert 4 <= len(own) <= 9
    about = {hazard for one in own for hazard in one.hazards}
    assert Hazard.FLOOD in about
    assert about & {Hazard.DROUGHT, Hazard.HEAT}
    assert {hazard for one in standard_questions(function) for hazard in one.hazards} == set(Hazard)


@FUNCTIONS
def test_a_function_is_called_as_in_the_register(function: FunctionSlug) -> None:
    (facts,) = (one for one in REGISTER.functions.values() if one.slug == function)
    words = function_words(function)
    assert (words.name.nl, words.name.en) == (facts.name_nl, facts.name_en)


def test_a_code_means_one_question() -> None:
    codes = [question.code for question in EVERY]
    assert sorted(set(codes)) == sorted(codes)


@QUESTIONS
def test_a_question_is_there_in_both_languages(question: StandardQuestion) -> None:
    for words in (question.text, question.why, question.good_answer):
        assert words.nl != words.en
        assert {words.nl[-1], words.en[-1]} <= {"?", "."}
    assert question.text.nl.endswith("?")
    assert question.text.en.endswith("?")
    headings = [column.nl for column in question.columns]
    assert len(set(headings)) == len(headings)


@QUESTIONS
def test_a_question_names_each_of_its_parameters_and_nothing_else(question: StandardQuestion) -> None:
    names = [one.name for one in question.parameters]
    assert len(set(names)) == len(names)
    shared = {"objects"} & _named(question.text.nl)
    assert _named(question.text.nl) - shared == _named(question.text.en) - shared == set(names)
    assert not shared or question in shared_questions()


@FUNCTIONS
def test_what_is_asked_of_a_function_has_no_gaps(function: FunctionSlug) -> None:
    objects = function_words(function).objects
    for question in standard_questions(function):
        values = {one.name: one.example for one in question.parameters}
        asked = question.asked(values), question.asked(values, "en")
        said = [
            words.of(language) for words in (question.why, question.good_answer) for language in ("nl", "en")
        ]
        assert not [text for text in (*asked, *said, question.template()) if "{" in text]
        assert not [text for text in asked if "[" in text]
    assert objects.nl in standard_questions(function)[1].text.nl


def test_what_takes_the_place_of_a_shared_question_is_asked_instead() -> None:
    shared = {question.code for question in shared_questions()}
    for function in FunctionSlug:
        replaced = {one.replaces for one in own_questions(function) if one.replaces}
        assert replaced <= shared
        assert not replaced & {one.code for one in standard_questions(function)}
    assert find_question("backup-power", [FunctionSlug.TELECOM_PUBLIC]) is None
    assert find_question("mast-battery-runtime", [FunctionSlug.TELECOM_PUBLIC]) is not None


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda one: one.name)
def test_a_default_and_an_example_may_be_filled_in(parameter: Parameter) -> None:
    for value in (parameter.default, parameter.example, *parameter.allowed_values):
        assert value is None or parameter.normal(value) == value


@given(st.sampled_from(PARAMETERS), st.text() | st.from_regex(r" *0*[0-9]{1,4} *", fullmatch=True))
def test_a_value_has_one_form_and_keeps_it(parameter: Parameter, value: str) -> None:
    normal = parameter.normal(value)
    if normal is not None:
        assert parameter.normal(normal) == normal
        assert parameter.normal(f"  {normal.upper()} ") == normal


@pytest.mark.parametrize("value", ["5²", "٥٠", "+50", "-50", "50 cm", "5e1", "50.0", "", "9" * 400])
def test_a_number_is_written_in_plain_digits(value: str) -> None:
    question = find_question("stations-at-water-depth", [FunctionSlug.ELECTRICITY])
    assert question is not None
    assert question.parameters[0].normal(value) is None


def test_a_question_reads_with_its_parameters_filled_in() -> None:
    question = find_question("stations-at-water-depth", [FunctionSlug.ELECTRICITY])
    exposed = find_question("exposed-assets", [FunctionSlug.OIL])
    assert question is not None
    assert exposed is not None
    assert "als er overal 50 cm water" in question.asked({})
    assert "when 100 cm of water covers" in question.asked({"depth_cm": "0100"}, "en")
    assert "overal {x} water" in question.asked({"depth_cm": "{x}"})
    assert exposed.asked({"hazard": "heat"}).startswith(
        "Hoeveel van uw tankparken, raffinaderijen en brandstofleidingen"
    )
    assert exposed.asked({}).endswith("gevoelig is voor [dreiging]?")
    zone = find_question("stations-in-flood-zone", [FunctionSlug.ELECTRICITY])
    assert zone is not None
    assert "bij het hoogwater van juli 2021 nat was" in zone.asked({"flood": "2021-07"})
    assert "where the flood of July 2021 came" in zone.asked({"flood": "2021-07"}, "en")
    drought = find_question("heat-drought-threshold", [FunctionSlug.OIL])
    assert drought is not None
    assert drought.parameters[0].allowed_values == ["drought", "heat"]
    assert (question.valid_days, question.tlp) == (365, "GREEN")
