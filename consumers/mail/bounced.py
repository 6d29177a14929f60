"""Mail of the hub came back: its owner and who coordinates hear so, at most once a day about each mailbox."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.mailbox import bounced
from consumers.mail.made import keep_made, made_mail
from hub.register.model import Register
from hub.rules.identity import derived_key
from hub.rules.mail_in.bouncing import told_of_bounce
from hub.rules.moments import dutch_day
from hub.store.database import transaction
from hub.store.mail import mail_in
from hub.store.mail.preferences import speaking_to


async def compose_bounced(pool: AsyncEngine, register: Register, now: datetime) -> None:
    """Makes the mails about each mail that came back and of which nobody was told."""
    async with transaction(pool) as connection:
        for row in await mail_in.bounced_untold(connection):
            if row.party not in register.parties:
                continue
            day = dutch_day(row.received_at).isoformat()
            made = []
            for one in told_of_bounce(row.party, register):
                with await speaking_to(connection, one):
                    text = bounced.text(row.party, row.reason, row.received_at, register)
                key = derived_key("bounced", row.party, one, day)
                made.append(made_mail(key, one, "notice", text, register, now))
            await keep_made(connection, made, now)
            await mail_in.mark_told(connection, row.mail_in_key, made[0].mail_key)
