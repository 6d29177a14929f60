"""The mail of a flood: more events than come one by one, each with its title, place and link."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from connectors.mailbox.rendering import render
from connectors.mailbox.texts import (
    URGENT,
    MailText,
    Part,
    Told,
    mail_text,
    messages,
    strictest,
    which_part,
)
from hub.register.model import Register
from hub.rules.digesting import Urgency, urgency
from hub.words import wording
from hub.words.language import said

_AREAS = 3


def text(part: Part, entries: Sequence[Told], since: datetime, register: Register) -> MailText:
    """All of `entries`, that are in the order of how urgent they are. `since`: when the first was planned."""
    labels = [entry.event.tlp for entry in entries]
    tlp = strictest(labels)
    urgent, many = urgent_in(entries), len(entries)
    numbered = list(enumerate(entries, start=1))
    body = render(
        "flood",
        tlp=tlp,
        tlp_meaning=wording.tlp_meaning(tlp),
        highest_of_many=len(set(labels)) > 1,
        party=wording.party_name(part.party, register),
        part=part,
        since=since,
        count=many,
        urgent=urgent,
        groups=[
            {
                "name": said({**URGENT, Urgency.USUAL: "Andere berichten"}[level]).rstrip("."),
                "entries": [_line(entry, number, register) for number, entry in some],
            }
            for level, some in groupby(numbered, key=lambda one: urgency(one[1].event))
        ],
        whys=list(dict.fromkeys(wording.why(entry.reasons, register) for entry in entries)),
    )
    what = said("Veel tegelijk: {many}", many=messages(many))
    hurry = said(", {urgent} met haast", urgent=urgent) if urgent else ""
    return mail_text(what + hurry + which_part(part), body, tlp)


def urgent_in(entries: Sequence[Told]) -> int:
    """How many of these are urgent."""
    return sum(urgency(entry.event) is Urgency.URGENT for entry in entries)


def _line(entry: Told, number: int, register: Register) -> dict[str, object]:
    event = entry.event
    return {
        "number": number,
        "what": f"{wording.type_name(event)}: {wording.title(event)}",
        "about": f"{wording.functions(event, register)}, {wording.areas(event.areas, register, most=_AREAS)}",
        "publisher": wording.party_name(entry.publisher, register),
        "tlp": event.tlp,
        "link": entry.link,
    }
