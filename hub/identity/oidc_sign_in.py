"""People sign in at the OIDC issuer that the installation trusts: by a code, with PKCE, state and nonce."""

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import httpx
from authlib.oauth2 import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from hub.errors import NotConfigured
from hub.identity.foreign_issuer import ForeignIssuer, IssuerUnavailable
from hub.identity.signing import TokenRefused
from hub.settings import Settings
from hub.store.access.sessions import new_word

_SECONDS = 5.0
_METHOD = "S256"


class Begun(NamedTuple):
    """Where the browser goes to sign in, and the word that it keeps till it is back."""

    url: str
    kept: str


class OidcSignIn:
    """The hub as a client of the issuer; the issuer sends browsers back to `back`."""

    def __init__(self, issuer: ForeignIssuer, client_id: str, secret: str | None, back: str):
        self._issuer = issuer
        self._client_id = client_id
        self._secret = secret
        self._back = back

    async def begin(self, now: datetime) -> Begun:
        """Begins to sign in. Raises IssuerUnavailable."""
        state, nonce, verifier = new_word(), new_word(), new_word()
        url = prepare_grant_uri(
            await self._issuer.endpoint("authorization_endpoint", now),
            client_id=self._client_id,
            response_type="code",
            redirect_uri=self._back,
            scope="openid",
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method=_METHOD,
        )
        return Begun(url, f"{state}.{nonce}.{verifier}")

    async def finish(self, kept: str, told: Mapping[str, str], now: datetime) -> str:
        """The number of the party for which somebody signed in, by what the browser kept and brings back.
        Raises TokenRefused or IssuerUnavailable."""
        state, nonce, verifier = (kept.split(".") + [""] * 3)[:3]
        is_answer = hmac.compare_digest(told.get("state", "").encode(), state.encode())
        if not (state and nonce and verifier and is_answer):
            raise TokenRefused("Dit antwoord hoort niet bij deze keer inloggen.")
        if "code" not in told or told.get("iss", self._issuer.url) != self._issuer.url:
            raise TokenRefused("De uitgever liet u niet binnen.")
        given = await self._exchange(told["code"], verifier, now)
        token, access_token = given.get("id_token"), given.get("access_token")
        if not isinstance(token, str) or not isinstance(access_token, str):
            raise TokenRefused("De uitgever zegt niet wie u bent.")
        return await self._issuer.read_sign_in(token, access_token, self._client_id, nonce, now)

    async def _exchange(self, code: str, verifier: str, now: datetime) -> Mapping[str, object]:
        body = prepare_token_request(
            "authorization_code", redirect_uri=self._back, code=code, code_verifier=verifier
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        auth = ClientAuth(self._client_id, self._secret, "client_secret_basic" if self._secret else "none")
        url, headers, body = auth.prepare(
            "POST", await self._issuer.endpoint("token_endpoint", now), headers, body
        )
        try:
            async with httpx.AsyncClient(timeout=_SECONDS) as client:
                response = await client.post(url, content=body, headers=headers)
            if response.is_client_error:
                raise TokenRefused("De uitgever liet u niet binnen.")
            given = response.raise_for_status().json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise IssuerUnavailable("De uitgever geeft geen antwoord.") from error
        if not isinstance(given, dict):
            raise IssuerUnavailable("De uitgever geeft geen leesbaar antwoord.")
        return given


def oidc_of(settings: Settings, back: str) -> OidcSignIn | None:
    """How people sign in at the issuer; None: they don't. `back`: the page where they come back. Raises
    NotConfigured."""
    client_id, url = settings.oidc_client_id, settings.oidc_issuer
    if client_id is None:
        return None
    if url is None:
        raise NotConfigured("Zet ook KERNHUB_OIDC_ISSUER: KERNHUB_OIDC_CLIENT_ID hoort bij een uitgever.")
    secret = settings.oidc_client_secret
    issuer = ForeignIssuer(url, client_id, settings.oidc_claim)
    address = f"{settings.public_url.rstrip('/')}{back}"
    return OidcSignIn(issuer, client_id, secret.get_secret_value() if secret else None, address)
