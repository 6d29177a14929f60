"""A connection over which a request leaves in one go."""

import select
import ssl
from contextlib import suppress
from typing import Any

import httpcore


class JoiningBackend(httpcore.AnyIOBackend):
    """Connects as httpcore does, and sends requests in one go."""

    async def connect_tcp(self, *where: Any, **how: Any) -> httpcore.AsyncNetworkStream:
        return Joined(await super().connect_tcp(*where, **how))


class Joined(httpcore.AsyncNetworkStream):
    """Sends what was written when an answer is read for: httpcore writes the head and the body of a request
    apart, which are two system calls and two packets, the dearest part of a small request."""

    def __init__(self, plain: httpcore.AsyncNetworkStream):
        self._plain = plain
        self._unsent = bytearray()
        self._socket = plain.get_extra_info("socket")

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - see write
        if self._unsent:
            # Who closed before it had read all may have answered: so httpcore does it too.
            with suppress(httpcore.WriteError):
                await self._send(timeout)
        return await self._plain.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109, ARG002 - the form that httpcore asks
        self._unsent += buffer

    async def _send(self, timeout: float | None) -> None:  # noqa: ASYNC109
        unsent, self._unsent = bytes(self._unsent), bytearray()
        await self._plain.write(unsent, timeout)

    async def aclose(self) -> None:
        await self._plain.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        return Joined(await self._plain.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        # Asked for each connection of a pool at each request; anyio asks the kernel for all there is to know.
        if info == "is_readable":
            return _is_readable(self._socket)
        return self._plain.get_extra_info(info)


def _is_readable(socket: Any) -> bool:
    """Whether there is something to read, or the connection has ended."""
    if (number := socket.fileno()) < 0:
        return True
    waiting = select.poll()
    waiting.register(number, select.POLLIN)
    return bool(waiting.poll(0))
