"""The mail with a link to sign in. The link itself is put in at sending, and kept nowhere."""

from datetime import datetime

from connectors.mailbox.rendering import render
from connectors.mailbox.texts import MailText, mail_text
from hub.register.model import Register
from hub.words import wording
from hub.words.language import said
from schemas.terms import Tlp

_LABEL = Tlp.AMBER_STRICT
_PLACE = "https://deze-link-staat-alleen-in-de-mail.invalid/"


def asked(party: str, until: datetime, register: Register) -> MailText:
    """That a link was asked for a party; without the link."""
    body = render(
        "sign_in",
        tlp=_LABEL,
        tlp_meaning=wording.tlp_meaning(_LABEL),
        party=wording.party_name(party, register),
        link=_PLACE,
        until=until,
    )
    return mail_text(said("Uw link om in te loggen"), body, _LABEL)


def with_sign_in(body: str, html: str | None, link: str) -> tuple[str, str | None]:
    """Both forms of the mail with the link."""
    return body.replace(_PLACE, link), html and html.replace(_PLACE, link)
