"""A request leaves in one go, and an answer that came before its end is read."""

import asyncio

import httpcore

from hub.outside.joining import Joined, JoiningBackend


class _Plain(httpcore.AsyncNetworkStream):
    """Remembers what was written; answers."""

    def __init__(self, *, is_broken: bool = False):
        self.written: list[bytes] = []
        self._is_broken = is_broken

    async def write(self, buffer: bytes, *_: object) -> None:
        self.written.append(buffer)
        if self._is_broken:
            raise httpcore.WriteError

    async def read(self, *_: object) -> bytes:
        return b"antwoord"

    def get_extra_info(self, _: str) -> None:
        return None


async def test_what_is_written_apart_leaves_together_when_an_answer_is_read_for() -> None:
    plain = _Plain()
    stream = Joined(plain)
    for part in (b"kop", b"lijf", b""):
        await stream.write(part)
    assert plain.written == []
    assert await stream.read(100) == b"antwoord"
    assert await stream.read(100) == b"antwoord"
    assert plain.written == [b"koplijf"]


async def test_who_closed_before_it_had_read_all_may_have_answered() -> None:
    stream = Joined(_Plain(is_broken=True))
    await stream.write(b"kop")
    assert await stream.read(100) == b"antwoord"


async def test_a_connection_is_used_again_until_the_other_side_closed() -> None:
    made, closed = [], asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made.append(writer)
        for _ in range(2):
            await reader.read(10_000)
            writer.write(b"HTTP/1.1 204 Goed\r\n\r\n")
        writer.close()
        await writer.wait_closed()
        closed.set()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/haak"
    async with server, httpcore.AsyncConnectionPool(network_backend=JoiningBackend()) as pool:
        for _ in range(2):
            assert (await pool.request("POST", url, content=b"lijf")).status == 204
        await closed.wait()
        assert (await pool.request("POST", url, content=b"lijf")).status == 204
        assert len(made) == 2
