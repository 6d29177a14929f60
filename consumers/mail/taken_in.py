"""A party hears what became of its mail: what was taken in, and what a person must decide on. Only its own
mailbox hears so, whoever wrote; and such a mail can't be replied to: machines would answer one another."""

from collections import Counter
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.mailbox import confirmation, links
from consumers.mail.made import keep_made, made_mail, or_broken
from hub.register.model import Register
from hub.rules.clearance import ORDER
from hub.rules.exercises import apart_in_mail
from hub.rules.identity import derived_key
from hub.rules.links import decide
from hub.rules.mail_in.answering import Answered
from hub.store.access.secrets import own_secret
from hub.store.database import transaction
from hub.store.mail import mail_in, mails
from hub.store.mail.preferences import speaking_to
from schemas.terms import Tlp


async def compose_told(pool: AsyncEngine, public_url: str, register: Register, now: datetime) -> None:
    """Makes the mail about each mail that was answered or is in doubt, where its party was not told."""
    async with transaction(pool) as connection:
        waiting = await mail_in.untold(connection)
        told = await mail_in.told_since(connection, now - mail_in.DAY) if waiting else Counter[str]()
        for key, party in waiting:
            if party not in register.parties or told[party] >= mail_in.MOST_TOLD_A_DAY:
                continue
            row = await mail_in.hold_untold(connection, key)
            if row is None:
                continue
            link = await _link(connection, row, public_url, register)
            with await speaking_to(connection, party):
                made = or_broken(partial(_mail, row, link, register, now))
            if not isinstance(made, str):
                await keep_made(connection, [made], now, row.event_keys)
                await mail_in.mark_told(connection, key, made.mail_key)
                told[party] += 1


def _mail(row: Any, link: str, register: Register, now: datetime) -> mails.NewMail | str:
    party = register.parties[row.party]
    taken = [one for answer in row.answers if (one := Answered(**answer)).refused is None]
    if why := next((why for one in taken if (why := apart_in_mail(one.event["source"], party))), None):
        return why
    may_have = ORDER.index(party.clearance)
    told = [
        confirmation.Taken(
            one.reference,
            tlp := Tlp(one.event["tlp"]),
            one.event["data"]["text"] if ORDER.index(tlp) <= may_have else None,
        )
        for one in taken
    ]
    text = confirmation.text(told, row.received_at, row.reason, link if row.reason else None)
    key = derived_key("mail-in-told", row.mail_in_key, row.step)
    thread = (row.replied_to,) if row.replied_to else ()
    return made_mail(key, row.party, "confirmation", text, register, now, thread)


async def _link(connection: AsyncConnection, row: Any, public_url: str, register: Register) -> str:
    secret = await own_secret(connection, links.SECRET)
    link = decide(row.party, row.mail_in_key)
    return links.address(public_url, link, register.parties[row.party].mailbox, secret, "mail-in")
