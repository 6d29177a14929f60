"""The catalogue of standard questions: what many ask operators, in one wording, answered with a row per area.

The questions stand in `standard_questions/`: a file for every function together, and one per function.
"""

import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Annotated, Any

from pydantic import Field, computed_field

from schemas.question_parameter import Language, Parameter, Part, Words
from schemas.terms import FunctionSlug, Hazard, Tlp


class FunctionWords(Part):
    """How a function is called, and what its operators have in the field, in plural."""

    name: Words
    objects: Words


class Column(Words):
    """A column of the answer's table; without a unit it holds words."""

    unit: Words | None = None

    def heading(self, language: Language = "nl") -> str:
        """Its name and unit."""
        name = self.of(language)
        return f"{name} ({self.unit.of(language)})" if self.unit else name


class Validity(StrEnum):
    """What kind of knowledge an answer is, which tells how long it holds."""

    STATIC = "static"
    PLANS = "plans"
    CRISIS = "crisis"


_VALID_DAYS = {Validity.STATIC: 365, Validity.PLANS: 90, Validity.CRISIS: 28}


class StandardQuestion(Part):
    """A question of the catalogue. `tlp` is the label that fits its answer; `replaces` names the question for
    every function that it takes the place of."""

    code: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
    replaces: str | None = None
    text: Words
    why: Words
    good_answer: Words
    hazards: Annotated[tuple[Hazard, ...], Field(min_length=1)]
    parameters: tuple[Parameter, ...] = ()
    columns: Annotated[tuple[Column, ...], Field(min_length=1)]
    validity: Validity
    tlp: Tlp

    @computed_field  # type: ignore[prop-decorator]
    @property
    def valid_days(self) -> int:
        return _VALID_DAYS[self.validity]

    def asked(self, values: Mapping[str, str], language: Language = "nl") -> str:
        """The text with these values of its parameters; what was left open stands between brackets."""
        return self.text.of(language).format_map(
            {one.name: _shown(one, values.get(one.name, one.default), language) for one in self.parameters}
        )

    def template(self) -> str:
        """The Dutch text with the label of each parameter between brackets."""
        labels = {one.name: f"[{one.label.nl}]" for one in self.parameters}
        return self.text.nl.format_map({"objects": "{objects}", **labels})


def _shown(parameter: Parameter, value: str | None, language: Language) -> str:
    if value is None:
        return f"[{parameter.label.of(language)}]"
    normal = parameter.normal(value)
    return value if normal is None else parameter.shown(normal, language)


@cache
def shared_questions() -> tuple[StandardQuestion, ...]:
    """The questions for every function; `{objects}` stands for what that function has in the field."""
    return _questions(_file("every-function"))


@cache
def own_questions(function: FunctionSlug) -> tuple[StandardQuestion, ...]:
    """The questions for this function only."""
    return _questions(_file(function))


@cache
def function_words(function: FunctionSlug) -> FunctionWords:
    """What the catalogue calls this function and its objects."""
    file = _file(function)
    return FunctionWords.model_validate({name: file[name] for name in FunctionWords.model_fields})


@cache
def standard_questions(function: FunctionSlug) -> tuple[StandardQuestion, ...]:
    """Everything that operators of this function can be asked in standard words."""
    own = own_questions(function)
    replaced = {question.replaces for question in own}
    shared = (one for one in shared_questions() if one.code not in replaced)
    return (*(_about(one, function_words(function).objects) for one in shared), *own)


def find_question(code: str, functions: Iterable[FunctionSlug]) -> StandardQuestion | None:
    """The question with this code, as the first of these functions that has it words it."""
    return next((one for name in functions for one in standard_questions(name) if one.code == code), None)


def _about(question: StandardQuestion, named: Words) -> StandardQuestion:
    def filled(words: Words) -> Words:
        return Words(nl=words.nl.replace("{objects}", named.nl), en=words.en.replace("{objects}", named.en))

    texts = {name: filled(getattr(question, name)) for name in ("text", "why", "good_answer")}
    return question.model_copy(update=texts)


def _questions(file: Mapping[str, Any]) -> tuple[StandardQuestion, ...]:
    shared = _file("every-function")
    parameters = {**shared["parameters"], **file.get("parameters", {})}
    return tuple(
        StandardQuestion.model_validate(_resolved(written, parameters, shared["units"]))
        for written in file["questions"]
    )


def _resolved(
    written: Mapping[str, Any], parameters: Mapping[str, Any], units: Mapping[str, Any]
) -> dict[str, Any]:
    """A question as its file has it, with the parameters and units that it names."""

    def with_unit(part: Mapping[str, Any]) -> dict[str, Any]:
        return {**part, "unit": units[part["unit"]]} if "unit" in part else dict(part)

    named = [with_unit({**parameters[name], "name": name}) for name in written.get("parameters", ())]
    for parameter in named:
        if parameter["name"] == "hazard":
            choices = parameter["choices"]
            parameter["choices"] = [one for one in choices if one["value"] in written["hazards"]]
    return {**written, "parameters": named, "columns": [with_unit(column) for column in written["columns"]]}


@cache
def _file(name: str) -> dict[str, Any]:
    path = resources.files("schemas") / "standard_questions" / f"{name}.toml"
    return tomllib.loads(path.read_text("utf-8"))
