"""Every call passes here: it can be asked once who makes it."""

from datetime import UTC, datetime
from http import HTTPStatus

from fastapi import FastAPI, Request
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from connectors.api.refused import ApiRefused
from hub.identity import Identities, Program
from hub.signing import TokenRefused

_HOW = (
    "Stuur uw API-sleutel of toegangsbewijs mee: 'Authorization: Bearer <sleutel>'. De beheerder van de hub "
    "maakt een sleutel met 'kernhub token <partij>'."
)


class Visit:
    """One call of the API."""

    def __init__(self, identities: Identities):
        self._identities = identities

    async def program(self, request: Request) -> Program:
        """Who calls. Raises ApiRefused or Unavailable."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _unknown("Wij kennen deze sleutel niet", _HOW)
        try:
            return await self._identities.program_of(token.strip(), datetime.now(UTC))
        except TokenRefused as refused:
            raise _unknown("Wij kennen deze sleutel niet", f"{refused} {_HOW}") from None


class _Gate:
    def __init__(self, app: ASGIApp, identities: Identities):
        self._app = app
        self._identities = identities

    async def __call__(self, connection: Connection, receive: Receive, send: Send) -> None:
        if connection["type"] == "http":
            connection.setdefault("state", {})["visit"] = Visit(self._identities)
        await self._app(connection, receive, send)


def add_gate(app: FastAPI, identities: Identities) -> None:
    """Makes every call a visit, of which `visit_of` tells."""
    app.add_middleware(_Gate, identities=identities)


def visit_of(request: Request) -> Visit:
    """The visit that this request is."""
    found = request.state.visit
    assert isinstance(found, Visit)  # noqa: S101 - the gate put it there
    return found


def _unknown(title: str, detail: str) -> ApiRefused:
    return ApiRefused(HTTPStatus.UNAUTHORIZED, "token", title, detail, {"WWW-Authenticate": "Bearer"})
