"""An OIDC issuer that an installation trusts besides the hub: its keys, fetched when they are needed."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import httpx
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.util import to_bytes, urlsafe_b64decode

from hub import logs
from hub.errors import Unavailable
from hub.identity.signing import ALGORITHMS, LEEWAY_SECONDS, TokenRefused, read_claims, scopes_in
from hub.rules.scopes import Scope
from schemas.problems import Refused
from schemas.strict_json import strict_json

_KEPT = timedelta(minutes=10)
_ASKED_AGAIN = timedelta(seconds=30)
"""A token that names a key nobody knows makes the hub fetch the keys no more often than this."""
_SECONDS = 5.0

_log = logging.getLogger(__name__)


class IssuerUnavailable(Unavailable):
    """The issuer that must tell its keys does not answer."""


class Said(NamedTuple):
    """What a token of the issuer says: the number of a party (OIN, or KvK number), and what it may do."""

    number: str
    scopes: frozenset[Scope]


class ForeignIssuer:
    """Reads the tokens of one issuer, meant for `audience`, in which `claim` is the number of the party."""

    def __init__(self, url: str, audience: str, claim: str):
        self.url = url
        self._audience = audience
        self._claim = claim
        self._keys: KeySet | None = None
        self._about: Mapping[str, Any] = {}
        self._fetched_at: datetime | None = None
        self._fetching = asyncio.Lock()

    async def read(self, token: str, now: datetime) -> Said:
        """What the token says. Raises TokenRefused or IssuerUnavailable."""
        keys = await self._keys_for(_key_id(token), now)
        claims = read_claims(token, keys, now, ALGORITHMS, iss=self.url, aud=self._audience)
        return Said(self._number(claims), scopes_in(claims))

    async def read_sign_in(
        self, token: str, access_token: str, client_id: str, nonce: str, now: datetime
    ) -> str:
        """The number in a token that tells this client who signed in, after it asked with this nonce. Raises
        TokenRefused or IssuerUnavailable."""
        keys = await self._keys_for(_key_id(token), now)
        claims = read_claims(token, keys, now, ALGORITHMS, iss=self.url, aud=client_id)
        asked = {"nonce": nonce, "client_id": client_id, "access_token": access_token}
        try:
            told = CodeIDToken(dict(claims), dict(unverified(token, 0)), params=asked)
            told.validate(now=int(now.timestamp()), leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError):
            raise TokenRefused("Dit bewijs is niet van deze keer inloggen.") from None
        return self._number(claims)

    def _number(self, claims: Mapping[str, Any]) -> str:
        number = claims.get(self._claim)
        if not isinstance(number, str) or not number:
            raise TokenRefused("In dit toegangsbewijs staat niet van welke partij het is.")
        return number

    async def endpoint(self, name: str, now: datetime) -> str:
        """An address of the issuer, as it tells it. Raises IssuerUnavailable."""
        await self._keys_for(None, now)
        found = self._about.get(name)
        if not isinstance(found, str):
            raise IssuerUnavailable(f"De uitgever zegt niet wat zijn '{name}' is.")
        return found

    async def _keys_for(self, key_id: str | None, now: datetime) -> KeySet:
        async with self._fetching:
            known = self._keys is not None and (key_id is None or any(k.kid == key_id for k in self._keys))
            age = now - self._fetched_at if self._fetched_at else None
            if age is None or age > _KEPT or (not known and age > _ASKED_AGAIN):
                self._fetched_at = now
                self._keys = await self._fetch() or self._keys
        if self._keys is None:
            raise IssuerUnavailable("De uitgever van uw toegangsbewijs geeft geen antwoord.")
        return self._keys

    async def _fetch(self) -> KeySet | None:
        about = f"{self.url.rstrip('/')}/.well-known/openid-configuration"
        try:
            async with httpx.AsyncClient(timeout=_SECONDS) as client:
                found = (await client.get(about)).raise_for_status().json()
                if found["issuer"] != self.url:
                    raise ValueError("it calls itself otherwise")
                told = (await client.get(found["jwks_uri"])).raise_for_status().json()
                keys = KeySet.import_key_set(told)
                self._about = found
                return keys
        except (httpx.HTTPError, httpx.InvalidURL, JoseError, ValueError, KeyError, TypeError) as error:
            _log.warning(logs.line("the issuer does not tell its keys", error=type(error).__name__))
            return None


def unverified(token: str, part: int) -> Mapping[str, Any]:
    """What the header (0) or the claims (1) of a token say, not yet to be believed. Raises TokenRefused."""
    try:
        found = strict_json(urlsafe_b64decode(to_bytes(token.split(".")[part])))
    except (ValueError, IndexError, Refused):
        found = None
    if not isinstance(found, dict):
        raise TokenRefused("Dit toegangsbewijs is niet te lezen.")
    return found


def _key_id(token: str) -> str | None:
    key_id = unverified(token, 0).get("kid")
    return key_id if isinstance(key_id, str) else None
