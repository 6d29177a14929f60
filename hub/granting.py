"""Which client asks for an access token, and what does it get?"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.errors import HubError
from hub.foreign_issuer import unverified
from hub.rules.scopes import Scope, possible_scopes
from hub.signing import ALGORITHMS, Issuer, TokenRefused, read_claims
from hub.store.clients import Client, claim_assertion, find_client, find_secret, note_use
from hub.store.database import transaction
from hub.store.registers import Registers

_LONGEST_ASSERTION = timedelta(minutes=10)


class ClientUnknown(HubError):
    """The client does not exist, has ended, or did not show that it is itself."""

    def __init__(self) -> None:
        super().__init__("Wij kennen dit programma niet, of het geheim klopt niet.")


class ScopeRefused(HubError):
    """The client asks for more than it may."""


class Granted(NamedTuple):
    """A token for a program of a party."""

    party: str
    token: str
    scopes: frozenset[Scope]


class Granting:
    """Gives access tokens to clients."""

    def __init__(self, issuer: Issuer, pool: AsyncEngine, registers: Registers):
        self._issuer = issuer
        self._pool = pool
        self._registers = registers

    async def by_secret(
        self, client_id: str, secret: str, wanted: Collection[str] | None, now: datetime
    ) -> Granted:
        """An access token for who shows a secret; `wanted` None: with all its scopes. Raises ClientUnknown,
        ScopeRefused or Unavailable."""
        parties = (await self._registers.newest()).parties
        async with transaction(self._pool) as connection:
            client = await find_client(connection, client_id)
            number = await find_secret(connection, client_id, secret, now) if client else None
            if client is None or number is None:
                raise ClientUnknown
            return await self._granted(connection, client, parties, wanted, now, number)

    async def by_assertion(
        self, assertion: str, audiences: list[str], wanted: Collection[str] | None, now: datetime
    ) -> Granted:
        """An access token for who signed for one of these audiences with its own key (RFC 7523), each time
        anew. Raises ClientUnknown, ScopeRefused or Unavailable."""
        try:
            client_id = str(unverified(assertion, 1).get("sub"))
        except TokenRefused:
            raise ClientUnknown from None
        parties = (await self._registers.newest()).parties
        async with transaction(self._pool) as connection:
            client = await find_client(connection, client_id)
            if client is None or client.public_keys is None:
                raise ClientUnknown
            try:
                keys = KeySet.import_key_set({"keys": client.public_keys["keys"]})
                claims = read_claims(assertion, keys, now, ALGORITHMS, iss=client_id, aud=audiences)
                until = datetime.fromtimestamp(claims["exp"], UTC)
            except (TokenRefused, JoseError, ValueError, OverflowError, OSError):
                raise ClientUnknown from None
            once = claims.get("jti")
            if not isinstance(once, str) or "\0" in once or until > now + _LONGEST_ASSERTION:
                raise ClientUnknown
            if not await claim_assertion(
                connection, client_id, once[:200], until + timedelta(minutes=1), now
            ):
                raise ClientUnknown
            return await self._granted(connection, client, parties, wanted, now)

    async def _granted(
        self,
        connection: AsyncConnection,
        client: Client,
        parties: Collection[str],
        wanted: Collection[str] | None,
        now: datetime,
        secret: int | None = None,
    ) -> Granted:
        if client.has_ended(now) or client.party not in parties:
            raise ClientUnknown
        allowed = client.scopes & possible_scopes(client.party)
        if wanted is not None and not set(wanted) <= allowed:
            raise ScopeRefused("Dit programma mag niet alles wat het vraagt.")
        scopes = allowed if wanted is None else frozenset(map(Scope, wanted))
        await note_use(connection, client.client_id, now)
        token = self._issuer.issue(client.client_id, scopes, now, secret)
        return Granted(client.party, token, scopes)
