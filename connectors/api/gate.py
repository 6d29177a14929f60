"""Every call passes here: who makes it is found once, and held to what that party may send."""

import time
from datetime import UTC, datetime
from http import HTTPStatus

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Connection

from connectors.api.limits import BYTES, EVENTS, Limits
from connectors.api.refused import ApiRefused
from hub.identity.programs import Identities, Presumed, Program
from hub.identity.signing import TokenRefused

_HOW = (
    "Stuur uw API-sleutel of toegangsbewijs mee: 'Authorization: Bearer <sleutel>'. De beheerder van de hub "
    "maakt een sleutel met 'kernhub token <partij>'."
)

_ALWAYS = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
"""On every answer that says nothing else of it: what is told is for who asked, and for now."""
_FRESH_SECONDS = 1.0
"""So long what was looked up of a key holds."""


class Visit:
    """One call of the API."""

    def __init__(self, identities: Identities, limits: Limits):
        self._identities = identities
        self._limits = limits
        self._party: str | None = None
        self._is_here = False
        self._has_turn = False
        self._refused: ApiRefused | None = None
        self._token = ""
        self._shown: Program | None = None
        self._looked_up = 0.0

    def presumed(self, authorization: str) -> Presumed | None:
        """Who calls, as was known a moment ago: see there what that is worth."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        return self._identities.presumed(token.strip(), datetime.now(UTC))

    async def program(self, request: Request) -> Program:
        """Who calls, when it is the turn of that party. Ask it once. Raises ApiRefused or Unavailable."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _unknown("Wij kennen deze sleutel niet", _HOW)
        self._token = token.strip()
        program = await self._look_up()
        await self.of(program.party)
        return await self.confirmed() or program

    async def confirmed(self) -> Program | None:
        """Who calls, looked up again when that is a while ago: ask it after all that may take long, so that
        what is revoked meanwhile does nothing more. None: nobody showed a key. Raises ApiRefused or
        Unavailable."""
        before = self._shown
        if before is None or time.monotonic() - self._looked_up < _FRESH_SECONDS:
            return before
        program = await self._look_up()
        if (program.party, program.scopes) != (before.party, before.scopes):
            raise _unknown("Uw sleutel is veranderd", "Er is niets gedaan. Probeer het opnieuw.")
        return program

    async def _look_up(self) -> Program:
        self._looked_up = time.monotonic()
        try:
            self._shown = await self._identities.program_of(self._token, datetime.now(UTC))
        except TokenRefused as refused:
            self.end()
            self._party = None
            raise _unknown("Wij kennen deze sleutel niet", f"{refused} {_HOW}") from None
        return self._shown

    async def of(self, party: str) -> None:
        """The call turns out to be of this party: waits for its turn. Raises ApiRefused."""
        if self._party == party and self._refused is not None:
            raise self._refused  # it waited already
        if self._has_turn and self._party == party:
            return
        try:
            self.come(party)
            await self._limits.turn(party)
        except ApiRefused as refused:
            self._refused = refused
            self.end()
            raise
        except BaseException:
            self.end()
            raise
        self._has_turn = True

    def come(self, party: str) -> None:
        """The call turns out to be of this party, and counts as one that is here. For what holds nothing that
        others wait for this is enough. Raises ApiRefused."""
        if self._is_here and self._party == party:
            return
        self.end()
        self._party, self._refused = party, None
        self._limits.come(party, time.monotonic())
        self._is_here = True
        self._take(EVENTS, 1)

    def brought(self, events: int) -> None:
        """The call brings so many events; a call without any counts as one."""
        self._take(EVENTS, max(0, events - 1))

    def read(self, size: int) -> None:
        """So many bytes of the body were read."""
        self._take(BYTES, size)

    def _take(self, what: str, cost: int) -> None:
        if self._is_here and self._party is not None:
            self._limits.take(self._party, what, cost, time.monotonic())

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What is told of the limits, to whom is known."""
        return self._limits.told(self._party, time.monotonic()) if self._party else []

    def end(self) -> None:
        """Goes, and gives its turn to the next."""
        if self._is_here and self._party is not None:
            self._limits.leave(self._party, had_turn=self._has_turn)
            self._is_here = self._has_turn = False


class _Gate:
    def __init__(self, app: ASGIApp, identities: Identities, limits: Limits):
        self._app = app
        self._identities = identities
        self._limits = limits

    async def __call__(self, connection: Connection, receive: Receive, send: Send) -> None:
        if connection["type"] != "http":
            await self._app(connection, receive, send)
            return
        visit = Visit(self._identities, self._limits)
        connection.setdefault("state", {})["visit"] = visit

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                said = {name.lower() for name, _ in headers}
                headers += [one for one in _ALWAYS if one[0] not in said]
                message["headers"] = [*headers, *visit.headers()]
            await send(message)

        try:
            await self._app(connection, receive, telling)
        finally:
            visit.end()


def gated(app: ASGIApp, identities: Identities, limits: Limits) -> ASGIApp:
    """The app behind a gate, which makes every call a visit, of which `visit_of` tells."""
    return _Gate(app, identities, limits)


def visit_of(request: Request) -> Visit:
    """The visit that this request is."""
    found = request.state.visit
    assert isinstance(found, Visit)  # noqa: S101 - the gate put it there
    return found


def _unknown(title: str, detail: str) -> ApiRefused:
    return ApiRefused(HTTPStatus.UNAUTHORIZED, "token", title, detail, {"WWW-Authenticate": "Bearer"})
