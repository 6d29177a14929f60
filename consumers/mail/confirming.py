"""A party hears by mail what was chosen for its mailbox: whoever followed a link, everybody there knows."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.mailbox import choices
from consumers.mail.made import keep_made, made_mail
from hub.register.model import Register
from hub.rules.identity import derived_key
from hub.store.mail.preferences import Changed
from hub.words.language import speaking


async def confirm_choice(
    connection: AsyncConnection, party: str, changed: Changed, register: Register, now: datetime
) -> None:
    """Makes the mail that tells what the party wants from now on, when that is new."""
    if changed.version is None:
        return
    key = derived_key("preferences-told", party, changed.version)
    with speaking(changed.wanted.language):
        text = choices.confirmed(changed.wanted, register)
    await keep_made(connection, [made_mail(key, party, "immediate", text, register, now)], now)
