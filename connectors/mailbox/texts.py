"""The texts of mails: whole in themselves, label in subject and body."""

from collections.abc import Sequence
from datetime import datetime
from itertools import count, groupby
from typing import Any, NamedTuple

from connectors.mailbox.rendering import Rendered, render
from hub.register.model import Register
from hub.rules.clearance import ORDER
from hub.rules.digesting import Urgency, in_order, urgency
from hub.rules.inviting import Invitation
from hub.rules.relations import Reason
from hub.rules.throttle.standing import Leaves
from hub.words import wording
from hub.words.facts import facts as facts_of
from hub.words.language import said, spoken
from schemas.catalogue import Event
from schemas.terms import Tlp

_TEXT_IN_DIGEST = 300
_AREAS_IN_DIGEST = 8
_MOST_WORDED = 2000
URGENT = {Urgency.URGENT: "Dit heeft haast.", Urgency.SERIOUS: "Dit is ernstig."}


class MailText(NamedTuple):
    """A mail's subject in one line, and its body as plain text and as HTML."""

    subject: str
    body: str
    tlp: Tlp
    html: str


class Told(NamedTuple):
    """An event to tell a party, with why and where to look. `asked`: what the party itself asked that this
    answers."""

    event: Event
    publisher: str
    reasons: Sequence[Reason]
    link: str
    asked: Event | None = None

    @property
    def title(self) -> str:
        """Of an answer: the question as the reader asked it, where the label of the answer covers it."""
        if self.asked is None or strictest([self.asked.tlp, self.event.tlp]) != self.event.tlp:
            return wording.title(self.event)
        return wording.title(self.asked)


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


