"""Bundles of an operator whose mail could not be delivered: the mailer makes them anew, by today's rights."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.replay.sinks import Replay
from hub.store.database import transaction
from hub.store.mail import told
from hub.store.mail.mails import failed_bundles
from hub.store.wake import Channel, wake


async def bundles_again(pool: AsyncEngine, replay: Replay, now: datetime, *, is_dry: bool) -> int:
    """Takes back the mails that failed, so that they are made again; how many. One that goes out stays out:
    again is nothing more."""
    async with transaction(pool) as connection:
        failed = await failed_bundles(connection, replay.party)
        if not is_dry:
            taken = [told.Taken(row.mail_key, replay.key, {"replay": str(replay.key)}) for row in failed]
            await told.take_back(connection, taken, now)
            await wake(connection, Channel.MAIL)
    return len(failed)
