"""A command that is not called as it should be: what is wrong with it, in Dutch."""

import re

from typer import BadParameter, TyperException
from typer._click.exceptions import MissingParameter, NoSuchOption, UsageError


def wrong_call(error: TyperException) -> str:
    """What is wrong, and where to read how it goes."""
    command = error.ctx.command_path if isinstance(error, UsageError) and error.ctx else "kernhub"
    return f"{_sentence(error)}\nZie '{command} --help'."


def _sentence(error: TyperException) -> str:
    if isinstance(error, NoSuchOption):
        return f"De optie '{error.option_name}' kennen wij niet."
    if not isinstance(error, BadParameter):
        return "Dit commando kennen wij zo niet."
    if error.param is None:
        return error.message
    which = error.param.get_error_hint().replace("env var:", "of")
    if isinstance(error, MissingParameter):
        return f"{which} ontbreekt: {_help(error)}."
    given, *known = re.findall(r"'([^']*)'", error.message) or [""]
    choices = [word for word in known if not word.startswith("%")]
    instead = f"kies uit {', '.join(choices)}" if choices else _help(error)
    return f"'{given}' is geen geldige waarde voor {which}: {instead}."


def _help(error: BadParameter) -> str:
    return str(getattr(error.param, "help", None) or "geef een waarde").replace("\n", " ")
