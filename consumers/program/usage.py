"""How a command is called: a word becomes a value, or it is told in Dutch what is wrong with the call."""

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, TypeVar

import typer

from hub.rules.moments import AMSTERDAM
from schemas.terms import FunctionSlug, of_our_time

_Choice = TypeVar("_Choice", bound=StrEnum)
_DAY_FORMATS = ("%Y-%m-%d", "%d-%m-%Y")


class WrongWord(typer.BadParameter):
    """A word in the call that is no value; `instead` says what would be, or None where the help does."""

    def __init__(self, word: str, instead: str | None = None):
        self.word, self.instead = word, instead
        super().__init__(f"not a value: {word!r}")


def one_of(choices: type[_Choice]) -> Callable[[str], _Choice]:
    """Reads a choice."""

    def choice(word: str) -> _Choice:
        try:
            return choices(word)
        except ValueError:
            raise WrongWord(word, f"kies uit {', '.join(choices)}") from None

    return choice


FUNCTION = f"functie: {', '.join(FunctionSlug)}"
AFunction = Annotated[FunctionSlug, typer.Argument(help=FUNCTION, parser=one_of(FunctionSlug))]
DRY_RUN = typer.Option("--dry-run", help="laat het verschil zien en verander niets")


def a_day(word: str) -> date:
    """Reads a day as the Dutch or the standard writes it."""
    for form in _DAY_FORMATS:
        try:
            return datetime.strptime(word, form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    raise WrongWord(word)


def a_moment(word: str) -> datetime:
    """Reads a moment on Dutch clocks; of a day alone: its end."""
    try:
        moment = of_our_time(datetime.fromisoformat(word))
    except ValueError:
        raise WrongWord(word) from None
    if len(word) <= len("2027-06-01"):
        moment = moment.replace(hour=23, minute=59, second=59)
    return moment if moment.tzinfo else moment.replace(tzinfo=AMSTERDAM)


def wrong_call(error: typer.TyperException) -> str:
    """What is wrong, and where to read how it goes.

    Of the errors of typer only BadParameter is a public name: the others are told apart by what they know."""
    context: typer.Context | None = getattr(error, "ctx", None)
    return f"{_sentence(error)}\nZie '{context.command_path if context else 'kernhub'} --help'."


def _sentence(error: typer.TyperException) -> str:
    if option := getattr(error, "option_name", None):
        known = "kennen wij niet" if hasattr(error, "possibilities") else "is zo niet goed gegeven"
        return f"De optie '{option}' {known}."
    if not isinstance(error, typer.BadParameter):
        return "Dit commando kennen wij zo niet."
    if error.param is None:
        return error.message
    which = f"'{error.param.opts[0]}'"
    if error.param.envvar:
        which += f" (of '{error.param.envvar}')"
    explained = str(getattr(error.param, "help", None) or "geef een waarde").replace("\n", " ")
    if isinstance(error, WrongWord):
        return f"'{error.word}' is geen geldige waarde voor {which}: {error.instead or explained}."
    return f"{which} {'klopt niet' if error.message else 'ontbreekt'}: {explained}."
