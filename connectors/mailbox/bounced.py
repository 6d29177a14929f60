"""The mail that tells of a mailbox in which mail of the hub does not arrive."""

from datetime import datetime

from connectors.mailbox.rendering import render
from connectors.mailbox.texts import MailText, mail_text
from hub.register.model import Register
from hub.words import wording
from hub.words.language import said
from schemas.terms import Tlp

_LABEL = Tlp.AMBER_STRICT


def text(party: str, answer: str, at: datetime, register: Register) -> MailText:
    """That mail to the mailbox of a party came back at that moment, and what its mail server said."""
    body = render(
        "bounced",
        tlp=_LABEL,
        tlp_meaning=wording.tlp_meaning(_LABEL),
        party=wording.party_name(party, register),
        mailbox=register.parties[party].mailbox,
        said=said(answer),
        at=at,
    )
    what = said("Mail aan {party} komt niet aan", party=wording.party_name(party, register))
    return mail_text(what, body, _LABEL)
