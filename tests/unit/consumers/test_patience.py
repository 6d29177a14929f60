"""How an answer goes out, and what the server does for who does not take it."""

import asyncio
from typing import Any, cast

import pytest
import uvicorn
from uvicorn.server import ServerState

from consumers.ways_in import patience
from consumers.ways_in.patience import PatientProtocol, joining


class _Sent:
    """A transport that keeps what it was given."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        assert not self.is_closed
        self.parts.append(data)

    def close(self) -> None:
        self.is_closed = True


async def test_a_head_goes_with_what_follows_at_once_and_alone_when_nothing_does() -> None:
    sent = _Sent()
    transport = joining(cast(Any, sent), asyncio.get_running_loop())
    for data in (b"head\r\n\r\n", b"body", b"", b"more\r\n\r\n"):
        transport.write(data)
    assert sent.parts == [b"head\r\n\r\nbody"]
    await asyncio.sleep(0)
    assert sent.parts[1:] == [b"more\r\n\r\n"]
    transport.write(b"head\r\n\r\n")
    transport.close()
    assert sent.parts[2:] == [b"head\r\n\r\n"]
    assert sent.is_closed
    await asyncio.sleep(0)
    assert len(sent.parts) == 3


class _Untaken(asyncio.Transport):
    """A transport of whose buffer a client takes so many bytes at each look."""

    def __init__(self, buffered: int, taken: int) -> None:
        super().__init__()
        self._buffered, self._taken = buffered, taken
        self.ended = asyncio.Queue[str]()

    def get_write_buffer_size(self) -> int:
        self._buffered = max(0, self._buffered - self._taken)
        return self._buffered

    def close(self) -> None:
        self.ended.put_nowait("closed")

    def abort(self) -> None:
        self.ended.put_nowait("aborted")


@pytest.mark.parametrize(
    ("buffered", "taken", "ends"),
    [(1000, 0, ["closed", "aborted"]), (4, 1, ["closed"]), (0, 0, ["closed"])],
)
async def test_a_connection_ends_of_who_takes_nothing_of_its_answer(
    monkeypatch: pytest.MonkeyPatch, buffered: int, taken: int, ends: list[str]
) -> None:
    monkeypatch.setattr(patience, "SECONDS", 0.01)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError

    config = uvicorn.Config(app, log_config=None)
    protocol = PatientProtocol(config=config, server_state=ServerState(), app_state={})
    transport = _Untaken(buffered, taken)
    protocol.connection_made(transport)
    async with asyncio.timeout(30):
        assert [await transport.ended.get() for _ in ends] == ends
    await asyncio.sleep(0.1)
    assert transport.ended.empty()
    protocol.connection_lost(None)
