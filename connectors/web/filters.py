"""Filters of lists: from what people fill in to what is looked for, with a notice where that fails."""

from collections.abc import Iterable, Mapping, Sequence

from connectors.web.words import MAIL_KINDS
from hub.register.kinds import PartyKind
from hub.register.model import Party, Register
from hub.store.views.events import EventFilter
from hub.store.views.mails import MailFilter
from schemas.catalogue import CATALOGUE
from schemas.terms import Tlp

_TYPES = {row.short: row.type for row in CATALOGUE}
MAIL_STATES = ("queued", "sent", "failed")


def event_filter(query: Mapping[str, str], register: Register) -> tuple[EventFilter, list[str]]:
    """Which events the query asks for, and a notice for each field that could not be used."""
    notices: list[str] = []
    short = _one_of("soort", query, _TYPES, notices)
    return EventFilter(
        function=_one_of("functie", query, register.functions, notices),
        type=_TYPES[short] if short else None,
        areas=_areas(query, register, notices),
        parties=_parties(query, register, notices),
        tlp=_one_of("tlp", query, list(Tlp), notices),
        unheard=_one_of("bereik", query, ["niemand"], notices) is not None,
    ), notices


def mail_filter(query: Mapping[str, str], register: Register) -> tuple[MailFilter, list[str]]:
    """Which mails the query asks for, and a notice for each field that could not be used."""
    notices: list[str] = []
    return MailFilter(
        parties=_parties(query, register, notices),
        kind=_one_of("soort", query, MAIL_KINDS, notices),
        state=_one_of("stand", query, MAIL_STATES, notices),
    ), notices


def party_filter(query: Mapping[str, str], register: Register) -> tuple[list[Party], list[str]]:
    """The parties that the query asks for, by name, and a notice for each field that could not be used."""
    notices: list[str] = []
    kind = _one_of("soort", query, list(PartyKind), notices)
    found = parties_named(query.get("naam", ""), register)
    return sorted(
        (party for party in found if kind is None or party.kind == kind),
        key=lambda party: (party.name.casefold(), party.slug),
    ), notices


def parties_named(text: str, register: Register) -> list[Party]:
    """The party with this slug, else those with this text in their name; no text: all."""
    text = text.strip()
    if text in register.parties:
        return [register.parties[text]]
    return [party for party in register.parties.values() if text.casefold() in party.name.casefold()]


def areas_named(text: str, register: Register) -> list[str]:
    """The codes of the areas with this code or name, else of those whose names begin so."""
    wanted = text.strip().casefold()
    exact = [a.code for a in register.areas.values() if wanted in (a.code.casefold(), a.name.casefold())]
    return exact or [a.code for a in register.areas.values() if a.name.casefold().startswith(wanted)]


def _one_of(name: str, query: Mapping[str, str], known: Iterable[str], notices: list[str]) -> str | None:
    value = query.get(name, "")
    if not value:
        return None
    found = next((str(one) for one in known if one == value), None)
    if found is None:
        notices.append(f"Het filter ‘{name}’ kent ‘{_short(value)}’ niet. Wij gebruikten dit filter niet.")
    return found


def _areas(query: Mapping[str, str], register: Register, notices: list[str]) -> Sequence[str] | None:
    text = query.get("gebied", "").strip()
    if not text:
        return None
    named = areas_named(text, register)
    if not named:
        notices.append(f"Wij kennen het gebied ‘{_short(text)}’ niet. Wij gebruikten dit filter niet.")
        return None
    return [code for code in register.areas if any(register.meet(one, code) for one in named)]


def _parties(query: Mapping[str, str], register: Register, notices: list[str]) -> Sequence[str] | None:
    text = query.get("partij", "").strip()
    if not text:
        return None
    found = [party.slug for party in parties_named(text, register)]
    if not found:
        notices.append(f"Wij kennen de partij ‘{_short(text)}’ niet. Wij gebruikten dit filter niet.")
        return None
    return found


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
