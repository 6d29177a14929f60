"""The mail that tells a party what became of a mail of its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from connectors.mailbox.rendering import render
from connectors.mailbox.texts import MailText, mail_text, strictest
from hub.words import wording
from hub.words.language import said
from schemas.terms import Tlp

_LABEL = Tlp.AMBER_STRICT
_MOST_QUOTED = 500


class Taken(NamedTuple):
    """An answer that was taken in: the number of its question, its label, and its text where its reader may
    have that."""

    reference: str
    tlp: Tlp
    text: str | None


def text(taken: Sequence[Taken], at: datetime, doubt: str | None, link: str | None) -> MailText:
    """What was taken of the mail of that moment. `doubt`: why the rest was not, and `link`: where a person
    can decide on it."""
    tlp = strictest([one.tlp for one in taken] + ([_LABEL] if doubt or not taken else []))
    body = render(
        "confirmation",
        tlp=tlp,
        tlp_meaning=wording.tlp_meaning(tlp),
        at=at,
        taken=[
            one._replace(text=wording.shortened(one.text, _MOST_QUOTED) if one.text else None)
            for one in taken
        ],
        doubt=wording.doubt(doubt) if doubt else None,
        link=link,
    )
    if doubt is not None:
        return mail_text(said("Uw antwoord per mail: wilt u ernaar kijken?"), body, tlp)
    count = len(taken)
    one, many = (
        said("Ontvangen: 1 antwoord per mail"),
        said("Ontvangen: {count} antwoorden per mail", count=count),
    )
    return mail_text(one if count == 1 else many, body, tlp)
