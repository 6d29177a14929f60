"""Which party's program is this, and what may it do? By API token, access token of the hub, or that of the
issuer that the installation trusts."""

import math
import time
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from hub.gathering import Gathering
from hub.identity.foreign_issuer import ForeignIssuer, unverified
from hub.identity.signing import Issuer, TokenRefused, issuer_by
from hub.register.model import Register
from hub.rules.relations import party_with
from hub.rules.scopes import Scope, possible_scopes
from hub.settings import Settings
from hub.store.access.clients import Client, find_clients
from hub.store.access.tokens import PREFIX, Token, hashed, is_to_be_noted, look_up, note_use
from hub.store.database import direct, transaction
from hub.store.register.registers import Registers


class Program(NamedTuple):
    """A program of a party, which has shown who it is. `since` that moment of `time.monotonic` the newest
    register was looked up with it; infinite: it was not."""

    party: str
    scopes: frozenset[Scope]
    since: float = math.inf


class Presumed(NamedTuple):
    """A program by what was known of its token a moment ago. Nothing may be done for it, nor told to it,
    before that is looked up again: the token with this hash may have been revoked, or have ended since."""

    party: str
    scopes: frozenset[Scope]
    token_hash: bytes


_MOST_REMEMBERED = 1000


class Identities:
    """Knows programs by what they show. What is remembered between calls is only presumed, so that what is
    revoked ends at once in every process; calls of about the same time are looked up together."""

    def __init__(self, settings: Settings, pool: AsyncEngine, registers: Registers):
        """Raises NotConfigured when the signing keys can't be read."""
        self._pool = pool
        self._registers = registers
        self._tokens = Gathering(self._find_tokens)
        self._remembered: dict[bytes, Token] = {}
        self._clients = Gathering(self._find_clients)
        self._newest = Gathering(self._newest_for)
        keys = settings.signing_keys
        self.issuer = issuer_by(keys, settings.public_url.rstrip("/")) if keys else None
        self._foreign = (
            ForeignIssuer(
                settings.oidc_issuer, settings.oidc_audience or settings.public_url, settings.oidc_claim
            )
            if settings.oidc_issuer
            else None
        )

    async def program_of(self, token: str, now: datetime) -> Program:
        """Raises TokenRefused, or Unavailable."""
        program = await self._shown(token, now)
        register = await self._newest.do(None)
        if program.party not in register.parties:
            raise TokenRefused("Deze sleutel is van een partij die niet meer meedoet.")
        return program

    async def _shown(self, token: str, now: datetime) -> Program:
        if token.startswith(PREFIX):
            return await self._by_token(token, now)
        if token.count(".") == 2:  # as what is signed looks
            issued_by = unverified(token, 1).get("iss")
            if self._foreign and issued_by == self._foreign.url:
                return await self._by_foreign(self._foreign, token, now)
            if self.issuer:
                return await self._by_own(self.issuer, token, now)
        raise TokenRefused("Wij kennen deze sleutel niet.")

    async def _find_tokens(
        self, shown: Sequence[tuple[str, datetime]]
    ) -> Sequence[tuple[Token | None, float]]:
        at, now = time.monotonic(), max(now for _, now in shown)
        found = await look_up(direct(self._pool), {token for token, _ in shown}, now)
        if found.newest is not None:
            self._registers.see(found.newest, at)
        if found.unnoted:
            async with transaction(self._pool) as connection:
                await note_use(connection, found.unnoted, now)
        for token, _ in shown:
            self._remember(hashed(token), found.tokens.get(token), now)
        return [(found.tokens.get(token), at) for token, _ in shown]

    def _remember(self, token_hash: bytes, token: Token | None, now: datetime) -> None:
        self._remembered.pop(token_hash, None)
        if token is not None:
            is_noted_now = is_to_be_noted(token.used_at, now)
            self._remembered[token_hash] = token._replace(used_at=now) if is_noted_now else token
        if len(self._remembered) > _MOST_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]

    def presumed(self, token: str, now: datetime) -> Presumed | None:
        """Whose API token this was a moment ago, when that is known and its use need not be noted."""
        token_hash = hashed(token)
        found = self._remembered.get(token_hash)
        if found is None or is_to_be_noted(found.used_at, now):
            return None
        if found.expires_at is not None and found.expires_at <= now:
            return None
        return Presumed(found.party, found.scopes & possible_scopes(found.party), token_hash)

    async def _newest_for(self, asked: Sequence[None]) -> Sequence[Register]:
        return [await self._registers.newest()] * len(asked)

    async def _find_clients(self, client_ids: Sequence[str]) -> Sequence[Client | None]:
        async with transaction(self._pool) as connection:
            found = await find_clients(connection, set(client_ids))
        return [found.get(client_id) for client_id in client_ids]

    async def _by_token(self, token: str, now: datetime) -> Program:
        found, since = await self._tokens.do((token, now))
        if found is None:
            raise TokenRefused("Wij kennen deze sleutel niet, of zij is ingetrokken.")
        if found.expires_at is not None and found.expires_at <= now:
            raise TokenRefused("Deze sleutel is verlopen: vraag de beheerder van de hub om een nieuwe.")
        return Program(found.party, found.scopes & possible_scopes(found.party), since)

    async def _by_own(self, issuer: Issuer, token: str, now: datetime) -> Program:
        grant = issuer.read(token, now)
        client = await self._clients.do(grant.client_id)
        if client is None or client.has_ended(now):
            raise TokenRefused("Dit toegangsbewijs is van een programma dat is ingetrokken.")
        if not (client.signs if grant.secret is None else grant.secret in client.secrets):
            raise TokenRefused("Dit toegangsbewijs is van een geheim dat is ingetrokken.")
        return Program(client.party, grant.scopes & client.scopes & possible_scopes(client.party))

    async def _by_foreign(self, issuer: ForeignIssuer, token: str, now: datetime) -> Program:
        said = await issuer.read(token, now)
        register = await self._registers.newest()
        party = party_with(said.number, register)
        if party is None:
            raise TokenRefused("Dit toegangsbewijs is van een partij die niet in het register staat.")
        return Program(party, said.scopes & possible_scopes(party))
