"""What a party wants of its mail: shown, and changed by the administrator in its name."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from consumers.commands.keys import UnknownParty
from consumers.mail.confirming import confirm_choice
from consumers.say import tell
from hub.errors import HubError
from hub.register.model import Register
from hub.rules.preferences import MANDATORY, Preferences, problems
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, transaction
from hub.store.mail.preferences import change_preferences, preferences_of
from hub.store.register.registers import Registers
from hub.words import wording

_ABBREVIATED = [day[:2] for day in wording.DAYS]
_YES_NO = {"ja": True, "nee": False}


class PreferencesRefused(HubError):
    """What the party wants stays as it was. The message says why, and what to do."""


async def show_preferences(settings: Settings, party: str) -> int:
    """Tells what a party wants of its mail. Raises UnknownParty or Unavailable."""
    async with opened(settings) as pool:
        register = await Registers(pool, clock_of(settings, pool)).newest()
        if party not in register.parties:
            raise UnknownParty(f"'{party}' is geen partij in het register.")
        async with transaction(pool) as connection:
            wanted = await preferences_of(connection, party)
    _tell(wanted)
    return 0


async def set_preferences(settings: Settings, party: str, values: Sequence[str]) -> int:
    """Changes what a party wants, from the next mail on. Raises UnknownParty, PreferencesRefused or
    Unavailable; then nothing has changed."""
    async with opened(settings) as pool:
        clock = clock_of(settings, pool)
        register = await Registers(pool, clock).newest()
        if party not in register.parties:
            raise UnknownParty(f"'{party}' is geen partij in het register.")
        now = await clock.now()

        def change(old: Preferences) -> Preferences:
            return changed(old, values, party, register)

        async with transaction(pool) as connection:
            made = await change_preferences(connection, party, change, "administrator", now, most=None)
            await confirm_choice(connection, party, made, register, now)
    _tell(made.wanted)
    return 0


def changed(old: Preferences, values: Sequence[str], party: str, register: Register) -> Preferences:
    """What is wanted with values as 'days=ma,do' or 'away=2027-07-01/2027-07-20'; nothing after the '=' is
    the empty choice. Raises PreferencesRefused."""
    given: dict[str, Any] = {}
    wrong = []
    for one in values:
        name, _, value = one.partition("=")
        if name not in _READ:
            wrong.append(f"'{name}' is niet in te stellen. Wel: {', '.join(_READ)}.")
            continue
        try:
            given |= _READ[name](value)
        except (ValueError, KeyError):
            wrong.append(
                f"{name} verwacht {_FORMS.get(name, 'woorden met komma’s ertussen')}, niet '{value}'."
            )
    new = old._replace(**given)
    if not wrong:
        wrong = [f"{problem.field} {problem.detail}." for problem in problems(new, party, register)]
    if wrong:
        raise PreferencesRefused("\n".join(["Er is niets veranderd.", *(f"  {line}" for line in wrong)]))
    return new


def _listed(field: str, *, upper: bool = False) -> Callable[[str], dict[str, Any]]:
    return lambda value: {
        field: tuple(dict.fromkeys(one for one in (value.upper() if upper else value).split(",") if one))
    }


def _days(value: str) -> dict[str, Any]:
    return {"weekdays": tuple(sorted({_ABBREVIATED.index(day[:2]) for day in value.split(",")}))}


def _away(value: str) -> dict[str, Any]:
    if not value:
        return {"away_from": None, "away_until": None, "deputy": None}
    since, until = (date.fromisoformat(day) for day in value.split("/"))
    return {"away_from": since, "away_until": until}


_READ: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "days": _days,
    "hour": lambda value: {"hour": int(value)},
    "working_days": lambda value: {"working_days": _YES_NO[value]},
    "stop": _listed("stopped"),
    "at_once": _listed("at_once"),
    "digest": _listed("digested"),
    "functions": _listed("functions"),
    "areas": _listed("areas", upper=True),
    "least": lambda value: {"least": value},
    "language": lambda value: {"language": value},
    "away": _away,
    "deputy": lambda value: {"deputy": value or None},
}
_FORMS = {
    "days": "dagen als ma,do",
    "hour": "een heel uur",
    "working_days": "'ja' of 'nee'",
    "away": "dagen als 2027-07-01/2027-07-20",
}


def _tell(wanted: Preferences) -> None:
    away = f"{wanted.away_from}/{wanted.away_until}" if wanted.away_from else ""
    lines = {
        "days": ",".join(_ABBREVIATED[day] for day in wanted.weekdays),
        "hour": str(wanted.hour),
        "working_days": "ja" if wanted.working_days else "nee",
        "stop": ",".join(wanted.stopped),
        "at_once": ",".join(wanted.at_once),
        "digest": ",".join(wanted.digested),
        "functions": ",".join(wanted.functions),
        "areas": ",".join(wanted.areas),
        "least": wanted.least,
        "language": wanted.language,
        "away": away,
        "deputy": wanted.deputy or "",
    }
    for name, value in lines.items():
        tell(f"  {name:12} {value}")
    always = ", ".join(MANDATORY)
    tell(f"Altijd gemaild: wat aan de partij bij naam gericht is of haar gevraagd wordt, en {always}.")
