"""What an operator was sent and has not answered: a part of its next bundle, or a mail of its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from connectors.mailbox.asked import BundledRequest, StillOpen, grouped
from connectors.mailbox.rendering import render
from connectors.mailbox.texts import MailText, mail_text, strictest
from hub.register.model import Register
from hub.rules.throttle.reminding import AFTER
from hub.store.throttle.numbers import Numbers
from hub.words import wording
from hub.words.language import said
from hub.words.standard_facts import standard_text
from schemas.participation import ParticipationRequested


def text(
    operator: str, bundles: Sequence[StillOpen], next_bundle: datetime | None, register: Register
) -> MailText:
    """All that an operator is reminded of in a slot in which no bundle leaves."""
    shown = still_open(bundles, register)
    items = [item for one in shown for item in one["items"]]
    tlp = strictest([request.event.tlp for one in bundles for request in one.requests])
    count = len(items)
    what = (
        said("1 vraag staat nog open") if count == 1 else said("{count} vragen staan nog open", count=count)
    )
    body = render(
        "reminder",
        tlp=tlp,
        tlp_meaning=wording.tlp_meaning(tlp),
        operator=wording.party_name(operator, register),
        still_open=shown,
        items=items,
        most=len(AFTER),
        open_now=what,
        following=when_next(next_bundle),
    )
    return mail_text(said("Herinnering: {what}", what=what), body, tlp)


def when_next(bundle: datetime | None, *, hurried: bool = False) -> str:
    """When the next bundle comes; after one that was `hurried`: the next ordinary one."""
    if bundle is None:
        if hurried:
            return said("Er is geen volgende gewone bundel gepland: u wilt geen gewone vragen ontvangen.")
        return said("Er is geen volgende bundel gepland: u wilt geen gewone vragen ontvangen.")
    when = wording.moment(bundle)
    if hurried:
        return said("Uw volgende gewone bundel komt op zijn vroegst {when}.", when=when)
    return said("Uw volgende bundel komt op zijn vroegst {when}.", when=when)


def still_open(bundles: Sequence[StillOpen], register: Register) -> list[dict[str, Any]]:
    """The same for the template, bundle by bundle, as its mail had it."""
    return [
        {
            "heading": said(
                "Uit bundel {number}, van {day}",
                number=one.numbers.bundle,
                day=wording.day_of(one.slot_at),
            ),
            "items": [
                _item(group, one.numbers, register)
                for group in sorted(
                    grouped(one.requests, register).values(),
                    key=lambda group: one.numbers.items[group[0].item],
                )
            ],
        }
        for one in bundles
    ]


def _item(requests: Sequence[BundledRequest], numbers: Numbers, register: Register) -> dict[str, Any]:
    first = requests[0].event
    dates = [day for one in requests if (day := getattr(one.event.data, "needed_by", None))]
    standard = standard_text(first)
    askers = ", ".join(dict.fromkeys(wording.party_name(one.asker, register) for one in requests))
    areas = wording.areas(list(dict.fromkeys(a for one in requests for a in one.areas)), register)
    return {
        "reference": f"{numbers.bundle}-{numbers.items[requests[0].item]}",
        "type_name": wording.type_name(first) if standard is None else said("Standaardvraag"),
        "title": standard or wording.title(first),
        "is_invitation": isinstance(first, ParticipationRequested),
        "is_standard": standard is not None,
        "asked_by": said("Gevraagd door {askers}, over {areas}.", askers=askers, areas=areas),
        "needed_by": said("Nodig voor {day}.", day=wording.day(min(dates))) if dates else None,
        "source": first.source,
        "id": first.id,
        "link": requests[0].link,
    }
