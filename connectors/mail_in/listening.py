"""Takes mail from a mail server (SMTP): only for addresses that the hub gave out, and kept before it says
250."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP, Envelope, Session

from hub import logs
from hub.errors import Unavailable

SIZE_LIMIT = 10 * 1024 * 1024  # bytes
_MOST_RECIPIENTS = 20
_log = logging.getLogger(__name__)
_IDLE_SECONDS = 60
Keep = Callable[[str, Sequence[str], bytes], Awaitable[None]]
"""Keeps a mail: the sender of its envelope ('' for a bounce), the hub's addresses in it, and its bytes.
Raises Unavailable when it can't now."""
Knows = Callable[[str], Awaitable[bool]]
"""Whether the hub gave out this address. Raises Unavailable when it can't say now, TooMuchMail."""


class TooMuchMail(Exception):
    """So much came to this address that it takes no more for now."""


class _Handler:
    """Answers aiosmtpd."""

    def __init__(self, keep: Keep, knows: Knows):
        self._keep = keep
        self._knows = knows

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        try:
            if not await self._knows(address):
                return "550 5.1.1 No such address here: reply to a mail of the hub"
        except TooMuchMail:
            return "452 4.2.1 Too much mail for this address, try again later"
        except Unavailable:
            return "451 4.3.0 Can't look it up now, try again"
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        raw = content.encode() if isinstance(content, str) else content or b""
        # aiosmtpd gives the sender of a bounce as it came.
        sender = (envelope.mail_from or "").removeprefix("<>")
        try:
            await self._keep(sender, list(dict.fromkeys(envelope.rcpt_tos)), raw)
        except Exception as error:
            # Not a 500: the mail server would give up a mail that is no worse than others.
            _log.warning(logs.line("a mail was not kept", error=type(error).__name__))
            return "451 4.3.0 Can't keep it now, try again"
        return "250 2.0.0 Kept"


@asynccontextmanager
async def listening(host: str, port: int, name: str, keep: Keep, knows: Knows) -> AsyncIterator[int]:
    """Takes mail in the block, greeting as `name`; yields the port. What is too large is refused (552).
    Raises OSError when the port is taken."""
    loop = asyncio.get_running_loop()
    handler = _Handler(keep, knows)

    def connection() -> SMTP:
        return SMTP(
            handler,
            hostname=name,
            ident="Kernhub",
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            timeout=_IDLE_SECONDS,
            loop=loop,
        )

    server = await loop.create_server(connection, host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