class Worded:
    """What digests say of an event to every reader of a language, once for all that are made with one
    register."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], tuple[Event, dict[str, Any]]] = {}
        self._why: dict[tuple[str, tuple[Reason, ...]], str] = {}

    def of(self, told: Told, register: Register) -> dict[str, Any]:
        """The words for an event, without the reasons of one reader and its number in one digest."""
        key = id(told.event), spoken()
        event, words = self._known.get(key, (None, {}))
        if event is not told.event:
            if len(self._known) >= _MOST_WORDED:
                self._known.clear()
            words = _words(told, register)
            self._known[key] = told.event, words
        return words

    def why(self, reasons: Sequence[Reason], register: Register) -> str:
        """Why a party receives an event, in one sentence."""
        key = spoken(), tuple(reasons)
        if key not in self._why:
            if len(self._why) >= _MOST_WORDED:
                self._why.clear()
            self._why[key] = wording.why(reasons, register)
        return self._why[key]


def immediate(told: Told, register: Register, invited: Invitation | None = None) -> MailText:
    """One event, at once; with its invitation, if it has one."""
    kind = wording.type_name(told.event)
    if invited is not None:
        off = "Gaat niet door"
        kind = said(off if invited.is_off else "Gewijzigd" if invited.sequence else "Uitnodiging")
    telling = {**_telling(told, register), "type_name": kind}
    body = render("immediate", event=told.event, invited=invited, **telling)
    what = f"{kind}: {told.title}"
    return mail_text(what, body, told.event.tlp)


def lapse(told: Told, register: Register) -> MailText:
    """That an answer which the party received no longer holds."""
    body = render("lapse", event=told.event, **_telling(told, register))
    return mail_text(said("Antwoord geldt niet meer: {title}", title=told.title), body, told.event.tlp)


def digest(
    part: Part,
    entries: Sequence[Told],
    asked: Sequence[OpenRequest],
    until: datetime,
    register: Register,
    worded: Worded | None = None,
) -> MailText:
    """What happened up to `until`, one line of each kind; and where the party's own requests stand. `worded`:
    of this register."""
    tlp, body = _digest(part, entries, asked, until, register, worded or Worded())
    return mail_text(said("Overzicht: {many}", many=messages(len(entries))) + which_part(part), body, tlp)


def messages(count: int) -> str:
    """So many messages, in words."""
    return said("1 bericht") if count == 1 else said("{count} berichten", count=count)


def which_part(part: Part) -> str:
    """Which part it is, for in a subject; nothing where it is the whole."""
    return said(" ({number} van {parts})", number=part.number, parts=part.parts) if part.parts > 1 else ""


def _digest(
    part: Part,
    entries: Sequence[Told],
    asked: Sequence[OpenRequest],
    until: datetime,
    register: Register,
    worded: Worded,
    *,
    again: bool = False,
) -> tuple[Tlp, Rendered]:
    labels = [entry.event.tlp for entry in entries] + [row.event.tlp for row in asked]
    tlp = strictest(labels)
    body = render(
        "digest",
        tlp=tlp,
        tlp_meaning=wording.tlp_meaning(tlp),
        highest_of_many=len(set(labels)) > 1,
        party=wording.party_name(part.party, register),
        part=part,
        again=again,
        until=until,
        count=len(entries),
        messages=messages(len(entries)),
        groups=_grouped(entries, register, worded),
        asked=[
            {
                "title": wording.title(row.event),
                "operator": wording.party_name(row.operator, register),
                "state": said(wording.REQUEST_STATES[row.state]),
                "leaves": wording.leaves(row.leaves) if row.leaves else None,
            }
            for row in asked
        ],
    )
    return tlp, body


def mail_text(what: str, body: Rendered, tlp: Tlp) -> MailText:
    """A mail with its subject as every subject is."""
    return MailText(f"[Kernhub] [TLP:{tlp}] {what}", body.text, tlp, body.html)


def sent_again(part: Part, entries: Sequence[Told], now: datetime, register: Register) -> MailText:
    """What a party missed, in one mail that says so."""
    tlp, body = _digest(part, entries, [], now, register, Worded(), again=True)
    return mail_text(said("Nagezonden: {many}", many=messages(len(entries))), body, tlp)


def _telling(told: Told, register: Register) -> dict[str, Any]:
    event = told.event
    return {
        "type_name": wording.type_name(event),
        "title": told.title,
        "tlp": event.tlp,
        "tlp_meaning": wording.tlp_meaning(event.tlp),
        "publisher": wording.party_name(told.publisher, register),
        "functions": wording.functions(event, register),
        "areas": wording.areas(event.areas, register),
        "facts": facts_of(event, register),
        "why": wording.why(told.reasons, register),
        "link": told.link,
    }


def _grouped(entries: Sequence[Told], register: Register, worded: Worded) -> list[dict[str, Any]]:
    """The entries by function and by place, numbered as they are read."""
    numbers = count(1)
    groups: list[dict[str, Any]] = []
    places = in_order(entries, lambda entry: entry.event, list(register.functions))
    for function, some in groupby(places.items(), key=lambda item: item[0].function):
        shown = [
            {
                "name": wording.areas(place.areas, register, most=_AREAS_IN_DIGEST),
                "entries": [
                    {
                        **worded.of(entry, register),
                        "number": next(numbers),
                        "why": worded.why(entry.reasons, register),
                        "link": entry.link,
                    }
                    for entry in told
                ],
            }
            for place, told in some
        ]
        groups.append({"name": wording.function_name(function, register), "places": shown})
    return groups


def _words(entry: Told, register: Register) -> dict[str, Any]:
    event = entry.event
    title, text = wording.title(event), facts_of(event, register)[0].text
    return {
        "event": event,
        "type_name": wording.type_name(event),
        "title": title,
        "urgent": said(URGENT.get(urgency(event), "")),
        "publisher": wording.party_name(entry.publisher, register),
        "more_functions": len(event.functions) > 1,
        "functions": wording.functions(event, register),
        "text": "" if " ".join(text.split()) == title else wording.shortened(text, _TEXT_IN_DIGEST),
    }


def strictest(labels: Sequence[Tlp]) -> Tlp:
    """The most closed of these labels."""
    return max(labels, key=ORDER.index)
