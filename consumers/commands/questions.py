"""The catalogue of standard questions for people: on the command line, and as a page of the contract."""

import json
from collections.abc import Iterable
from typing import Any

from jinja2 import Environment

from consumers.say import tell
from schemas.question_parameter import Parameter
from schemas.standard_question import (
    StandardQuestion,
    function_words,
    own_questions,
    shared_questions,
    standard_questions,
)
from schemas.terms import FunctionSlug

_HAZARDS = {"flood": "overstroming", "excess-water": "wateroverlast", "drought": "droogte", "heat": "hitte"}


def tell_questions(function: FunctionSlug | None) -> None:
    """Tells which standard questions there are: of a function in full, else the codes of all."""
    if function is None:
        _tell_codes("Voor elke functie", shared_questions())
        for each in FunctionSlug:
            _tell_codes(f"{function_words(each).name.nl} ({each})", own_questions(each))
        tell("Meer over een vraag: kernhub questions FUNCTIE")
        return
    for question in standard_questions(function):
        tell(f"{question.code}\n  {question.template()}")
        for parameter in question.parameters:
            tell(f"  {parameter.name}: {_wanted(parameter)}")
        tell(f"  Antwoord per gebied: {_columns(question)}")


def _tell_codes(title: str, questions: Iterable[StandardQuestion]) -> None:
    tell(title)
    for question in questions:
        text = question.template().replace("{objects}", "objecten")
        tell(f"  {question.code}: {text}")


def page(environment: Environment) -> str:
    """The page of the catalogue, in Dutch."""
    return environment.get_template("standaardvragen.md").render(
        shared=[_row(one) for one in shared_questions()],
        functions=[
            {
                "slug": function.value,
                "name": function_words(function).name.nl,
                "objects": function_words(function).objects.nl,
                "own": [_row(one) for one in own_questions(function)],
                "replaced": [(one.replaces, one.code) for one in own_questions(function) if one.replaces],
                "example": _example(own_questions(function)[0]),
            }
            for function in FunctionSlug
        ],
    )


def _row(question: StandardQuestion) -> dict[str, Any]:
    return {
        "code": question.code,
        "text": question.template().replace("{objects}", "*objecten*"),
        "why": question.why.nl,
        "good_answer": question.good_answer.nl.replace("{objects}", "*objecten*"),
        "hazards": ", ".join(_HAZARDS[hazard] for hazard in question.hazards),
        "parameters": [(one.name, one.label.nl, _wanted(one)) for one in question.parameters],
        "columns": _columns(question),
        "days": question.valid_days,
        "tlp": question.tlp,
    }


def _columns(question: StandardQuestion) -> str:
    return "; ".join(column.heading() for column in question.columns)


def _wanted(parameter: Parameter) -> str:
    open_value = "verplicht" if parameter.default is None else f"anders {parameter.default}"
    return f"{parameter.wanted()}; {open_value}"


def _example(question: StandardQuestion) -> str:
    values = {one.name: one.example for one in question.parameters}
    data = {"text": question.asked(values), "standard_question": question.code}
    return json.dumps(data | ({"parameters": values} if values else {}), indent=2, ensure_ascii=False)
