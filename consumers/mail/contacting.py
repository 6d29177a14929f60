"""The contact in which an operator hears of a situation: once, and it names its crisis.

In a transaction of the caller, who holds the operator. What it may know is checked again here."""

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.mailbox import situation, texts
from consumers.mail.made import keep_made, made_mail, or_broken
from consumers.mail.one_round import Round
from hub.register.model import Register
from hub.rules.clearance import Ruling
from hub.rules.exercises import apart_in_mail
from hub.rules.identity import derived_key
from hub.rules.situations import may_have_sheet
from hub.store.ledger.records import Entry, record
from hub.store.mail import mails
from hub.store.resolutions import contents_of
from hub.store.throttle.lines import withhold_bundle
from hub.store.throttle.situations import end_sheets, sheets_opened_by
from schemas.catalogue import parse
from schemas.situation import SituationOpened


async def compose_contact(connection: AsyncConnection, row: Any, this: Round) -> None:
    """Makes the mail of a contact. When it may not go out, its sheets end."""
    register, now = this.register, this.now
    link = f"{this.public_url}/situaties/{row.cause}"
    contents = await contents_of(connection, [row.cause])
    functions = await sheets_opened_by(connection, row.cause, row.operator)
    with this.speaking_to(row.operator):
        made = or_broken(partial(_mail, row, contents.get(row.cause), functions, link, register, now))
    if isinstance(made, str):
        await withhold_bundle(connection, row.bundle_key, made)
        await end_sheets(connection, row.cause, row.operator, now)
        facts = {"operator": row.operator, "slot": row.slot, "why": made}
        await record(connection, [Entry("bundle-withheld", (row.bundle_key,), None, now, facts)])
    else:
        await keep_made(connection, [made], now, [row.cause])
        await mails.mark_bundle_mailed(connection, row.bundle_key, made.mail_key)


def _mail(
    row: Any, content: dict[str, Any] | None, sheets: Any, link: str, register: Register, now: datetime
) -> mails.NewMail | str:
    event = parse(content) if content else None
    if not isinstance(event, SituationOpened):
        return "nothing-left"
    if row.operator not in register.parties:
        return "party-ended"
    if why := apart_in_mail(event.source, register.parties[row.operator]):
        return why
    if not may_have_sheet(event, row.operator, register):
        return str(Ruling.CLEARANCE_TOO_LOW)
    text: texts.MailText = situation.opened(row.operator, event, sheets, link, register)
    key = derived_key("bundle-mail", row.bundle_key)
    return made_mail(key, row.operator, "bundle", text, register, now, urgent=True)
