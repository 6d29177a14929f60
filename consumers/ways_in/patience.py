"""How long the web server waits for a request that does not come, for a body that nobody wants, or for who
does not take its answer."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.h11_impl import H11Protocol

from consumers.ways_in.unambiguous import UnambiguousConnection

SECONDS = 15.0
_END_OF_HEAD = b"\r\n\r\n"


class PatientProtocol(H11Protocol):
    """Ends a connection on which no whole request begins in time, or nothing of an answer is taken. uvicorn
    itself only ends the wait for a next one: headers that never end, and the rest of a refused body, it reads
    for ever, and for ever it keeps what nobody takes."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.conn = UnambiguousConnection()
        self._until: float | None = None
        # One for the whole connection: making and cancelling one for each request takes longer.
        self._look: asyncio.TimerHandle | None = None
        self._untaken, self._untaken_since = 0, 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(joining(transport, self.loop))
        self._until = self.loop.time() + SECONDS
        self._look = self.loop.call_at(self._until, self._look_again)

    def data_received(self, data: bytes) -> None:
        if self._until is None and not self._is_answering():
            self._until = self.loop.time() + SECONDS
        super().data_received(data)
        if self._is_answering():
            self._until = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _look_again(self) -> None:
        now = self.loop.time()
        untaken = self.transport.get_write_buffer_size()
        if untaken != self._untaken:
            self._untaken, self._untaken_since = untaken, now
        if untaken and now - self._untaken_since >= SECONDS:
            self.transport.abort()
            return
        if self._until is not None and self._until <= now:
            self._until = None
            self.transport.close()
        self._look = self.loop.call_at(self._until or now + SECONDS, self._look_again)


def joining(transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> asyncio.Transport:
    """The transport, but the head of an answer is sent with what follows at once: uvicorn writes them apart,
    and each time the system is called costs as much as a third of reading a request."""
    return cast(asyncio.Transport, _Joining(transport, loop))


class _Joining:
    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop):
        self._transport = transport
        self._loop = loop
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """As of asyncio."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head + data)
        elif data.endswith(_END_OF_HEAD):
            self._head = data
            self._loop.call_soon(self._send)
        elif data:
            self._transport.write(data)

    def close(self) -> None:
        """As of asyncio: what was written is sent."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)
