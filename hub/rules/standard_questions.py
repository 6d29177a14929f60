"""Is this standard question asked as the catalogue has it?

Asked when an event is taken in, never of one that was taken in before: see docs/adr/0016.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from schemas.envelope import Data, Envelope
from schemas.library import AnswerDepositedData
from schemas.problems import Problem
from schemas.question import QuestionRaisedData
from schemas.question_parameter import Parameter
from schemas.standard_question import (
    StandardQuestion,
    find_question,
    function_words,
    own_questions,
    standard_questions,
)
from schemas.terms import FunctionSlug

_FIELD = "data/standard_question"
_Naming = QuestionRaisedData | AnswerDepositedData
_FREE = "laat het veld weg voor een vrije vraag"


def asked_amiss(event: Envelope) -> list[Problem]:
    """Everything about the standard question of an event that is not as in the catalogue."""
    data = event.data
    if not isinstance(data, _Naming):
        return []
    if data.standard_question is None:
        return _without_question(data)
    question = find_question(data.standard_question, event.functions)
    if question is None:
        detail = _unknown(data.standard_question, event.functions)
        return [Problem(_FIELD, "unknown_standard_question", detail)]
    return _unknown_parameters(question, data) + [
        problem for parameter in question.parameters for problem in _value(parameter, data)
    ]


def is_asked(data: type[Data]) -> bool:
    """Whether data of this kind can name a standard question."""
    return issubclass(data, _Naming)


def _without_question(data: _Naming) -> list[Problem]:
    if not data.parameters:
        return []
    detail = "horen bij een standaardvraag: noem die in 'standard_question', of zet de waarden in 'text'"
    return [Problem("data/parameters", "no_standard_question", detail)]


def _unknown(code: str, functions: Sequence[FunctionSlug]) -> str:
    """Why this code can't be asked of these functions, and what can."""
    known = {one.code: one for function in functions for one in standard_questions(function)}
    instead = [one.code for one in known.values() if one.replaces == code]
    if instead:
        return f"'{code}' heeft bij deze functie een eigen vorm: gebruik '{instead[0]}'"
    others = [function for function in FunctionSlug for one in own_questions(function) if one.code == code]
    asked = " of ".join(_name(function) for function in functions)
    if others:
        return f"'{code}' is een vraag over {_name(others[0])}, niet over {asked}; {_FREE}"
    return f"'{code}' staat niet in de catalogus van {asked}; {_FREE}{_near(code, known)}"


def _name(function: FunctionSlug) -> str:
    return f"{function_words(function).name.nl} ({function})"


def _unknown_parameters(question: StandardQuestion, data: _Naming) -> list[Problem]:
    names = [one.name for one in question.parameters]
    known = f"wel: {', '.join(names)}" if names else "zij heeft er geen"
    return [
        Problem(
            f"data/parameters/{name[:80]}",
            "unknown_parameter",
            f"is geen parameter van deze vraag; {known}{_near(name, names)}",
        )
        for name in data.parameters
        if name not in names
    ]


def _value(parameter: Parameter, data: _Naming) -> list[Problem]:
    field, wanted = f"data/parameters/{parameter.name}", parameter.wanted()
    value = data.parameters.get(parameter.name)
    if value is None:
        missing = Problem(field, "missing_parameter", f"ontbreekt ({parameter.label.nl}): {wanted}")
        return [missing] if parameter.default is None else []
    if parameter.normal(value) is None:
        near = _near(value, parameter.allowed_values)
        return [Problem(field, "parameter_value", f"moet zijn: {wanted}{near}")]
    return []


def _near(written: str, known: Iterable[str]) -> str:
    near = get_close_matches(written.casefold()[:80], list(known), n=2)
    return f". Bedoelt u {' of '.join(map(repr, near))}?" if near else ""
