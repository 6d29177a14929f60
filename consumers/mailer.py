"""Mailer: composes immediate mails, digests and bundles, and sends what is queued.

Sending repeats until the server takes a mail over, always under the same Message-ID.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.mailbox import links
from connectors.mailbox.evidence import put_head
from connectors.mailbox.rendering import with_top
from connectors.mailbox.sending import MailRefused, MailServer, MailServerUnavailable, message
from connectors.mailbox.signing_in import with_sign_in
from consumers import sign_in_mails
from consumers.composing import Composer
from consumers.made_mails import composed_events
from consumers.waiting import wait_or_stop
from hub import logs
from hub.errors import Unavailable
from hub.rules import links as signed_links
from hub.rules.mail_in.own_text import ABOVE, HOW_TO_REPLY
from hub.rules.mail_in.tokens import SECRET, Purpose, address_for
from hub.rules.moments import dutch_day
from hub.rules.preferences import deputy_on
from hub.rules.retry import goes_behind, is_busy, next_attempt
from hub.settings import Settings
from hub.store import mails
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.ledger_trees import find_signed_head
from hub.store.ledgers import Entry, record
from hub.store.mail_in import may_be_replied_to
from hub.store.preferences import preferences_of, times_chosen
from hub.store.registers import Registers, newest_version
from hub.store.secrets import own_secret
from hub.store.wake import Channel, WakeUp, wake

_REPLIED_TO = ("bundle", "reminder")
_BEHIND = timedelta(minutes=5)
_SENDING = timedelta(seconds=10)
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
        self._secret: bytes | None = None
        self._composer = Composer(settings, pool, registers, clock)

    async def keep_mailing(self, wake_up: WakeUp, stop: asyncio.Event) -> None:
        """Composes and sends as work comes, until `stop`; the mail in hand is finished."""
        async with MailServer(self._settings) as server:
            while not stop.is_set():
                try:
                    await self._composer.compose_urgent()
                    with suppress(MailServerUnavailable):  # the rest is composed all the same
                        await self._send_some(server, stop)
                    await self._composer.compose_rest()
                    while await self._send_some(server, stop):
                        await self._composer.compose_urgent()
                except Unavailable as error:
                    _log.warning(logs.line("a part is away, waiting", error=type(error).__name__))
                    await wait_or_stop(stop, 2.0)
                await wake_up.wait()

    async def compose(self) -> None:
        """Composes all that may go out now."""
        await self._composer.compose()

    async def _send_some(self, server: MailServer, stop: asyncio.Event) -> bool:
        """Sends for a while; whether there may be more to send."""
        until = self._wall() + _SENDING
        while not stop.is_set() and await self.send_one(server):
            if self._wall() >= until:
                return True
        return False

    async def send_one(self, server: MailServer) -> bool:
        """Sends the next queued mail; False when there is none. Raises MailServerUnavailable, also when the
        server turns down one mail after another: then it wants less from us."""
        wall = self._wall()
        async with transaction(self._pool) as connection:
            row = await mails.claim_mail(connection, wall)
            if row is None:
                return False
            version = await newest_version(connection)
            if row.register_version != version:
                await _compose_again(connection, row, version, await self._clock.now())
                return True
            if row.copy_to is not None and row.copy_to != await self._deputy(connection, row.party):
                await mails.drop_copy(connection, row.mail_key)
                return True
            try:
                head = await find_signed_head(connection, row.ledger_size) if row.ledger_size else None
                mail = await self.message(connection, row, head.note if head else None)
                await server.send(mail, await self._address(connection, row, Purpose.BOUNCE))
            except MailServerUnavailable:
                raise
            except Exception as error:
                await self._on_not_sent(connection, row, version, error, wall)
            else:
                self._forget_refusals()
                await self._record_sent(connection, row, version)
        if self._refused and self._busy_at == wall:
            raise MailServerUnavailable("De mailserver neemt nu niets meer aan; wij gaan rustiger aan.")
        return True

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
        await mails.mark_not_sent(connection, row.mail_key, why, again)
        if again is None:
            await self._record_failed(connection, row, version)
        _log.warning(
            logs.line("a mail was not sent", mail=row.mail_key, again=again, error=type(error).__name__)
        )

    def _forget_refusals(self) -> None:
        self._refused = 0
        self._refused_at.clear()

    async def _record_sent(self, connection: AsyncConnection, row: Any, version: int) -> None:
        now = await self._clock.now()
        await mails.mark_sent(connection, row.mail_key, now)
        facts: dict[str, Any] = {"mail": str(row.mail_key), "party": row.party, "register": version}
        facts["events"] = await composed_events(connection, row.mail_key, version)
        await record(connection, [Entry("mail-sent", (row.mail_key,), None, now, facts)])

    async def _record_failed(self, connection: AsyncConnection, row: Any, version: int) -> None:
        facts = {"mail": str(row.mail_key), "party": row.party, "register": version}
        now = await self._clock.now()
        await record(connection, [Entry("mail-failed", (row.mail_key, version), None, now, facts)])

    async def message(self, connection: AsyncConnection, row: Any, head: str | None) -> EmailMessage:
        """A mail as it goes out, with the signed tree head that it carries."""
        if self._secret is None:
            self._secret = await own_secret(connection, links.SECRET)
        stop = None
        if row.stops:
            stop = signed_links.stop(row.party, row.stops, await times_chosen(connection, row.party))
        choose = signed_links.choose(row.party, dutch_day(row.made_at))
        to_choose = links.address(self._settings.public_url, choose, row.address, self._secret)
        to_stop = stop and links.address(self._settings.public_url, stop, row.address, self._secret)
        body, html = links.with_links(row.body, row.html, to_choose, row.stops, to_stop)
        if row.kind == sign_in_mails.KIND:
            link = await sign_in_mails.link_in(connection, row, self._settings.public_url)
            body, html = with_sign_in(body, html, link)
        reply_to = None
        if row.kind in _REPLIED_TO and await may_be_replied_to(connection, row.mail_key):
            reply_to = await self._address(connection, row, Purpose.REPLY)
        if reply_to is not None:
            body, html = with_top(body, html, [ABOVE, HOW_TO_REPLY])
        mail = message(
            row.mail_key,
            self._settings.mail_from,
            row.address,
            row.subject,
            body,
            row.tlp,
            row.made_at,
            html,
            row.thread,
            to_stop,
            row.copy_to,
            row.calendar,
            reply_to,
        )
        if head is not None:
            put_head(mail, head)
        return mail

    async def _deputy(self, connection: AsyncConnection, party: str) -> str | None:
        """Who may read along now: since a mail was composed a deputy may have gone."""
        register, today = await self._registers.newest(), dutch_day(await self._clock.now())
        return deputy_on(await preferences_of(connection, party), party, register, today)

    async def _address(self, connection: AsyncConnection, row: Any, purpose: Purpose) -> str | None:
        """An address of the hub for this mail; None: it takes no mail."""
        if (base := self._settings.reply_address) is None:
            return None
        return address_for(purpose, row.mail_key, row.party, base, await own_secret(connection, SECRET))


async def _compose_again(connection: AsyncConnection, row: Any, version: int, now: datetime) -> None:
    """The register has changed since this mail was composed: who may know what is decided again."""
    await mails.take_back(connection, row.mail_key)
    facts = {"mail": str(row.mail_key), "party": row.party, "register": version}
    entry = Entry("mail-taken-back", (row.mail_key, version), None, now, facts)
    await record(connection, [entry])
    await wake(connection, Channel.MAIL)
