"""What rides along with a bundle that leaves. In a transaction of the caller, who holds the operator."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.mailbox.asked import Along
from consumers.mail.reminders import mark_reminded, still_open_in, withhold
from consumers.mail.renewing import answers_to_renew, mark_to_renew
from hub.register.model import Register
from hub.store.mail import mails
from hub.store.throttle.reminders import is_reminder_to_mail
from hub.store.throttle.renewals import forget_renewals


async def riding_along(
    connection: AsyncConnection, row: Any, public_url: str, register: Register, now: datetime
) -> Along:
    """What the mail of a bundle says beside what is asked. What can't wait has nothing with it."""
    if row.kind != "routine":
        return Along()
    still_open = []
    if await is_reminder_to_mail(connection, row.operator, row.slot):
        still_open = await still_open_in(connection, row.operator, row.slot, public_url, register, now)
    to_renew = await answers_to_renew(connection, row.operator, row.bundle_key, public_url, register, now)
    return Along(still_open, to_renew)


async def mark_along(
    connection: AsyncConnection,
    row: Any,
    along: Along,
    mail: mails.NewMail | None,
    register: Register,
    now: datetime,
) -> None:
    """It is in this mail; None: the bundle did not go out, and so neither did this."""
    if mail is None:
        await forget_renewals(connection, row.bundle_key)
    else:
        await mark_to_renew(connection, row.operator, row.bundle_key, along.to_renew, now)
    if row.kind != "routine" or not await is_reminder_to_mail(connection, row.operator, row.slot):
        return
    if mail is None or not along.still_open:
        await withhold(connection, row.operator, row.slot, "nothing-left", now)
    else:
        await mark_reminded(connection, row.operator, row.slot, along.still_open, mail, register, now)
