"""Bundles of an operator whose mail could not be delivered: the mailer makes them anew, by today's rights."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from consumers.replay.sinks import Replay
from hub.store.database import transaction
from hub.store.ledger.records import Entry, record
from hub.store.mail.mails import failed_bundles, take_back
from hub.store.wake import Channel, wake


async def bundles_again(pool: AsyncEngine, replay: Replay, now: datetime, *, is_dry: bool) -> int:
    """Takes back the mails that failed, so that they are made again; how many. One that goes out stays out:
    again is nothing more."""
    async with transaction(pool) as connection:
        failed = await failed_bundles(connection, replay.party)
        if not is_dry:
            for row in failed:
                await _take_back(connection, row.mail_key, replay, now)
            await wake(connection, Channel.MAIL)
    return len(failed)


async def _take_back(connection: AsyncConnection, mail_key: UUID, replay: Replay, now: datetime) -> None:
    await take_back(connection, mail_key)
    facts = {"mail": str(mail_key), "party": replay.party, "replay": str(replay.key)}
    await record(connection, [Entry("mail-taken-back", (mail_key, replay.key), None, now, facts)])
