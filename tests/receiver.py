"""A system that takes webhooks, over real HTTP, and fails in every way that a test asks."""

import asyncio
import json
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

Writer = asyncio.StreamWriter


class Received(NamedTuple):
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def name(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


Answer = Callable[["Receiver", Received, Writer], Awaitable[None]]


def status(code: int, headers: str = "", body: str = "") -> Answer:
    """Answers with this status."""

    async def answer(receiver: "Receiver", request: Received, writer: Writer) -> None:
        receiver.take(request, code)
        text = f"HTTP/1.1 {code} Woord\r\nContent-Length: {len(body)}\r\n{headers}\r\n{body}"
        writer.write(text.encode())

    return answer


def raw(text: bytes, code: int = 500) -> Answer:
    """Answers these bytes and closes; `code`: whether it has taken it."""

    async def answer(receiver: "Receiver", request: Received, writer: Writer) -> None:
        receiver.take(request, code)
        writer.write(text)
        await writer.drain()
        writer.close()

    return answer


async def silent(receiver: "Receiver", request: Received, writer: Writer) -> None:
    """Takes it, and answers never: as who answers after the time-out."""
    receiver.take(request, 200)
    await receiver.released.wait()


class Receiver:
    """Answers what stands in `answers`, one after another, and `usual` after that."""

    def __init__(self) -> None:
        self.url = ""
        self.greeting = "WebHook-Allowed-Origin: *\r\nWebHook-Allowed-Rate: *\r\n"
        self.answers: deque[Answer] = deque()
        self.usual: Answer = status(204)
        self.asked: list[Received] = []
        self.taken: list[Received] = []
        self.released = asyncio.Event()
        self.at_once = Counter[str]()
        self.most_at_once = 0

    def take(self, request: Received, code: int) -> None:
        if request.method == "POST" and 200 <= code < 300:
            self.taken.append(request)

    @property
    def posted(self) -> list[Received]:
        return [one for one in self.asked if one.method == "POST"]

    @property
    def ids(self) -> list[str]:
        """The ids of the events it has, each name once."""
        return [one.event["id"] for one in {one.name: one for one in self.taken}.values()]

    async def serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        try:
            while request := await _read(reader):
                self.asked.append(request)
                self.at_once["now"] += 1
                self.most_at_once = max(self.most_at_once, self.at_once["now"])
                await asyncio.sleep(0)
                if request.method == "OPTIONS":
                    writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{self.greeting}\r\n".encode())
                else:
                    answer = self.answers.popleft() if self.answers else self.usual
                    await answer(self, request, writer)
                await writer.drain()
                self.at_once["now"] -= 1
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Received | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.IncompleteReadError:
        return None
    method, path, _ = head[0].split(" ")
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, path, headers, body)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on this machine."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hub"
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.close()
