"""Who asked for a link to sign in gets a mail with it, in the mailbox of the party."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.mailbox import signing_in
from connectors.mailbox.links import address
from consumers.mail.made import keep_made, made_mail
from hub.identity.signing_in import SECRET
from hub.register.model import Register
from hub.rules.identity import derived_key
from hub.rules.links import sign_in
from hub.rules.signing_in import LINK_LASTS
from hub.store.access import sessions, sign_ins
from hub.store.access.secrets import own_secret
from hub.store.database import transaction
from hub.store.ledger.records import Entry, record
from hub.store.mail.preferences import speaking_to

KIND = "sign-in"


async def compose_sign_ins(pool: AsyncEngine, register: Register, now: datetime) -> None:
    """Makes the mail of each link that was asked and still counts, with the record that it was asked."""
    async with transaction(pool) as connection:
        for row in await sign_ins.sign_ins_to_mail(connection, datetime.now(UTC)):
            if row.party not in register.parties:
                continue
            with await speaking_to(connection, row.party):
                text = signing_in.asked(row.party, row.asked_at + LINK_LASTS, register)
            key = derived_key("sign-in-mail", row.request_key)
            await keep_made(
                connection, [made_mail(key, row.party, KIND, text, register, now, urgent=True)], now
            )
            await sign_ins.mark_mailed(connection, row.request_key, key)
            facts = {"party": row.party}
            await record(connection, [Entry("sign-in-asked", (row.request_key,), None, now, facts)])


async def forget_sessions(pool: AsyncEngine) -> None:
    """Forgets the sessions that ended, with their files: also when nobody comes back."""
    async with transaction(pool) as connection:
        await sessions.forget_ended(connection, datetime.now(UTC))


async def link_in(connection: AsyncConnection, row: Any, public_url: str) -> str:
    """The link for a mail that is sent now; where one asks anew when its request is forgotten."""
    request_key = await sign_ins.request_in(connection, row.mail_key)
    if request_key is None:
        return f"{public_url.rstrip('/')}/inloggen"
    link = sign_in(row.party, request_key)
    return address(public_url, link, row.address, await own_secret(connection, SECRET), "inloggen")
