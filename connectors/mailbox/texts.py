"""The texts of mails: plain, whole in themselves, label in subject and body."""

import textwrap
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from hub import wording
from hub.facts import facts as facts_of
from hub.register.model import Register
from hub.rules.clearance import ORDER
from hub.rules.relations import Reason
from hub.rules.throttle.standing import Leaves
from schemas.catalogue import Event
from schemas.terms import Tlp

_WIDTH = 78
_TEXT_IN_DIGEST = 300
_AREAS_IN_DIGEST = 8


class MailText(NamedTuple):
    """A mail's subject in one line and its body."""

    subject: str
    body: str
    tlp: Tlp


class Told(NamedTuple):
    """An event to tell a party, with why and where to look."""

    event: Event
    publisher: str
    reasons: Sequence[Reason]
    link: str


class OpenRequest(NamedTuple):
    """What a party asked and still waits for."""

    event: Event
    operator: str
    state: str
    leaves: Leaves | None


class Part(NamedTuple):
    """Which part of whose digest: `number` of `parts`, from 1."""

    party: str
    number: int = 1
    parts: int = 1


def immediate(told: Told, register: Register) -> MailText:
    """One event, at once."""
    body = render("immediate.txt", event=told.event, **_telling(told, register))
    tlp = told.event.tlp
    return MailText(
        f"[Kernhub] [TLP:{tlp}] {wording.type_name(told.event)}: {wording.title(told.event)}", body, tlp
    )


def lapse(told: Told, register: Register) -> MailText:
    """That an answer which the party received no longer holds."""
    body = render("lapse.txt", event=told.event, **_telling(told, register))
    tlp = told.event.tlp
    return MailText(f"[Kernhub] [TLP:{tlp}] Antwoord geldt niet meer: {wording.title(told.event)}", body, tlp)


def digest(
    part: Part, entries: Sequence[Told], asked: Sequence[OpenRequest], until: datetime, register: Register
) -> MailText:
    """What happened up to `until`, one line of each kind; and where the party's own requests stand."""
    labels = [entry.event.tlp for entry in entries] + [row.event.tlp for row in asked]
    tlp = strictest(labels)
    body = render(
        "digest.txt",
        tlp=tlp,
        tlp_meaning=wording.TLP_MEANING[tlp],
        highest_of_many=len(set(labels)) > 1,
        party=wording.party_name(part.party, register),
        part=part,
        until=until,
        entries=[_summary(entry, register) for entry in entries],
        asked=[
            {
                "title": wording.title(row.event),
                "operator": wording.party_name(row.operator, register),
                "state": wording.REQUEST_STATES[row.state],
                "leaves": wording.leaves(row.leaves) if row.leaves else None,
            }
            for row in asked
        ],
    )
    count = len(entries)
    subject = f"[Kernhub] [TLP:{tlp}] Overzicht: {count} bericht{'' if count == 1 else 'en'}"
    return MailText(subject + (f" ({part.number} van {part.parts})" if part.parts > 1 else ""), body, tlp)


def sent_again(part: Part, entries: Sequence[Told], now: datetime, register: Register) -> MailText:
    """What a party missed, in one mail that says so."""
    text = digest(part, entries, [], now, register)
    count = len(entries)
    subject = f"[Kernhub] [TLP:{text.tlp}] Nagezonden: {count} bericht{'' if count == 1 else 'en'}"
    return MailText(subject, f"{_SENT_AGAIN}\n\n{text.body}", text.tlp)


_SENT_AGAIN = textwrap.fill(
    "Deze berichten worden nagezonden: u kreeg ze eerder niet, of er is gevraagd ze nog eens te sturen.",
    _WIDTH,
)


def _telling(told: Told, register: Register) -> dict[str, Any]:
    event = told.event
    return {
        "type_name": wording.type_name(event),
        "title": wording.title(event),
        "tlp_meaning": wording.TLP_MEANING[event.tlp],
        "publisher": wording.party_name(told.publisher, register),
        "functions": wording.functions(event, register),
        "areas": wording.areas(event.areas, register),
        "facts": facts_of(event, register),
        "why": wording.why(told.reasons, register),
        "link": told.link,
    }


def _summary(entry: Told, register: Register) -> dict[str, Any]:
    telling = _telling(entry, register)
    return {
        **telling,
        "event": entry.event,
        "areas": wording.areas(entry.event.areas, register, most=_AREAS_IN_DIGEST),
        "text": wording.shortened(telling["facts"][0].text, _TEXT_IN_DIGEST),
    }


def strictest(labels: Sequence[Tlp]) -> Tlp:
    """The most closed of these labels."""
    return max(labels, key=ORDER.index)


def _wrap(text: str, indent: int = 0) -> str:
    """Lines of at most 78 characters; the first one starts where the template has put it."""
    lines = [
        part
        for line in text.splitlines()
        for part in textwrap.wrap(line, _WIDTH - indent, break_long_words=False, break_on_hyphens=False)
        or [""]
    ]
    return ("\n" + " " * indent).join(lines)


def _label(text: str, indent: int = 0) -> str:
    return " " * indent + f"{text}:".ljust(15)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("connectors.mailbox"),
        autoescape=False,  # noqa: S701 - plain text, never HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    environment.filters.update(wrap=_wrap, label=_label, sentence=_sentence, moment=wording.moment)
    return environment


def render(name: str, **values: Any) -> str:
    """A template as plain text."""
    return _environment().get_template(name).render(**values)
