"""Composing: single mails, digests, bundles and reminders, each in one transaction, so that a mail exists
once.

Rights are checked again here: what may no longer go out is withheld, with why.
"""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.mailbox.texts import Worded
from consumers.mail.bounced import compose_bounced
from consumers.mail.bundling import compose_bundle
from consumers.mail.contacting import compose_contact
from consumers.mail.digests import compose_digests
from consumers.mail.floods import compose_together
from consumers.mail.one_round import Round
from consumers.mail.reminders import compose_reminder
from consumers.mail.sign_ins import compose_sign_ins, forget_sessions
from consumers.mail.singles import compose_immediate, compose_sooner
from consumers.mail.stopped_outlets import compose_stopped
from consumers.mail.taken_in import compose_told
from hub.parsed import Parsed
from hub.settings import Settings
from hub.store.clock import Clock
from hub.store.contents import Contents
from hub.store.database import transaction
from hub.store.deliveries.audiences import first_immediate
from hub.store.mail import mails
from hub.store.mail.preferences import all_preferences
from hub.store.register.registers import Registers
from hub.store.throttle import lines, reminders
from hub.store.wake import Channel, wake

_A_WHILE_SECONDS = 2.0


async def _nothing() -> None:
    return


class Composer:
    """Makes mails of deliveries and bundles."""

    def __init__(self, settings: Settings, pool: AsyncEngine, registers: Registers, clock: Clock):
        self._settings = settings
        self._pool = pool
        self._registers = registers
        self._clock = clock

    async def compose(self) -> None:
        """Composes all that may go out now."""
        while not await self.compose_urgent():
            pass
        await self.compose_rest()

    async def compose_urgent(self) -> bool:
        """Composes what can be urgent: links to sign in, single mails, those of urgent events first, then the
        first of each party, and bundles. Of a burst some of it, so that mails can go in between; whether that
        was all."""
        this = await self._round()
        await compose_sign_ins(self._pool, this.register, this.now)
        is_all = await self._compose_singles(this)
        await compose_sooner(self._pool, this)
        is_all &= await compose_together(self._pool, this, _late_after(_A_WHILE_SECONDS))
        await self._compose_bundles(this)
        if not is_all:
            async with transaction(self._pool) as connection:
                await wake(connection, Channel.MAIL)
        return is_all

    async def _compose_singles(self, this: Round) -> bool:
        is_late = _late_after(_A_WHILE_SECONDS)
        while await compose_immediate(self._pool, this, urgent=True):
            pass
        async with transaction(self._pool) as connection:
            first = await first_immediate(connection)
        # Whoever has few is not behind all that another has.
        while first and await compose_immediate(self._pool, this, among=first):
            pass
        while await compose_immediate(self._pool, this):
            if is_late():
                return False
        return True

    async def compose_rest(self, between: Callable[[], Awaitable[None]] = _nothing) -> None:
        """Composes reminders, digests and what the hub tells of its mail. Of many parties that takes long:
        `between` some digests and the next, what is urgent can go."""
        this = await self._round()
        await forget_sessions(self._pool)
        await self._compose_reminders(this)
        await compose_stopped(self._pool, this.register, this.now)
        await compose_bounced(self._pool, this.register, this.now)
        await compose_told(self._pool, self._settings.public_url, this.register, this.now)
        await compose_digests(self._pool, this, between)

    async def _round(self) -> Round:
        register = await self._registers.newest()
        now = await self._clock.now()
        async with transaction(self._pool) as connection:
            wanted = await all_preferences(connection)
        chosen = self._settings
        return Round(
            chosen.public_url,
            chosen.mail_from,
            register,
            wanted,
            now,
            chosen.mails_an_hour,
            Parsed(),
            Contents(),
            Worded(),
        )

    async def _compose_bundles(self, this: Round) -> None:
        async with transaction(self._pool) as connection:
            rows = await mails.bundles_to_mail(connection)
        for row in rows:
            async with transaction(self._pool) as connection:
                await lines.lock_operator(connection, row.operator)
                if not await mails.is_bundle_to_mail(connection, row.bundle_key):
                    continue
                compose = compose_contact if row.kind == "crisis" else compose_bundle
                await compose(connection, row, this)

    async def _compose_reminders(self, this: Round) -> None:
        async with transaction(self._pool) as connection:
            rows = await reminders.reminders_to_mail(connection)
        for row in rows:
            async with transaction(self._pool) as connection:
                await lines.lock_operator(connection, row.operator)
                if await reminders.is_reminder_to_mail(connection, row.operator, row.slot):
                    await compose_reminder(connection, row, this)


def _late_after(seconds: float) -> Callable[[], bool]:
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    return lambda: loop.time() >= until
