"""Some mails beside one another, over a few connections; what the mail server takes is noted at once."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.mailbox.sending import MailRefused, MailServer
from consumers.mail.written import Writer
from hub.errors import Unavailable
from hub.store.mail.mail_queue import note_taken

_LANES = 4
_BEGIN_SECONDS = 2.0
"""So long mails are begun: then what they gave is recorded, and it is seen what is more urgent."""


class Tried(NamedTuple):
    """A mail that was begun, and why it was not sent."""

    row: Any
    error: Exception | None


class Lanes:
    """Sends mails in their order; those to one address one after another."""

    def __init__(self, pool: AsyncEngine, server: MailServer, writer: Writer, are_held: Callable[[], bool]):
        """`are_held`: whether these mails are still ours; if not, another may send them by now."""
        self._pool = pool
        self._server = server
        self._writer = writer
        self._are_held = are_held
        self._tried: list[Tried] = []
        self._away: Unavailable | None = None
        self._until = monotonic() + _BEGIN_SECONDS
        self._is_full = False
        self._last: dict[str, asyncio.Event] = {}

    async def send(self, rows: Sequence[Any]) -> tuple[list[Tried], Unavailable | None]:
        """The mails that were begun, in the order in which they ended, and what is away. Nothing is begun
        any more once the server has turned down a mail for now, something is away, or they are not ours."""
        waiting = iter(rows)
        async with asyncio.TaskGroup() as lanes:
            for _ in range(min(_LANES, len(rows))):
                lanes.create_task(self._lane(waiting))
        return self._tried, self._away

    async def _lane(self, waiting: Iterator[Any]) -> None:
        for row in waiting:
            before, mine = self._last.get(row.address), asyncio.Event()
            self._last[row.address] = mine
            try:
                if before is not None:
                    await before.wait()
                if self._is_over():
                    return
                await self._one(row)
            finally:
                mine.set()

    def _is_over(self) -> bool:
        is_late = bool(self._tried) and monotonic() > self._until
        return self._away is not None or self._is_full or is_late or not self._are_held()

    async def _one(self, row: Any) -> None:
        try:
            await self._server.send(self._writer.mail(row), self._writer.bounces_to(row))
        except Unavailable as error:
            self._away = error
            return
        except Exception as error:
            self._tried.append(Tried(row, error))
            self._is_full |= isinstance(error, MailRefused) and error.is_wait
            return
        self._tried.append(Tried(row, None))
        try:
            await note_taken(self._pool, row.mail_key)
        except Unavailable as error:
            self._away = error
