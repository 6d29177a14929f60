"""OAuth 2.0: a program exchanges its secret, or what it signs, for an access token (RFC 6749, 4.4)."""

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote_plus

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from connectors.api.body import limited_body
from connectors.api.gate import visit_of
from hub.identity.granting import Granting, ScopeRefused, Shown
from hub.identity.signing import ALGORITHMS, LIFETIME, Issuer
from hub.identity.tries import ClientUnknown, TooManyTries
from hub.rules.scopes import Scope, in_order
from hub.rules.signing_in import place_of

TOKEN_PATH = "/oauth/token"  # noqa: S105 - an address
_KEYS_PATH = "/oauth/keys"
_FORM = "application/x-www-form-urlencoded"
_MOST_BYTES = 16 * 1024
_GRANT = "client_credentials"
_SIGNED = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_NOT_KEPT = {"Cache-Control": "no-store"}


class _Refused(Exception):
    def __init__(self, error: str, detail: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST):
        self.error, self.detail, self.status = error, detail, status
        super().__init__(error)


class _Asked(NamedTuple):
    """What a program shows of itself: a secret, or what it signed."""

    client_id: str = ""
    secret: str = ""
    assertion: str = ""


def add_oauth(app: FastAPI, issuer: Issuer, granting: Granting) -> None:
    """Adds the token endpoint, the keys of the hub and what tells of both."""
    token_url = f"{issuer.url}{TOKEN_PATH}"

    async def post_token(request: Request) -> Response:
        try:
            form = await _form(request)
            now = datetime.now(UTC)
            shown = await _shown(request, form, granting, [issuer.url, token_url], now)
            # Who asks is known, and held to its limits before anything is done for it.
            await visit_of(request).of(shown.party)
            wanted = form["scope"].split() if form.get("scope", "").strip() else None
            granted = await granting.grant(shown, wanted, now)
        except _Refused as refused:
            return _refusal(refused)
        except ScopeRefused as refused:
            return _refusal(_Refused("invalid_scope", str(refused)))
        except ClientUnknown as unknown:
            return _refusal(_Refused("invalid_client", str(unknown), HTTPStatus.UNAUTHORIZED))
        except TooManyTries as error:
            too_many = _Refused("temporarily_unavailable", str(error), HTTPStatus.TOO_MANY_REQUESTS)
            return _refusal(too_many, {"Retry-After": str(error.wait)})
        told = {
            "access_token": granted.token,
            "token_type": "Bearer",
            "expires_in": int(LIFETIME.total_seconds()),
            "scope": " ".join(in_order(granted.scopes)),
        }
        return JSONResponse(told, headers=_NOT_KEPT)

    async def get_keys() -> Any:
        return issuer.public_keys()

    async def get_about() -> Any:
        return {
            "issuer": issuer.url,
            "token_endpoint": token_url,
            "jwks_uri": f"{issuer.url}{_KEYS_PATH}",
            "scopes_supported": list(Scope),
            "response_types_supported": [],
            "grant_types_supported": [_GRANT],
            "token_endpoint_auth_methods_supported": [
                "client_secret_basic",
                "client_secret_post",
                "private_key_jwt",
            ],
            "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        }

    app.add_api_route(TOKEN_PATH, post_token, methods=["POST"], include_in_schema=False, response_model=None)
    app.add_api_route(_KEYS_PATH, get_keys, methods=["GET"], include_in_schema=False)
    about = "/.well-known/oauth-authorization-server"
    app.add_api_route(about, get_about, methods=["GET"], include_in_schema=False)


async def _shown(
    request: Request, form: Mapping[str, str], granting: Granting, audiences: list[str], now: datetime
) -> Shown:
    if form.get("grant_type") != _GRANT:
        error = "unsupported_grant_type" if form.get("grant_type") else "invalid_request"
        raise _Refused(error, f"Vraag met 'grant_type={_GRANT}'.")
    asked, place = _asked(request, form), place_of(request.client.host if request.client else None)
    if asked.assertion:
        shown = await granting.by_assertion(asked.assertion, audiences, place, now)
    else:
        shown = await granting.by_secret(asked.client_id, asked.secret, place, now)
    if form.get("client_id", shown.client.client_id) != shown.client.client_id:
        raise _Refused("invalid_request", "'client_id' noemt een ander programma dan wie dit vraagt.")
    return shown


async def _form(request: Request) -> Mapping[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise _Refused("invalid_request", f"Stuur een formulier, als '{_FORM}'.")
    try:
        body = (await limited_body(request, _MOST_BYTES, "Zo groot is geen vraag om een bewijs.")).decode()
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError:
        raise _Refused("invalid_request", "Het formulier is niet te lezen.") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise _Refused("invalid_request", "Iets staat er twee keer in.")
    return form


def _asked(request: Request, form: Mapping[str, str]) -> _Asked:
    ways = []
    if "authorization" in request.headers:
        ways.append(_Asked(*_basic(request.headers["authorization"])))
    if "client_secret" in form:
        ways.append(_Asked(form.get("client_id", ""), form["client_secret"]))
    if "client_assertion" in form:
        if form.get("client_assertion_type") != _SIGNED:
            raise _Refused("invalid_request", f"Vraag met 'client_assertion_type={_SIGNED}'.")
        ways.append(_Asked(assertion=form["client_assertion"]))
    if len(ways) > 1:
        raise _Refused("invalid_request", "Laat maar op een manier zien welk programma u bent.")
    if not ways:
        raise ClientUnknown
    return ways[0]


def _basic(header: str) -> tuple[str, str]:
    scheme, _, value = header.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise ClientUnknown
        client_id, colon, secret = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise ClientUnknown from None
    if not colon:
        raise ClientUnknown
    return unquote_plus(client_id), unquote_plus(secret)


def _refusal(refused: _Refused, more: Mapping[str, str] | None = None) -> Response:
    """As RFC 6749 has errors, 5.2: its clients know no other."""
    headers = {**_NOT_KEPT, **(more or {})}
    if refused.status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Basic realm="kernhub"'
    content = {"error": refused.error, "error_description": refused.detail}
    return JSONResponse(content, refused.status, headers)
