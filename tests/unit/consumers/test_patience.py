"""How an answer goes out."""

import asyncio
from typing import Any, cast

from consumers.ways_in.patience import joining


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
