"""The parameters of standard questions: which values they take, and the one way to write each."""

import re
from typing import Annotated, Literal

from pydantic import AliasGenerator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Language = Literal["nl", "en"]
_NUMBER = re.compile(r"[0-9]{1,9}")
_YEAR_AND_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_MONTHS: dict[Language, list[str]] = {
    "nl": (
        "januari februari maart april mei juni juli augustus september oktober november december".split()  # noqa: SIM905
    ),
    "en": (
        "January February March April May June July August September October November December".split()  # noqa: SIM905
    ),
}


_Said = Annotated[str, Field(min_length=1)]


class Part(BaseModel):
    """A part of the catalogue: read strictly, never changed, and published in camelCase."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=AliasGenerator(serialization_alias=to_camel)
    )


class Words(Part):
    """The same in Dutch and in English."""

    nl: _Said
    en: _Said

    def of(self, language: Language) -> str:
        return self.nl if language == "nl" else self.en


class Choice(Words):
    """A value that a parameter may have, and how it reads in the question."""

    value: str


class _Parameter(Part):
    """What the asker fills in. Without a default it must be there."""

    name: Annotated[str, Field(pattern=r"^[a-z]+(_[a-z]+)*$", max_length=40)]
    label: Words
    default: str | None = None


class ChoiceParameter(_Parameter):
    """One of a few values."""

    kind: Literal["choice"]
    choices: tuple[Choice, ...]

    @property
    def allowed_values(self) -> list[str]:
        return [choice.value for choice in self.choices]

    @property
    def example(self) -> str:
        return self.default or self.allowed_values[0]

    def normal(self, value: str) -> str | None:
        """The value in the one way that it is written; None: it may not be."""
        tidy = _tidy(value)
        return tidy if tidy in self.allowed_values else None

    def shown(self, normal: str, language: Language) -> str:
        return next(choice.of(language) for choice in self.choices if choice.value == normal)

    def wanted(self) -> str:
        """Which values may be, in Dutch."""
        meanings = ((choice.value, choice.nl) for choice in self.choices)
        return ", ".join(value if value == words else f"{value} ({words})" for value, words in meanings)


class NumberParameter(_Parameter):
    """A whole number of a unit: one of fixed steps, so that equal questions meet, or within a range."""

    kind: Literal["number"]
    unit: Words
    allowed: tuple[int, ...] = ()
    between: tuple[int, int] | None = None

    @property
    def allowed_values(self) -> list[str]:
        return [str(number) for number in self.allowed]

    @property
    def example(self) -> str:
        return self.default or str((self.allowed or self.between or (0,))[0])

    def normal(self, value: str) -> str | None:
        """The value in the one way that it is written; None: it may not be."""
        written = value.strip()
        may = _NUMBER.fullmatch(written) and self._may_be(int(written))
        return str(int(written)) if may else None

    def _may_be(self, number: int) -> bool:
        if self.between is None:
            return number in self.allowed
        least, most = self.between
        return least <= number <= most

    def shown(self, normal: str, language: Language) -> str:
        return f"{normal} {self.unit.of(language)}"

    def wanted(self) -> str:
        """Which values may be, in Dutch."""
        numbers = ", ".join(self.allowed_values)
        if self.between is not None:
            numbers = " tot en met ".join(map(str, self.between))
        return f"{numbers} ({self.unit.nl})"


class TextParameter(_Parameter):
    """A short text of a fixed form."""

    kind: Literal["text"]
    pattern: str
    form: Words
    example: str

    @property
    def allowed_values(self) -> list[str]:
        return []

    def normal(self, value: str) -> str | None:
        """The value in the one way that it is written; None: it may not be."""
        tidy = _tidy(value)
        return tidy if re.fullmatch(self.pattern, tidy, re.ASCII) else None

    def shown(self, normal: str, language: Language) -> str:
        return _month(normal, language) or normal

    def wanted(self) -> str:
        """Which values may be, in Dutch."""
        return self.form.nl


Parameter = Annotated[ChoiceParameter | NumberParameter | TextParameter, Field(discriminator="kind")]


def _month(value: str, language: Language) -> str | None:
    """A month as one says it: 2021-07 is juli 2021; None: it is none."""
    found = _YEAR_AND_MONTH.fullmatch(value)
    return f"{_MONTHS[language][int(found[2]) - 1]} {found[1]}" if found else None


def _tidy(value: str) -> str:
    return " ".join(value.casefold().split())
