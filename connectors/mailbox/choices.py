"""The mail that tells what was chosen for a mailbox."""

from collections.abc import Iterable, Iterator

from connectors.mailbox.rendering import render
from connectors.mailbox.texts import MailText, mail_text
from hub.register.model import Register
from hub.rules.preferences import USUAL, Preferences
from hub.words import wording
from hub.words.language import said
from schemas.terms import Tlp

_LABEL = Tlp.AMBER_STRICT


def confirmed(wanted: Preferences, register: Register) -> MailText:
    """What the party gets from now on, and what to do when nobody there chose that."""
    facts = [(said(name), words) for name, words in _facts(wanted, register)]
    body = render("chosen", tlp=_LABEL, tlp_meaning=wording.tlp_meaning(_LABEL), facts=facts)
    return mail_text(said("Uw keuze voor mail is veranderd"), body, _LABEL)


def _facts(wanted: Preferences, register: Register) -> Iterator[tuple[str, str]]:
    days = ", ".join(said(wording.DAYS[day]) for day in wanted.weekdays)
    at = said("{day}, {time} uur", day=days, time=f"{wanted.hour:02}:00")
    yield "Overzicht", at if wanted.working_days else at + said(", ook op feestdagen")
    kinds = {"Meteen": wanted.at_once, "In overzicht": wanted.digested}
    for name, chosen in kinds.items():
        if chosen:
            yield name, _named(chosen)
    yield "Geen mail", _named(wanted.stopped) or said("niets")
    if wanted.functions:
        yield "Functies", ", ".join(wording.function_name(one, register) for one in wanted.functions)
    if wanted.areas:
        yield "Gebieden", ", ".join(wording.area_name(area, register) for area in wanted.areas)
    if wanted.least != USUAL.least:
        yield "Hoe dringend", said(wording.LEVELS[wanted.least])
    if wanted.away_from and wanted.away_until:
        yield "Afwezig", wording.days(wanted.away_from, wanted.away_until)
    if wanted.deputy:
        yield "Waarnemer", wanted.deputy
    yield "Taal", said(wording.LANGUAGES[wanted.language])


def _named(kinds: Iterable[str]) -> str:
    return ", ".join(wording.mail_kind(kind) for kind in kinds)
