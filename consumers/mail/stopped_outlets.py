"""Owners hear by mail, once, that the hub sends nothing more to their system."""

from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.mailbox import outlets as texts
from consumers.mail.made import keep_made, made_mail
from hub.register.model import Register
from hub.rules.identity import derived_key
from hub.rules.outlets import StopReason
from hub.store.database import transaction
from hub.store.deliveries import turns
from hub.store.mail.preferences import speaking_to

_BY_HUB = (StopReason.GONE, StopReason.FAILING, StopReason.REFUSED)


async def compose_stopped(pool: AsyncEngine, register: Register, now: datetime) -> None:
    """Makes the mail for every system that the hub stopped and whose owner was not told."""
    async with transaction(pool) as connection:
        for row in await turns.stopped_untold(connection, _BY_HUB):
            if row.party not in register.parties:
                continue
            where = urlsplit(row.target.get("url", "")).hostname or ""
            why = StopReason(row.stopped_why)
            with await speaking_to(connection, row.party):
                text = texts.stopped(row.channel, row.name, where, why, row.last_error or "", row.stopped_at)
            key = derived_key("outlet-stopped", row.outlet_key, row.stopped_at.isoformat())
            await keep_made(connection, [made_mail(key, row.party, "immediate", text, register, now)], now)
            await turns.mark_told(connection, row.outlet_key, key)
