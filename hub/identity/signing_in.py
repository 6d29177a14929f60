"""People sign in for a party with a link in its mailbox. Who they are is looked up at each request."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.register.model import Register
from hub.rules.links import Link, Purpose, read
from hub.rules.moments import dutch_day
from hub.rules.relations import party_with
from hub.rules.signing_in import (
    SEEN_NOTED,
    LinkFails,
    Session,
    may_ask,
    parties_of,
    place_of,
    stands,
    why_not,
)
from hub.store.access import sessions, sign_ins
from hub.store.access.secrets import own_secret
from hub.store.access.sign_ins import NewSignIn
from hub.store.clock import find_scenario_time
from hub.store.database import transaction
from hub.store.ledger.records import Entry, record
from hub.store.register.registers import Registers
from hub.store.wake import Channel, wake
from hub.words import wording

SECRET = "sign-in"  # noqa: S105 - the name of the key, not the key
"""The key of the hub that signs links to sign in."""
BY_LINK, BY_ISSUER = "link", "issuer"


class AskedTooOften(Exception):
    """So many links were asked for this mailbox, or from this address, that another must wait."""


class LinkRefused(Exception):
    """The link does not count; `why` None: the hub did not make it, or for another mailbox."""

    def __init__(self, why: LinkFails | None = None):
        self.why = why
        super().__init__(why)


class Person(NamedTuple):
    """Who signed in: for a party, with the word that its browser shows, by a register."""

    party: str
    word: str
    register: Register


class SigningIn:
    """Lets people in, and out."""

    def __init__(self, pool: AsyncEngine, registers: Registers):
        self._pool = pool
        self._registers = registers

    async def ask(self, mailbox: str, address: str | None, browser: str) -> None:
        """Has a link mailed for this browser, when it is the mailbox of a party. The same is done, and kept,
        when it is not. Raises AskedTooOften."""
        now, register = datetime.now(UTC), await self._registers.newest()
        found: Sequence[str | None] = parties_of(mailbox, register.parties) or [None]
        async with transaction(self._pool) as connection:
            key = await own_secret(connection, SECRET)
            to, where = _mark(key, mailbox.strip().casefold()), _mark(key, place_of(address))
            if not may_ask(await sign_ins.times_asked(connection, to, where, now)):
                raise AskedTooOften
            hashed = sessions.hashed(browser)
            asked = [NewSignIn(uuid4(), party, to, where, hashed, now) for party in found]
            await sign_ins.keep_sign_ins(connection, asked)
            await wake(connection, Channel.MAIL)

    async def whose(self, link: str, browser: str | None) -> str:
        """For whom one would sign in with this link, in this browser. Raises LinkRefused."""
        register = await self._registers.newest()
        async with transaction(self._pool) as connection:
            found = await self._checked(connection, link, browser, register)
            return wording.party_name(found.party, register)

    async def follow(self, link: str, browser: str | None, before: str | None = None) -> str:
        """Signs in with the link, once; the word of the new session, in place of the one `before`. A button
        pressed twice counts as once. Raises LinkRefused."""
        register, now = await self._registers.newest(), datetime.now(UTC)
        async with transaction(self._pool) as connection:
            found = await self._checked(connection, link, browser, register, is_sent=True)
            await sign_ins.mark_used(connection, UUID(found.about), now)
            await self._end(connection, before, now)
            return await self._begin(connection, found.party, register, now)

    async def by_number(self, number: str, before: str | None = None) -> str:
        """Signs in for the party with this OIN or KvK number, which an issuer told; the word of the new
        session, in place of the one `before`. Raises LinkRefused."""
        register, now = await self._registers.newest(), datetime.now(UTC)
        party = party_with(number, register)
        if party is None:
            raise LinkRefused
        async with transaction(self._pool) as connection:
            await self._end(connection, before, now)
            return await self._begin(connection, party, register, now, number)

    async def find(self, word: str) -> Person | None:
        """Who shows this word, if that is still somebody."""
        now, register = datetime.now(UTC), await self._registers.newest()
        async with transaction(self._pool) as connection:
            session = await sessions.find_session(connection, word)
            if session is None:
                return None
            if not stands(session, register, now):
                await sessions.end_session(connection, word)
                return None
            if now - session.seen_at >= SEEN_NOTED:
                await sessions.note_seen(connection, word, now)
        return Person(session.party, word, register)

    async def leave(self, person: Person) -> None:
        """Ends the session."""
        async with transaction(self._pool) as connection:
            await self._end(connection, person.word, datetime.now(UTC))

    async def _end(self, connection: AsyncConnection, word: str | None, now: datetime) -> None:
        session = await sessions.find_session(connection, word) if word else None
        if word and session and await sessions.end_session(connection, word):
            await _record(connection, "signed-out", {"party": session.party}, now)

    async def _checked(
        self,
        connection: AsyncConnection,
        link: str,
        browser: str | None,
        register: Register,
        *,
        is_sent: bool = False,
    ) -> Link:
        now = datetime.now(UTC)

        def mailbox_of(party: str) -> str | None:
            return register.parties[party].mailbox if party in register.parties else None

        found = read(link, mailbox_of, await own_secret(connection, SECRET), dutch_day(now))
        if found is None or found.purpose is not Purpose.SIGN_IN:
            raise LinkRefused
        asked = await sign_ins.find_asked(connection, UUID(found.about))
        if asked is None:
            raise LinkRefused(LinkFails.EXPIRED)
        shown = sessions.hashed(browser) if browser else None
        if why := why_not(asked, shown, now, is_sent=is_sent):
            raise LinkRefused(why)
        return found

    async def _begin(
        self,
        connection: AsyncConnection,
        party: str,
        register: Register,
        now: datetime,
        number: str | None = None,
    ) -> str:
        by = BY_LINK if number is None else BY_ISSUER
        await _record(connection, "signed-in", {"party": party, "by": by}, now)
        session = Session(party, register.parties[party].mailbox, now, now, number)
        return await sessions.begin_session(connection, session)


def _mark(key: bytes, said: str) -> bytes:
    """By which the hub alone knows again what was said."""
    return hmac.digest(key, said.encode(errors="replace"), hashlib.sha256)


async def _record(connection: AsyncConnection, kind: str, facts: dict[str, Any], now: datetime) -> None:
    at = await find_scenario_time(connection) or now
    await record(connection, [Entry(kind, (uuid4(),), None, at, facts)])
