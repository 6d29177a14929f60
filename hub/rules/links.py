"""Whose link is this, and what may it do? Links in mails prove themselves: by a key of the hub, the party and
the mailbox that the mail went to. Who has another mailbox by now has other links."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

_DAYS = 90


class Purpose(StrEnum):
    """What a link lets its holder do."""

    STOP = "stop"
    CHOOSE = "choose"
    DECIDE = "decide"
    SIGN_IN = "sign-in"


class Link(NamedTuple):
    """`about`: what is to stop, the last day on which the link to choose works, the key of the mail to
    decide on, or that of the request to sign in; `chosen`: how often the party had chosen when the mail
    left."""

    purpose: Purpose
    party: str
    about: str
    chosen: int = 0


def stop(party: str, what: str, chosen: int) -> Link:
    """The link that stops a kind of mail, until the party chooses anew: a later choice counts."""
    return Link(Purpose.STOP, party, what, chosen)


def choose(party: str, today: date) -> Link:
    """The link to the page on which a party chooses what it is mailed."""
    return Link(Purpose.CHOOSE, party, (today + timedelta(days=_DAYS)).isoformat())


def decide(party: str, mail_in_key: UUID) -> Link:
    """The link to the page on which a party says what a mail of its own answers."""
    return Link(Purpose.DECIDE, party, str(mail_in_key))


def sign_in(party: str, request_key: UUID) -> Link:
    """The link with which a person signs in for a party."""
    return Link(Purpose.SIGN_IN, party, str(request_key))


def signed(link: Link, mailbox: str, secret: bytes) -> str:
    """The link as a word for in an address."""
    said = json.dumps(link, separators=(",", ":")).encode()
    return f"{_word(said)}.{_word(_mark(said, mailbox, secret))}"


def read(word: str, mailbox_of: Callable[[str], str | None], secret: bytes, today: date) -> Link | None:
    """The link that a word stands for; None when the hub did not make it, or it no longer works.
    `mailbox_of`: the mailbox that a party has now."""
    try:
        said, mark = (base64.b64decode(f"{part}==", "-_") for part in word.split("."))
        purpose, *rest = json.loads(said)
        link = Link(Purpose(purpose), *rest)
        mailbox = mailbox_of(link.party)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None
    if mailbox is None or not hmac.compare_digest(mark, _mark(said, mailbox, secret)):
        return None
    if f"{_word(said)}.{_word(mark)}" != word:
        return None  # the last letter of each part has bits that say nothing
    if link.purpose is Purpose.CHOOSE and today > date.fromisoformat(link.about):
        return None
    return link


def _mark(said: bytes, mailbox: str, secret: bytes) -> bytes:
    return hmac.digest(secret, b"\0".join((said, mailbox.casefold().encode())), hashlib.sha256)


def _word(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
