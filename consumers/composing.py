"""Composing: immediate mails, digests, bundles and reminders, each in one transaction, so that a mail exists
once.

Rights are checked again here: what may no longer go out is withheld, with why.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.mailbox import texts
from consumers.bundling import compose_bundle
from consumers.contacting import compose_contact
from consumers.made_mails import keep_made, made_mail, or_broken
from consumers.reminder_mails import compose_reminder
from consumers.standings import Standings
from consumers.stopped_outlets import compose_stopped
from hub.register.model import Register
from hub.rules import threading
from hub.rules.exercises import apart_in_mail
from hub.rules.identity import derived_key
from hub.rules.preferences import DIGEST, USUAL, Preferences, is_stopped, latest_digest, may_stop
from hub.rules.relations import Reason, Relation
from hub.rules.seeing import refusal_at_sending, still_holding
from hub.settings import Settings
from hub.store import audiences, library, lines, mails, reminders
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.ledgers import Entry, record
from hub.store.preferences import all_preferences
from hub.store.registers import Registers
from schemas.catalogue import parse

_AT_ONCE = 100
_DIGEST_MOST = 200
"""Messages in one mail; mail servers refuse what is too large."""


class Composer:
    """Makes mails of deliveries and bundles."""

    def __init__(self, settings: Settings, pool: AsyncEngine, registers: Registers, clock: Clock):
        self._settings = settings
        self._pool = pool
        self._registers = registers
        self._clock = clock
        self._wanted: dict[str, Preferences] = {}

    async def compose(self) -> None:
        """Composes all that may go out now."""
        register = await self._registers.newest()
        now = await self._clock.now()
        async with transaction(self._pool) as connection:
            self._wanted = await all_preferences(connection)
        while await self._compose_immediate(register, now):
            pass
        await self._compose_bundles(register, now)
        await self._compose_reminders(register, now)
        await self._compose_digests(register, now)
        await compose_stopped(self._pool, register, now)

    async def _compose_immediate(self, register: Register, now: datetime) -> int:
        async with transaction(self._pool) as connection:
            claimed = await audiences.claim_immediate(connection, _AT_ONCE)
            composed = []
            for audience in claimed:
                for party in audience.parties:
                    mail = or_broken(partial(self._immediate, audience.row, party, register, now))
                    if isinstance(mail, str):
                        await self._withhold(connection, audience.row, party, mail, now)
                    elif await audiences.settle(connection, audience.row, party, mail_key=mail.mail_key):
                        composed.append(mail)
            await audiences.close_audiences(connection, claimed)
            await keep_made(connection, composed, now)
            return len(claimed)

    def _immediate(self, row: Any, party: str, register: Register, now: datetime) -> mails.NewMail | str:
        """The mail of a delivery, or why it may not go out."""
        told = self._told(row, party, register)
        if isinstance(told, str):
            return told
        if row.channel == "lapse":
            key = derived_key("lapse", row.event_key, party)
            text = texts.lapse(told, register)
            return made_mail(
                key, party, "immediate", text, register, now, threading.of_lapse(told.event, party)
            )
        ties = {reason.relation for reason in told.reasons}
        if is_stopped(self._wanted_by(party), "immediate", told.event.type, ties):
            return "stopped"
        key = threading.mail_of(row.event_key, party)
        text, thread = texts.immediate(told, register), threading.of_event(told.event, party)
        stops = may_stop(told.event.type, ties)
        return made_mail(key, party, "immediate", text, register, now, thread, stops)

    def _wanted_by(self, party: str) -> Preferences:
        return self._wanted.get(party, USUAL)

    async def _compose_digests(self, register: Register, now: datetime) -> None:
        """The digests whose moment has come. Most have the usual moment: one query is for all."""
        own: dict[datetime, list[str]] = {}
        for party, wanted in self._wanted.items():
            if until := latest_digest(wanted, now):
                own.setdefault(until, []).append(party)
        usual = latest_digest(USUAL, now)
        seen = Standings(now)
        if usual:
            await self._compose_due(usual, list(self._wanted), register, seen, others=True)
        for until, parties in own.items():
            await self._compose_due(until, parties, register, seen, others=False)

    async def _compose_due(
        self,
        until: datetime,
        parties: Sequence[str],
        register: Register,
        seen: Standings,
        *,
        others: bool,
    ) -> None:
        async with transaction(self._pool) as connection:
            waiting = await audiences.digests_to_compose(connection, until, parties, others=others)
        for party, event_keys in waiting.items():
            await self._compose_digest(party, event_keys, until, register, seen)
        if waiting:
            async with transaction(self._pool) as connection:
                await audiences.close_digests(connection, until)

    async def _compose_digest(
        self, party: str, event_keys: Sequence[UUID], until: datetime, register: Register, seen: Standings
    ) -> None:
        now = seen.now
        async with transaction(self._pool) as connection:
            await audiences.lock_digest(connection, party)
            if await mails.mail_exists(connection, _digest_key(party, until)):
                return
            told: list[tuple[Any, texts.Told]] = []
            lapsed = await library.lapsed_among(connection, event_keys)
            for row in await audiences.digest_deliveries(connection, party, event_keys):
                entry = or_broken(partial(self._told, row, party, register))
                if row.event_key in lapsed:
                    entry = "lapsed"
                elif not isinstance(entry, str) and self._is_unwanted(party, entry):
                    entry = "stopped"
                if isinstance(entry, str):
                    await self._withhold(connection, row, party, entry, now)
                else:
                    told.append((row, entry))
            parts = [told[i : i + _DIGEST_MOST] for i in range(0, len(told), _DIGEST_MOST)]
            for number, part in enumerate(parts, start=1):
                key = _digest_key(party, until, number)
                fresh = [
                    one for row, one in part if await audiences.settle(connection, row, party, mail_key=key)
                ]
                if not fresh:
                    continue
                first = number == 1
                asked = await self._still_asked(connection, party, until, register, seen) if first else []
                text = texts.digest(texts.Part(party, number, len(parts)), fresh, asked, until, register)
                mail = made_mail(key, party, "digest", text, register, now, stops=DIGEST)
                await keep_made(connection, [mail], now)

    def _is_unwanted(self, party: str, told: texts.Told) -> bool:
        ties = {reason.relation for reason in told.reasons}
        return is_stopped(self._wanted_by(party), DIGEST, told.event.type, ties)

    async def _still_asked(
        self, connection: AsyncConnection, party: str, until: datetime, register: Register, seen: Standings
    ) -> list[texts.OpenRequest]:
        before = latest_digest(self._wanted_by(party), until - timedelta(seconds=1)) or until
        return [
            await seen.open_request(connection, row, party)
            for row in await mails.open_requests_of(connection, party, before)
            if apart_in_mail(row.content["source"], register.parties[party]) is None
        ]

    async def _compose_bundles(self, register: Register, now: datetime) -> None:
        async with transaction(self._pool) as connection:
            rows = await mails.bundles_to_mail(connection)
        for row in rows:
            async with transaction(self._pool) as connection:
                await lines.lock_operator(connection, row.operator)
                if not await mails.is_bundle_to_mail(connection, row.bundle_key):
                    continue
                if row.kind == "crisis":
                    await compose_contact(connection, row, self._settings.public_url, register, now)
                else:
                    await compose_bundle(connection, row, self._settings.public_url, register, now)

    async def _compose_reminders(self, register: Register, now: datetime) -> None:
        async with transaction(self._pool) as connection:
            rows = await reminders.reminders_to_mail(connection)
        for row in rows:
            async with transaction(self._pool) as connection:
                await lines.lock_operator(connection, row.operator)
                if await reminders.is_reminder_to_mail(connection, row.operator, row.slot):
                    await compose_reminder(connection, row, self._settings.public_url, register, now)

    async def _withhold(
        self, connection: AsyncConnection, row: Any, party: str, why: str, now: datetime
    ) -> None:
        if await audiences.settle(connection, row, party, withheld=why):
            facts = {"party": party, "channel": row.channel, "why": why}
            unique = (row.event_key, party) if row.channel == "mail" else (row.event_key, party, row.channel)
            entry = Entry("delivery-withheld", unique, row.event_key, now, facts)
            await record(connection, [entry])

    def _told(self, row: Any, party: str, register: Register) -> texts.Told | str:
        """What a delivery tells, or why it may not go out."""
        event = parse(row.content)
        earlier = [Reason(Relation(relation), *rest) for relation, *rest in row.reasons]
        reasons = still_holding(earlier, party, event, register)
        refusal = refusal_at_sending(event, party, reasons, register)
        return refusal or texts.Told(event, row.publisher, reasons, self._link(row.event_key))

    def _link(self, event_key: UUID) -> str:
        return f"{self._settings.public_url}/gebeurtenissen/{event_key}"


def _digest_key(party: str, until: datetime, number: int = 1) -> UUID:
    return derived_key("digest", party, until.isoformat(), number)
