"""Mailer: composes immediate mails, digests and bundles, and sends what is queued.

Sending repeats until the server takes a mail over, always under the same Message-ID.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.mailbox.sending import MailRefused, MailServer, MailServerUnavailable
from consumers.mail.composed_again import compose_again, out_of_date
from consumers.mail.composing import Composer
from consumers.mail.lanes import Lanes, Tried
from consumers.mail.made import composed_events
from consumers.mail.written import Keys, Writer, keys_of, writer_of
from consumers.waiting import wait_or_stop
from hub import logs
from hub.errors import Unavailable
from hub.rules.moments import dutch_day
from hub.rules.preferences import deputy_on
from hub.rules.queueing import stand_together
from hub.rules.retry import goes_behind, is_busy, is_wary, next_attempt
from hub.settings import Settings
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.ledger.records import Entry, record
from hub.store.mail import mail_queue
from hub.store.mail.preferences import preferences_of
from hub.store.register.registers import Registers, newest_version
from hub.store.times import next_times
from hub.store.wake import WakeUp

_AT_ONCE = 50
"""So many mails share a transaction."""
_BEHIND = timedelta(minutes=5)
_SENDING = timedelta(seconds=5)
"""How long what is urgent may wait for mails that are sent."""
_log = logging.getLogger(__name__)


class Mailer:
    """Composes and sends."""

    def __init__(
        self,
        settings: Settings,
        pool: AsyncEngine,
        registers: Registers,
        clock: Clock,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ):
        self._settings = settings
        self._pool = pool
        self._registers = registers
        self._clock = clock
        self._wall = wall
        self._refused = 0  # mails on end that the server turned down for now
        self._refused_at: set[str] = set()  # the domains of their mailboxes
        self._busy_at: datetime | None = None
        self._keys: Keys | None = None
        self._composer = Composer(settings, pool, registers, clock)

    async def keep_mailing(self, wake_up: WakeUp, stop: asyncio.Event) -> None:
        """Composes and sends as work comes, until `stop`; the mail in hand is finished."""
        async with MailServer(self._settings) as server:
            while not stop.is_set():
                try:
                    await self._composer.compose_urgent()
                    with suppress(MailServerUnavailable):  # the rest is composed all the same
                        await self._send_a_while(server, stop)
                    await self._composer.compose_rest(self._now_and_then(server, stop))
                    while await self._send_a_while(server, stop):
                        await self._composer.compose_urgent()
                except Unavailable as error:
                    _log.warning(logs.line("a part is away, waiting", error=type(error).__name__))
                    await wait_or_stop(stop, 2.0)
                await wake_up.wait()

    def _now_and_then(self, server: MailServer, stop: asyncio.Event) -> Callable[[], Awaitable[None]]:
        """Composes what is urgent and sends, when that was not done for a while."""
        done_at, busy = self._wall(), asyncio.Lock()

        async def between() -> None:
            nonlocal done_at
            if busy.locked() or self._wall() - done_at < _SENDING:
                return
            async with busy:
                await self._composer.compose_urgent()
                with suppress(MailServerUnavailable):
                    await self._send_a_while(server, stop)
                done_at = self._wall()

        return between

    async def compose(self) -> None:
        """Composes all that may go out now."""
        await self._composer.compose()

    async def _send_a_while(self, server: MailServer, stop: asyncio.Event) -> bool:
        """Sends for a while; whether there may be more to send."""
        until = self._wall() + _SENDING
        while not stop.is_set() and await self.send_some(server):
            if self._wall() >= until:
                return True
        return False

    async def send_some(self, server: MailServer) -> bool:
        """Sends the next queued mails; False when there is none. Raises MailServerUnavailable, once what was
        sent is recorded; also when the server turns down one mail after another: then it wants less from
        us."""
        wall = self._wall()
        async with transaction(self._pool) as connection:
            claimed = await mail_queue.claim_mails(connection, wall, self._at_once(wall))
            if not claimed:
                return False
            rows = claimed[: stand_together([row.place for row in claimed])]
            taken = await mail_queue.taken_among(connection, [row.mail_key for row in rows])
            version = await newest_version(connection)
            to_send = [row for row in rows if row.mail_key not in taken]
            late = await out_of_date(connection, to_send, await self._registers.newest())
            late |= {row.mail_key for row in to_send if row.register_version != version}
            if late:
                # By themselves: what they told is not held while others are sent.
                again = [row for row in to_send if row.mail_key in late]
                await compose_again(connection, again, version, await self._clock.now())
                return True
            ready = [row for row in to_send if await self._has_its_copy(connection, row)]
            tried, away = await self._try(connection, server, ready)
            sent = [row for row in rows if row.mail_key in taken]
            for row, error in tried:
                if error is None:
                    self._forget_refusals()
                    sent.append(row)
                else:
                    await self._on_not_sent(connection, row, version, error, wall)
            await self._record_sent(connection, sent)
        if away is not None:
            raise away
        if self._refused and self._busy_at == wall:
            raise MailServerUnavailable("De mailserver neemt nu niets meer aan; wij gaan rustiger aan.")
        return True

    def _at_once(self, wall: datetime) -> int:
        since_busy = wall - self._busy_at if self._busy_at else None
        return 1 if is_wary(self._refused, since_busy) else _AT_ONCE

    async def _has_its_copy(self, connection: AsyncConnection, row: Any) -> bool:
        """Whether the deputy who is to have a copy still is; else the mail waits, without its copy."""
        if row.copy_to is None or row.copy_to == await self._deputy(connection, row.party):
            return True
        await mail_queue.drop_copy(connection, row.mail_key)
        return False

    async def _try(
        self, connection: AsyncConnection, server: MailServer, rows: Sequence[Any]
    ) -> tuple[list[Tried], Unavailable | None]:
        if not rows:
            return [], None
        driver: Any = (await connection.get_raw_connection()).driver_connection
        writer = await self.writer(connection, rows)
        return await Lanes(self._pool, server, writer, lambda: not driver.is_closed()).send(rows)

    async def writer(self, connection: AsyncConnection, rows: Sequence[Any]) -> Writer:
        """Writes these mails as they go out."""
        if self._keys is None:
            self._keys = await keys_of(connection)
        return await writer_of(connection, self._settings, self._keys, rows)

    async def _on_not_sent(
        self, connection: AsyncConnection, row: Any, version: int, error: Exception, wall: datetime
    ) -> None:
        # What is not the server's word may be our own fault, and be mended while the mail waits.
        refused = isinstance(error, MailRefused)
        permanent = isinstance(error, MailRefused) and error.permanent
        why = str(error) if refused else f"could-not-send: {type(error).__name__}"
        if isinstance(error, MailRefused) and error.is_wait:
            self._refused += 1
            self._refused_at.add(row.address.rpartition("@")[2].lower())
        else:
            self._forget_refusals()
        again = None if permanent else next_attempt(row.attempts + 1, wall)
        since_busy = wall - self._busy_at if self._busy_at else None
        if is_busy(self._refused, len(self._refused_at), since_busy):
            self._busy_at = wall
            # It stays the first one, so that the order holds; that costs it no attempt.
            if not goes_behind(self._refused):
                return
            again = again and max(again, wall + _BEHIND)
        await mail_queue.mark_not_sent(connection, row.mail_key, why, again)
        if again is None:
            await self._record_failed(connection, row, version)
        _log.warning(
            logs.line("a mail was not sent", mail=row.mail_key, again=again, error=type(error).__name__)
        )

    def _forget_refusals(self) -> None:
        self._refused = 0
        self._refused_at.clear()

    async def _record_sent(self, connection: AsyncConnection, rows: Sequence[Any]) -> None:
        if not rows:
            return
        now = await self._clock.now()
        versions = {row.mail_key: row.register_version for row in rows}
        await mail_queue.mark_sent(connection, list(versions), now)
        events = await composed_events(connection, versions)
        unique = await next_times(connection, "mail-sent", [(row.mail_key,) for row in rows])
        entries = []
        for row in rows:
            facts: dict[str, Any] = {"mail": str(row.mail_key), "party": row.party}
            facts |= {"register": row.register_version, "events": events[row.mail_key]}
            entries.append(Entry("mail-sent", unique[row.mail_key,], None, now, facts))
        await record(connection, entries)

    async def _record_failed(self, connection: AsyncConnection, row: Any, version: int) -> None:
        facts = {"mail": str(row.mail_key), "party": row.party, "register": version}
        now, first = await self._clock.now(), (row.mail_key, version)
        unique = (await next_times(connection, "mail-failed", [first]))[first]
        await record(connection, [Entry("mail-failed", unique, None, now, facts)])

    async def _deputy(self, connection: AsyncConnection, party: str) -> str | None:
        """Who may read along now: since a mail was composed a deputy may have gone."""
        register, today = await self._registers.newest(), dutch_day(await self._clock.now())
        return deputy_on(await preferences_of(connection, party), party, register, today)
