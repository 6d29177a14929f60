"""May a person ask for a link to sign in, does the link still count, and does who signed in still stand?"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

from hub.register.kinds import HUB
from hub.register.model import Party, Register
from hub.rules.relations import party_with

LINK_LASTS = timedelta(minutes=15)
WINDOW = timedelta(hours=1)
MOST_TO_MAILBOX = 20
MOST_FROM_ADDRESS = 30
MOST_BETWEEN = 5
"""In a WINDOW; between one address and one mailbox. A team shares an address, nobody's mailbox is flooded,
and nobody keeps a team out by asking so often in its place, without many addresses."""
IDLE = timedelta(hours=1)
LONGEST = timedelta(hours=12)
SENT_TWICE = timedelta(seconds=10)
"""Who presses a button twice sends its form twice, and sees the answer to the last alone."""
SEEN_NOTED = timedelta(minutes=1)
"""That a person was there is noted no more often."""


class LinkFails(StrEnum):
    """Why a link to sign in does not count."""

    EXPIRED = "expired"
    USED = "used"
    OTHER_BROWSER = "other-browser"


class Asked(NamedTuple):
    """A link that was asked, by a browser whose cookie has this hash."""

    browser: bytes
    asked_at: datetime
    used_at: datetime | None


class Session(NamedTuple):
    """Who signed in for a party, when its mailbox was this one. `number`: the OIN or KvK number by which an
    issuer knew that; None: nobody did, a link showed it."""

    party: str
    mailbox: str
    began_at: datetime
    seen_at: datetime
    number: str | None = None


class Times(NamedTuple):
    """How often links were asked in the WINDOW: to a mailbox, from an address, and from that to that."""

    to_mailbox: int
    from_address: int
    between: int


def may_ask(times: Times) -> bool:
    """Whether one more link may be asked."""
    return (
        times.to_mailbox < MOST_TO_MAILBOX
        and times.from_address < MOST_FROM_ADDRESS
        and times.between < MOST_BETWEEN
    )


def place_of(address: str | None) -> str:
    """What counts as one address: of IPv6 a network, in which anybody has as many addresses as it likes."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return ""
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped) if found.ipv4_mapped else found.exploded[:19]


def why_not(asked: Asked, browser: bytes | None, now: datetime, *, is_sent: bool = False) -> LinkFails | None:
    """Why the link does not count in the browser with this hash; None: it does. `is_sent`: its button was
    pressed."""
    if asked.used_at is not None and not (is_sent and now < asked.used_at + SENT_TWICE):
        return LinkFails.USED
    if now >= asked.asked_at + LINK_LASTS:
        return LinkFails.EXPIRED
    return None if browser == asked.browser else LinkFails.OTHER_BROWSER


def parties_of(mailbox: str, parties: Mapping[str, Party]) -> list[str]:
    """The parties whose mailbox this is. Nobody signs in as the hub itself."""
    wanted = mailbox.strip().casefold()
    return [slug for slug, one in parties.items() if one.mailbox.casefold() == wanted and slug != HUB]


def stands(session: Session, register: Register, now: datetime) -> bool:
    """Whether the session goes on: its party still takes part, is known by what it was known by (the number
    that the issuer told, or its mailbox), and it is not too old."""
    party = register.parties.get(session.party)
    return (
        party is not None
        and session.party != HUB
        and (
            party_with(session.number, register) == session.party
            if session.number is not None
            else party.mailbox.casefold() == session.mailbox.casefold()
        )
        and now < session.seen_at + IDLE
        and now < session.began_at + LONGEST
    )
