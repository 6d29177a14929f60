"""Wake workers when there is work: PostgreSQL's NOTIFY, with a poll behind it, for what gets lost."""

import asyncio
import contextlib
from enum import StrEnum
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.settings import Settings
from hub.store.database import dsn, is_gone


class Channel(StrEnum):
    """What there is news of. Workers listen only to what gives them work."""

    MAIL = "kernhub_mail"
    RECORD = "kernhub_record"
    CLOCK = "kernhub_clock"
    OUTBOX = "kernhub_outbox"
    PROGRESS = "kernhub_progress"
    PLANNED = "kernhub_planned"
    INBOUND = "kernhub_inbound"
    REMOVED = "kernhub_removed"


async def wake(connection: AsyncConnection, channel: Channel) -> None:
    """Wakes who listens to this channel when this transaction commits."""
    await connection.execute(text(f"NOTIFY {channel}"))


class WakeUp:
    """Waits for news, or for `poll` seconds, whichever comes first."""

    def __init__(self, settings: Settings, poll: float, *channels: Channel):
        self._channels = channels
        self._dsn = dsn(settings)
        self._poll = poll
        self._woken = asyncio.Event()
        self._connection: Any = None

    async def wait(self) -> None:
        """Returns when there may be work. Survives a lost connection by polling until it is back."""
        await self._listen()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), self._poll)
        self._woken.clear()

    def set(self) -> None:
        """Ends the present wait, or the next one."""
        self._woken.set()

    async def close(self) -> None:
        if self._connection is not None and not self._connection.is_closed():
            await self._connection.close(timeout=2)

    async def _listen(self) -> None:
        if self._connection is not None and not self._connection.is_closed():
            return
        try:
            self._connection = await asyncpg.connect(self._dsn, timeout=5)
            for channel in self._channels:
                await self._connection.add_listener(channel, lambda *_: self._woken.set())
            self._woken.set()
        except Exception as error:
            if not is_gone(error):
                raise
            if self._connection is not None:
                self._connection.terminate()
            self._connection = None
