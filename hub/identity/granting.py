"""Which client asks for an access token, and what does it get?"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.errors import HubError, Unavailable
from hub.identity.foreign_issuer import unverified
from hub.identity.signing import ALGORITHMS, Issuer, TokenRefused, read_claims
from hub.identity.tries import ClientUnknown, Tries
from hub.rules.scopes import Scope, possible_scopes
from hub.store.access.clients import Client, Secret, claim_assertion, find_client, find_secret, note_use
from hub.store.database import transaction
from hub.store.register.registers import Registers

_LONGEST_ASSERTION = timedelta(minutes=10)
_AT_ONCE = 2
_WAIT_SECONDS = 10.0


class ScopeRefused(HubError):
    """The client asks for more than it may."""


class Granted(NamedTuple):
    """A token for a program of a party."""

    party: str
    token: str
    scopes: frozenset[Scope]


class Shown(NamedTuple):
    """A client that showed that it is itself: with the secret of this number, or with what it signed, which
    counts once: its id, and until when it would count."""

    client: Client
    secret: Secret | None = None
    assertion: tuple[str, datetime] | None = None

    @property
    def party(self) -> str:
        return self.client.party


class Granting:
    """Gives access tokens to clients: first who asks, then what it gets. Of both a few at a time, so that who
    asks much leaves connections to others."""

    def __init__(self, issuer: Issuer, pool: AsyncEngine, registers: Registers):
        self._issuer = issuer
        self._pool = pool
        self._registers = registers
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._tries = Tries()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                await self._turns.acquire()
        except TimeoutError:
            raise Unavailable("Er wordt nu te veel om toegangsbewijzen gevraagd.") from None
        try:
            async with transaction(self._pool) as connection:
                yield connection
        finally:
            self._turns.release()

    async def by_secret(self, client_id: str, secret: str, place: str, now: datetime) -> Shown:
        """The client that shows this secret at this place (`place_of`). Raises ClientUnknown, TooManyTries or
        Unavailable."""
        with self._tries.trying(client_id, place) as still_may:
            async with self._turn() as connection:
                still_may()
                client = await find_client(connection, client_id)
                found = await find_secret(connection, client_id, secret) if client else None
            if client is None or found is None:
                raise ClientUnknown
            return Shown(await self._current(client, now), found)

    async def by_assertion(self, assertion: str, audiences: list[str], place: str, now: datetime) -> Shown:
        """The client that signed for one of these audiences with its own key (RFC 7523). Raises as
        `by_secret`."""
        try:
            client_id = str(unverified(assertion, 1).get("sub"))
        except TokenRefused:
            raise ClientUnknown from None
        with self._tries.trying(client_id, place) as still_may:
            async with self._turn() as connection:
                still_may()
                client = await find_client(connection, client_id)
            if client is None:
                raise ClientUnknown
            once = _signed(assertion, client, audiences, now)
            return Shown(await self._current(client, now), assertion=once)

    async def _current(self, client: Client, now: datetime) -> Client:
        parties = (await self._registers.newest()).parties
        if client.has_ended(now) or client.party not in parties:
            raise ClientUnknown
        return client

    async def grant(self, shown: Shown, wanted: Collection[str] | None, now: datetime) -> Granted:
        """An access token; `wanted` None: with all scopes of the client. Raises ClientUnknown for what was
        signed and shown before, ScopeRefused or Unavailable."""
        client, secret, assertion = shown
        allowed = client.scopes & possible_scopes(client.party)
        if wanted is not None and not set(wanted) <= allowed:
            raise ScopeRefused("Dit programma mag niet alles wat het vraagt.")
        scopes = allowed if wanted is None else frozenset(map(Scope, wanted))
        async with self._turn() as connection:
            if assertion and not await claim_assertion(connection, client.client_id, *assertion, now):
                raise ClientUnknown
            await note_use(connection, client, secret, now)
        token = self._issuer.issue(client.client_id, scopes, now, secret.number if secret else None)
        return Granted(client.party, token, scopes)


def _signed(assertion: str, client: Client, audiences: list[str], now: datetime) -> tuple[str, datetime]:
    """Its id, and until when it would count. Raises ClientUnknown."""
    if client.public_keys is None:
        raise ClientUnknown
    try:
        keys = KeySet.import_key_set({"keys": client.public_keys["keys"]})
        claims = read_claims(assertion, keys, now, ALGORITHMS, iss=client.client_id, aud=audiences)
        until = datetime.fromtimestamp(claims["exp"], UTC)
    except (TokenRefused, JoseError, ValueError, OverflowError, OSError):
        raise ClientUnknown from None
    once = claims.get("jti")
    if not isinstance(once, str) or "\0" in once or until > now + _LONGEST_ASSERTION:
        raise ClientUnknown
    return once[:200], until + timedelta(minutes=1)
