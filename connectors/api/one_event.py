"""A short way for what comes most: one event over `POST /v1/events`, of a program that called a moment ago.

What can't be taken in this way goes on as if it had not been tried."""

import asyncio
import logging
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.api import body
from connectors.api.failing import VERSION_HEADER
from connectors.api.gate import Visit
from connectors.api.receipts import kept_messages
from connectors.api.refused import ApiRefused
from hub import logs
from hub.intake.accepting import Intake
from hub.intake.judging import Answer
from hub.intake.one_event import accept_one
from schemas import formats
from schemas.problems import Refused
from schemas.strict_json import Read

_log = logging.getLogger(__name__)

_PATHS = ("/v1/events", "/events")
_SOON_SECONDS = 1.0
"""No longer is a body waited for here, where no turn of the party is held; a slow one goes the usual way."""


def with_short_way(app: ASGIApp, intake: Intake) -> ASGIApp:
    """The app with it, outside of its layers and before its routing; inside the gate."""
    return _ShortWay(app, intake)


class _ShortWay:
    def __init__(self, app: ASGIApp, intake: Intake):
        self._app = app
        self._intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in _PATHS:
            await self._app(scope, receive, send)
            return
        read = _Reading(receive)
        try:
            answer = await self._answer(scope, read)
        except Exception as error:
            # The usual way meets the same, and has words for it.
            _log.warning(logs.line("short way failed", error=type(error).__name__))
            answer = None
        if answer is None or not answer.accepted:
            scope["state"]["answered"] = answer
            await self._app(scope, read.again, send)
            return
        for message in kept_messages(answer, VERSION_HEADER):
            await send(message)

    async def _answer(self, scope: Scope, read: "_Reading") -> Answer | None:
        """None: nothing is known yet."""
        given = dict(scope["headers"])
        if (
            scope["method"] != "POST"
            or scope["query_string"]
            or len(given) != len(scope["headers"])
            or b"content-encoding" in given
            or not _may_fit(given.get(b"content-length", b"0"))
        ):
            return None
        visit: Visit = scope["state"]["visit"]
        presumed = visit.presumed(given.get(b"authorization", b"").decode("latin-1"))
        content = await read.whole() if presumed else None
        if presumed is None or content is None:
            return None
        try:
            visit.come(presumed.party)
            event = _event(scope, given, content)
        except (Refused, ApiRefused):
            return None
        answer = await accept_one(self._intake, presumed, event) if event else None
        if answer:
            visit.read(len(content))
        return answer


class _Reading:
    """The body, read once, and again by whoever goes the usual way; in the time that it has together."""

    def __init__(self, receive: Receive):
        self._receive = receive
        self._first: Message | None = None
        self._until: float | None = None

    async def whole(self) -> bytes | None:
        """The body, when it comes soon, in one part, and is not too large."""
        self._until = asyncio.get_running_loop().time() + body.SECONDS
        try:
            async with asyncio.timeout(_SOON_SECONDS):
                self._first = await self._receive()
        except TimeoutError:
            return None
        content: bytes = self._first.get("body", b"")
        is_whole = self._first["type"] == "http.request" and not self._first.get("more_body")
        return content if is_whole and len(content) <= formats.MAX_EVENT_BYTES else None

    async def again(self) -> Message:
        """As `receive` of ASGI. Raises TimeoutError when the time is over."""
        first, self._first = self._first, None
        if first is not None:
            return first
        async with asyncio.timeout_at(self._until):
            return await self._receive()


def _may_fit(length: bytes) -> bool:
    """Whether a body of this length may be small enough: who waits for leave to send more gets none."""
    return length.isdigit() and int(length) <= formats.MAX_EVENT_BYTES


def _event(scope: Scope, given: Mapping[bytes, bytes], content: bytes) -> Read | None:
    kind = formats.media_type(given.get(b"content-type", b"").decode("latin-1"))
    if kind == formats.STRUCTURED:
        return formats.structured(content)
    if kind == formats.BINARY and b"ce-specversion" in given:
        return Read(formats.binary_http(Headers(scope=scope).items(), content))
    return None
