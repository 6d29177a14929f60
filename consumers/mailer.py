"""Mailer: composes immediate mails, digests and bundles, and sends what is queued.

Composing is a transaction of its own, so that a mail exists once; sending repeats until the server takes
it over, always under the same Message-ID.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.mailbox import texts
from connectors.mailbox.sending import MailRefused, MailServer, MailServerUnavailable, message
from consumers.waiting import wait_or_stop
from hub import logs
from hub.errors import Unavailable
from hub.register.model import Register
from hub.rules.clearance import may_know
from hub.rules.identity import derived_key
from hub.rules.mailing import may_mail
from hub.rules.moments import DIGEST, SLOT
from hub.rules.relations import Reason, Relation
from hub.rules.release import BUDGET, expected_moment
from hub.rules.retry import next_attempt
from hub.settings import Settings
from hub.store import mails
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.ledgers import Entry, record
from hub.store.registers import Registers
from hub.store.wake import Channel, WakeUp, wake
from schemas.catalogue import Event, parse
from schemas.terms import Tlp

_log = logging.getLogger(__name__)
_AT_ONCE = 100
_Composed = TypeVar("_Composed")


class Mailer:
    """Composes and sends."""

    def __init__(self, settings: Settings, pool: AsyncEngine, registers: Registers, clock: Clock):
        self._settings = settings
        self._pool = pool
        self._registers = registers
        self._clock = clock

    async def keep_mailing(self, wake_up: WakeUp, stop: asyncio.Event) -> None:
        """Composes and sends as work comes, until `stop`; the mail in hand is finished."""
        async with MailServer(self._settings) as server:
            while not stop.is_set():
                try:
                    await self.compose()
                    while not stop.is_set() and await self.send_one(server):
                        pass
                except Unavailable as error:
                    _log.warning(logs.line("a part is away, waiting", error=type(error).__name__))
                    await wait_or_stop(stop, 2.0)
                await wake_up.wait()

    async def compose(self) -> None:
        """Composes all that may go out now."""
        register = await self._registers.newest()
        now = await self._clock.now()
        while await self._compose_immediate(register, now):
            pass
        while await self._compose_bundles(register, now):
            pass
        await self._compose_digests(register, now)

    async def _compose_immediate(self, register: Register, now: datetime) -> int:
        async with transaction(self._pool) as connection:
            rows = await mails.immediate_deliveries(connection, _AT_ONCE)
            composed = []
            for row in rows:
                mail = _or_broken(partial(self._immediate, row, register, now))
                if isinstance(mail, str):
                    await self._withhold(connection, row, mail, now)
                else:
                    composed.append(mail)
                    await mails.mark_mailed(connection, row.party, [row.event_key], mail.mail_key)
            await self._keep(connection, composed, now)
            return len(rows)

    def _immediate(self, row: Any, register: Register, now: datetime) -> mails.NewMail | str:
        """The mail of a delivery, or why it may not go out."""
        told = self._told(row, register)
        if isinstance(told, str):
            return told
        key = derived_key("immediate", row.event_key, row.party)
        text = texts.immediate(told, register)
        return self._mail(key, row.party, "immediate", text, [told.event], register, now)

    async def _compose_digests(self, register: Register, now: datetime) -> None:
        index = DIGEST.latest(now)
        until = DIGEST.moment(index)
        async with transaction(self._pool) as connection:
            parties = await mails.parties_with_digest(connection, until)
        for party in parties:
            await self._compose_digest(party, index, until, register, now)

    async def _compose_digest(
        self, party: str, index: int, until: datetime, register: Register, now: datetime
    ) -> None:
        key = derived_key("digest", party, index)
        async with transaction(self._pool) as connection:
            if await mails.mail_exists(connection, key):
                return
            told: dict[UUID, texts.Told] = {}
            for row in await mails.digest_deliveries(connection, party, until):
                entry = _or_broken(partial(self._told, row, register))
                if isinstance(entry, str):
                    await self._withhold(connection, row, entry, now)
                else:
                    told[row.event_key] = entry
            if not told:
                return
            asked = [_open_request(row) for row in await mails.open_requests_of(connection, party)]
            text = texts.digest(party, list(told.values()), asked, until, register)
            events = [entry.event for entry in told.values()]
            await mails.mark_mailed(connection, party, list(told), key)
            await self._keep(connection, [self._mail(key, party, "digest", text, events, register, now)], now)

    async def _compose_bundles(self, register: Register, now: datetime) -> int:
        async with transaction(self._pool) as connection:
            composed = []
            for row in await mails.bundles_to_mail(connection):
                requests = await mails.items_of_bundle(connection, row.bundle_key)
                mail = _or_broken(partial(self._bundle, row, requests, register, now))
                if isinstance(mail, mails.NewMail):
                    composed.append(mail)
                    await mails.mark_bundle_mailed(connection, row.bundle_key, mail.mail_key)
            await self._keep(connection, composed, now)
            return len(composed)

    def _bundle(self, row: Any, requests: Sequence[Any], register: Register, now: datetime) -> mails.NewMail:
        bundled = [
            texts.BundledRequest(str(r.item_key), parse(r.content), r.asker, r.areas, self._link(r.event_key))
            for r in requests
        ]
        key = derived_key("bundle-mail", row.bundle_key)
        text = texts.bundle(row.operator, bundled, SLOT.moment(row.slot + BUDGET.gap), register)
        events = [request.event for request in bundled]
        return self._mail(key, row.operator, "bundle", text, events, register, now)

    async def _keep(self, connection: AsyncConnection, composed: list[mails.NewMail], now: datetime) -> None:
        await mails.keep_mails(connection, composed, datetime.now(UTC))
        await record(
            connection,
            [
                Entry(
                    "mail-composed",
                    (mail.mail_key,),
                    None,
                    now,
                    {"mail": str(mail.mail_key), "party": mail.party, "kind": mail.kind, "state": mail.state},
                )
                for mail in composed
            ],
        )
        if composed:
            await wake(connection, Channel.MAIL)

    async def _withhold(self, connection: AsyncConnection, row: Any, why: str, now: datetime) -> None:
        await mails.withhold(connection, row.party, row.event_key, why)
        facts = {"party": row.party, "channel": "mail", "why": why}
        entry = Entry("delivery-withheld", (row.event_key, row.party), row.event_key, now, facts)
        await record(connection, [entry])

    def _mail(
        self,
        key: UUID,
        party: str,
        kind: str,
        text: texts.MailText,
        events: Sequence[Event],
        register: Register,
        now: datetime,
    ) -> mails.NewMail:
        address = register.parties[party].mailbox
        mail = mails.NewMail(key, party, kind, address, str(text.tlp), text.subject, text.body, now)
        if may_mail(tuple(event.source for event in events), address):
            return mail
        return mail._replace(state="withheld", last_error="exercise: never to a real mailbox")

    def _told(self, row: Any, register: Register) -> texts.Told | str:
        """What a delivery tells, or why it may not go out."""
        event = parse(row.content)
        reasons = tuple(Reason(*reason) for reason in row.reasons)
        refusal = _refusal(event.tlp, row.party, reasons, register)
        return refusal or texts.Told(event, row.publisher, reasons, self._link(row.event_key))

    def _link(self, event_key: UUID) -> str:
        return f"{self._settings.public_url}/gebeurtenissen/{event_key}"

    async def send_one(self, server: MailServer) -> bool:
        """Sends the next queued mail; False when there is none. Raises MailServerUnavailable."""
        wall = datetime.now(UTC)
        async with transaction(self._pool) as connection:
            row = await mails.claim_mail(connection, wall)
            if row is None:
                return False
            mail = message(
                row.mail_key,
                self._settings.mail_from,
                row.address,
                row.subject,
                row.body,
                row.tlp,
                row.made_at,
            )
            try:
                await server.send(mail)
            except MailServerUnavailable:
                raise
            except MailRefused as refused:
                again = None if refused.permanent else next_attempt(row.attempts + 1, wall)
                await mails.mark_not_sent(connection, row.mail_key, str(refused), again)
                _log.warning(logs.line("a mail was refused", mail=row.mail_key, again=again))
                return True
            now = await self._clock.now()
            await mails.mark_sent(connection, row.mail_key, now)
            facts = {"mail": str(row.mail_key), "party": row.party}
            await record(connection, [Entry("mail-sent", (row.mail_key,), None, now, facts)])
            return True


def _or_broken(compose: Callable[[], _Composed]) -> _Composed | str:
    """What `compose` gives; what can't be composed stops nobody else, and is withheld for that reason."""
    try:
        return compose()
    except Exception as error:
        _log.exception(logs.line("a mail could not be composed", error=type(error).__name__))
        return "could-not-compose"


def _refusal(tlp: Tlp, party: str, reasons: Sequence[Reason], register: Register) -> str | None:
    """Why a planned delivery may no longer go out: checked again at sending."""
    if party not in register.parties:
        return "party-ended"
    relations = {Relation(reason.relation) for reason in reasons}
    # Whether an answer may go to its asker was decided where the answer came in.
    if Relation.ASKER in relations:
        return None
    verdict = may_know(tlp, register.parties[party].clearance, relations)
    return None if verdict.allowed else str(verdict.ruling)


def _open_request(row: Any) -> texts.OpenRequest:
    waiting = row.state == "waiting"
    expected = expected_moment(row.received_at, row.last_slot) if waiting else None
    return texts.OpenRequest(parse(row.content), row.operator, row.state, expected)
