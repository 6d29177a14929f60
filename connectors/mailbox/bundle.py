"""The mail of a bundle: all that an operator is asked in one slot, or at once."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

from connectors.mailbox.asked import NOTHING_ALONG, Along, BundledRequest, grouped, labels
from connectors.mailbox.reminder import still_open, when_next
from connectors.mailbox.rendering import render
from connectors.mailbox.renewal import to_renew
from connectors.mailbox.texts import MailText, mail_text, strictest
from hub.register.model import Register
from hub.rules.throttle.load import Pace
from hub.store.throttle.numbers import Numbers
from hub.words import wording
from hub.words.facts import Fact, facts_without_date
from hub.words.language import said
from hub.words.standard_facts import asker_facts, own_words, said_by_all, standard_facts, standard_text
from schemas.catalogue import Event
from schemas.participation import ParticipationRequested


class Hurry(StrEnum):
    """Why a bundle does not wait for its slot, in words to its operator."""

    URGENT = "De vrager geeft aan dat dit niet kan wachten op uw volgende bundel."
    CONFIRMED = "Dit kan niet wachten op uw volgende bundel: de coördinator heeft dat bevestigd."


def text(
    operator: str,
    requests: Sequence[BundledRequest],
    numbers: Numbers,
    next_bundle: datetime | None,
    pace: Pace,
    register: Register,
    hurry: Hurry | None = None,
    along: Along = NOTHING_ALONG,
) -> MailText:
    """All that an operator is asked in one slot, or at once: equal questions once, with everyone who asks.
    `along` is what rides with it."""
    items = [
        _item(group, numbers, register)
        for group in sorted(
            grouped(requests, register).values(), key=lambda group: numbers.items[group[0].item]
        )
    ]
    tlp = strictest([request.event.tlp for request in requests] + labels(along))
    count, askers = len(items), len({request.asker for request in requests})
    name = _name(numbers.bundle, hurried=hurry is not None)
    questions = said("1 vraag") if count == 1 else said("{count} vragen", count=count)
    parties = said("1 partij") if askers == 1 else said("{count} partijen", count=askers)
    body = render(
        "bundle",
        tlp=tlp,
        tlp_meaning=wording.tlp_meaning(tlp),
        bundle_name=name,
        heading=said("{bundle} voor {party}", bundle=name, party=wording.party_name(operator, register)),
        merged=_merged(questions, parties, len(requests)),
        items=items,
        groups=[(about, list(some)) for about, some in groupby(items, lambda item: item["functions"])],
        following=when_next(next_bundle, hurried=hurry is not None),
        budget=None if hurry else _budget(pace),
        year=_year(pace),
        hurry=said(hurry) if hurry else None,
        still_open=still_open(along.still_open, register),
        to_renew=to_renew(along.to_renew, register),
    )
    what = said("{bundle}: {questions} van {parties}", bundle=name, questions=questions, parties=parties)
    return mail_text(what, body, tlp)


def _name(number: int, *, hurried: bool) -> str:
    return (
        said("Spoed, bundel {number}", number=number) if hurried else said("Bundel {number}", number=number)
    )


def _budget(pace: Pace) -> str | None:
    """How many of its ordinary bundles the operator has had; none where it allowed more a while ago."""
    if pace.sent > pace.bundles:
        return None
    if pace.window == 1:
        return said(
            "Dit is bundel {sent} van hoogstens {most} in een week.", sent=pace.sent, most=pace.bundles
        )
    return said(
        "Dit is bundel {sent} van hoogstens {most} in {weeks} weken.",
        sent=pace.sent,
        most=pace.bundles,
        weeks=pace.window,
    )


def _year(pace: Pace) -> str:
    """What a year would have come to, and what it came to."""
    return said(
        "In een jaar is u {asked} keer iets gevraagd; u kreeg daarover, met dit, {contacts} keer bericht.",
        asked=pace.asked,
        contacts=pace.contacts,
    )


def _merged(questions: str, parties: str, requests: int) -> str:
    """Of how much a bundle was made, as a sentence."""
    merged = said("1 verzoek") if requests == 1 else said("{count} verzoeken", count=requests)
    return said(
        "{questions} van {parties}, samengevoegd uit {requests}.",
        questions=questions,
        parties=parties,
        requests=merged,
    )


def _item(requests: list[BundledRequest], numbers: Numbers, register: Register) -> dict[str, Any]:
    first = requests[0].event
    standard = standard_text(first)
    if standard is None:
        told = [facts_without_date(request.event, register) for request in requests]
        shown = told[0]
    else:
        told = [own_words(request.event, register) for request in requests]
        shown = standard_facts(first) + said_by_all(told)
    number = numbers.items[requests[0].item]
    return {
        "number": number,
        "reference": f"{numbers.bundle}-{number}",
        "functions": ", ".join(wording.function_name(slug, register) for slug in requests[0].functions),
        "type_name": wording.type_name(first) if standard is None else said("Standaardvraag"),
        "title": standard or wording.title(first),
        "is_invitation": isinstance(first, ParticipationRequested),
        "is_standard": standard is not None,
        "facts": shown,
        "why": wording.why([reason for request in requests for reason in request.reasons], register),
        "source": first.source,
        "id": first.id,
        "link": requests[0].link,
        "askers": [
            {
                "name": wording.party_name(request.asker, register),
                "areas": wording.areas(request.areas, register),
                "needed_by": wording.day(needed) if needed else None,
                "own": [
                    *_other_question(request.event, standard),
                    *(fact for fact in own if fact not in shown),
                    *asker_facts(request.event),
                ],
            }
            for request, own in zip(requests, told, strict=True)
            for needed in [getattr(request.event.data, "needed_by", None)]
        ],
    }


def _other_question(request: Event, standard: str | None) -> list[Fact]:
    """What an asker asks whose question a person merged with another standard one."""
    own = standard_text(request)
    if not own or own == standard:
        return []
    return [Fact(said("Vraagt het zo"), own), *standard_facts(request)]
