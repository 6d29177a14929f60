"""The mail that tells what was chosen for a mailbox."""

from collections.abc import Iterable, Iterator

from connectors.mailbox.rendering import render
from connectors.mailbox.texts import MailText, mail_text
from hub import wording
from hub.register.model import Register
from hub.rules.preferences import USUAL, Preferences
from schemas.terms import FunctionSlug, Tlp

_LABEL = Tlp.AMBER_STRICT


def confirmed(wanted: Preferences, register: Register) -> MailText:
    """What the party gets from now on, and what to do when nobody there chose that."""
    body = render(
        "chosen", tlp=_LABEL, tlp_meaning=wording.TLP_MEANING[_LABEL], facts=list(_facts(wanted, register))
    )
    return mail_text("Uw keuze voor mail is veranderd", body, _LABEL)


def _facts(wanted: Preferences, register: Register) -> Iterator[tuple[str, str]]:
    days = ", ".join(wording.DAYS[day] for day in wanted.weekdays)
    holidays = "" if wanted.working_days else ", ook op feestdagen"
    yield "Overzicht", f"{days}, {wanted.hour:02}:00 uur{holidays}"
    kinds = {"Meteen": wanted.at_once, "In overzicht": wanted.digested}
    for name, chosen in kinds.items():
        if chosen:
            yield name, _named(chosen)
    yield "Geen mail", _named(wanted.stopped) or "niets"
    if wanted.functions:
        yield "Functies", ", ".join(register.functions[FunctionSlug(one)].name_nl for one in wanted.functions)
    if wanted.areas:
        yield "Gebieden", ", ".join(wording.area_name(area, register) for area in wanted.areas)
    if wanted.least != USUAL.least:
        yield "Hoe dringend", wording.LEVELS[wanted.least]
    if wanted.away_from and wanted.away_until:
        yield "Afwezig", f"{wording.day(wanted.away_from)} tot en met {wording.day(wanted.away_until)}"
    if wanted.deputy:
        yield "Waarnemer", wanted.deputy


def _named(kinds: Iterable[str]) -> str:
    return ", ".join(wording.mail_kind(kind) for kind in kinds)
