"""What a reminder says, in a bundle or by itself, in a transaction of the caller, who holds the operator.

What its operator may know is checked again here; who asked hears that the operator was reminded."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.mailbox import reminder
from connectors.mailbox.asked import Along, StillOpen, events_in, grouped
from consumers.mail.bundled_requests import bundled_request
from consumers.mail.made import keep_made, made_mail, or_broken
from consumers.mail.one_round import Round
from hub.register.model import Register
from hub.rules.identity import derived_key
from hub.rules.progress import Step, progress
from hub.store.intake.outbox import put_out
from hub.store.ledger.records import Entry, record
from hub.store.mail import mails
from hub.store.throttle import lines, reminders
from hub.store.throttle.numbers import number_bundle
from hub.store.throttle.policies import policy_by_slot
from hub.words import wording
from schemas.catalogue import Request

_REASON = "operator-was-reminded"


async def still_open_in(
    connection: AsyncConnection, operator: str, slot: int, public_url: str, register: Register, now: datetime
) -> list[StillOpen]:
    """What the operator is reminded of in a slot, of what it may still be asked."""
    rows = await reminders.requests_to_remind_of(connection, operator, slot, now)
    found = []
    for bundle_key, some in groupby(rows, key=lambda row: row.bundle_key):
        of_bundle = list(some)
        composed = [
            or_broken(partial(bundled_request, row, operator, public_url, register)) for row in of_bundle
        ]
        asked = [one for one in composed if not isinstance(one, str)]
        if asked:
            items = list(grouped(asked, register))
            numbers = await number_bundle(connection, bundle_key, operator, items)
            found.append(StillOpen(numbers, of_bundle[0].slot_at, asked))
    return found


async def mark_reminded(
    connection: AsyncConnection,
    operator: str,
    slot: int,
    bundles: Sequence[StillOpen],
    mail: mails.NewMail,
    register: Register,
    now: datetime,
) -> None:
    """The reminder is in this mail, and each asker hears so."""
    await reminders.mark_reminder_mailed(connection, operator, slot, mail.mail_key)
    step = Step(operator, "sent", _REASON, occasion=slot)
    events = [
        told
        for bundle in bundles
        for one in bundle.requests
        if isinstance(one.event, Request)
        for told in progress(one.event, step, [one.asker], wording.title(one.event), register, now)
    ]
    await put_out(connection, events, now)


async def withhold(connection: AsyncConnection, operator: str, slot: int, why: str, now: datetime) -> None:
    """The reminder does not go out, and does not count as one."""
    await reminders.withhold_reminder(connection, operator, slot, why)
    facts = {"operator": operator, "slot": slot, "why": why}
    await record(connection, [Entry("reminder-withheld", (operator, slot), None, now, facts)])


async def compose_reminder(connection: AsyncConnection, row: Any, this: Round) -> None:
    """Makes the mail of a reminder that stands alone. When nothing is open any more, it is withheld."""
    operator, slot, register, now = row.operator, row.slot, this.register, this.now
    bundles = await still_open_in(connection, operator, slot, this.public_url, register, now)
    if not bundles:
        await withhold(connection, operator, slot, "nothing-left", now)
        return
    following = await lines.bundle_after(
        connection, operator, slot, await policy_by_slot(connection, operator)
    )
    with this.speaking_to(operator):
        mail = or_broken(partial(_mail, row, bundles, following, register, now))
    if isinstance(mail, str):
        await withhold(connection, operator, slot, mail, now)
        return
    await keep_made(connection, [mail], now, events_in((), Along(bundles)))
    await mark_reminded(connection, operator, slot, bundles, mail, register, now)


def _mail(
    row: Any, bundles: Sequence[StillOpen], following: datetime | None, register: Register, now: datetime
) -> mails.NewMail:
    key = derived_key("reminder-mail", row.operator, row.slot)
    text = reminder.text(row.operator, bundles, following, register)
    return made_mail(key, row.operator, "reminder", text, register, now)
