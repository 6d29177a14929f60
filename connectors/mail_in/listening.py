"""Takes mail from a mail server (SMTP): for the addresses of the hub only, and kept before it says 250."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP, Envelope, Session

from hub.errors import Unavailable

SIZE_LIMIT = 10 * 1024 * 1024  # bytes
_MOST_RECIPIENTS = 20
_IDLE_SECONDS = 60
Keep = Callable[[str, Sequence[str], bytes], Awaitable[None]]
"""Keeps a mail: the sender of its envelope ('' for a bounce), the hub's addresses in it, and its bytes. Raises
Unavailable when it can't now."""


class _Handler:
    """Answers aiosmtpd."""

    def __init__(self, base: str, keep: Keep):
        self._local, _, self._domain = base.partition("@")
        self._keep = keep

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        local, _, domain = address.lower().rpartition("@")
        if domain != self._domain or local.partition("+")[0] != self._local:
            return "550 5.1.1 No such address here"
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        raw = content.encode() if isinstance(content, str) else content or b""
        try:
            await self._keep(envelope.mail_from or "", list(dict.fromkeys(envelope.rcpt_tos)), raw)
        except Unavailable:
            return "451 4.3.0 Can't keep it now, try again"
        return "250 2.0.0 Kept"


@asynccontextmanager
async def listening(host: str, port: int, base: str, keep: Keep) -> AsyncIterator[int]:
    """Takes mail to `base` (local@domain) and its tagged forms (local+tag@domain) in the block; yields the
    port. What is too large is refused (552). Raises OSError when the port is taken."""
    loop = asyncio.get_running_loop()
    handler = _Handler(base.lower(), keep)

    def connection() -> SMTP:
        return SMTP(
            handler,
            hostname=base.partition("@")[2],
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
