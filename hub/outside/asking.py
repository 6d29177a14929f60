"""A request to an address that a party gave, and what came of it: an answer, or why there was none."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import NamedTuple

import httpcore

from hub.outlets.channel import Target
from hub.outside.connecting import CheckedBackend, NotAllowed
from hub.rules.outlets import Outcome, Sent
from hub.rules.retry import asked_to_wait
from hub.settings import Settings

SECONDS = 15.0
"""How long an answer may take."""
_MOST_IDLE = 200
"""Systems whose connections are kept for the next turn."""
_MOST_BYTES = 16 * 1024
_MOST_DRAIN_SECONDS = 1.0


class Reply(NamedTuple):
    """An answer: the names of its headers in lower case, and the begin of its body."""

    status: int
    headers: dict[str, str]
    body: bytes = b""

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


class Outside:
    """Asks systems of parties, over at most `at_once` connections to each; `agent`: what it calls itself."""

    def __init__(self, settings: Settings, agent: str, at_once: int):
        self._agent = agent
        self._at_once = at_once
        self._backend = CheckedBackend(local=settings.webhooks == "local")
        self._tls = ssl.create_default_context()
        self._idle: dict[tuple[str, str], Sequence[httpcore.AsyncConnectionPool]] = {}

    @asynccontextmanager
    async def connections(self, target: Target) -> AsyncIterator[Sequence[httpcore.AsyncConnectionPool]]:
        """The connections of this system alone, each in a pool of its own: in one of more, each request looks
        at every one."""
        name = (target.party, target.name)
        pools = self._idle.pop(name, None) or [self._connection() for _ in range(self._at_once)]
        try:
            yield pools
        finally:
            self._idle[name] = pools
            while len(self._idle) > _MOST_IDLE:
                await _close(self._idle.pop(next(iter(self._idle))))

    def _connection(self) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(
            ssl_context=self._tls, max_connections=1, keepalive_expiry=30, network_backend=self._backend
        )

    async def ask(
        self,
        pool: httpcore.AsyncConnectionPool,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes = b"",
    ) -> Reply | Sent:
        """The answer; why there was none. No redirect is followed."""
        sent = [*headers.items(), ("user-agent", self._agent)]
        answer: Reply | None = None
        try:
            async with (
                asyncio.timeout(SECONDS),
                pool.stream(method, url, headers=sent, content=body) as response,
            ):
                answer = Reply(response.status, _read(response.headers))
                answer = answer._replace(body=await _drained(response))
        except (TimeoutError, httpcore.TimeoutException):
            return answer or Sent(Outcome.FAILED, f"gaf binnen {SECONDS:.0f} seconden geen antwoord")
        except NotAllowed:
            return Sent(Outcome.FAILED, "ligt in een eigen netwerk: daar stuurt de hub niet naartoe")
        except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as error:
            # Who has said that it took it has taken it, whatever comes after.
            return answer or Sent(Outcome.FAILED, _said(error))
        return answer

    async def close(self) -> None:
        """Lets go of connections."""
        for pools in self._idle.values():
            await _close(pools)
        self._backend.close()


async def _close(pools: Iterable[httpcore.AsyncConnectionPool]) -> None:
    for pool in pools:
        await pool.aclose()


def not_taken(answer: Reply) -> Sent:
    """What follows from an answer that is not good."""
    why = f"antwoordde met {answer.status}"
    if answer.status == 410:
        return Sent(Outcome.GONE, why)
    if answer.status in (429, 503):
        return Sent(Outcome.BUSY, why, asked_to_wait(answer.headers.get("retry-after"), datetime.now(UTC)))
    if 300 <= answer.status < 400:
        why += ": de hub volgt geen verwijzing, geef het echte adres op"
    return Sent(Outcome.FAILED, why)


def _said(error: Exception) -> str:
    if isinstance(error, httpcore.ConnectError | OSError):
        is_tls = "ssl" in str(error).lower() or isinstance(error.__cause__ or error, ssl.SSLError)
        return "heeft geen geldig certificaat (TLS)" if is_tls else "is niet te bereiken"
    if isinstance(error, httpcore.ProtocolError):
        return "gaf een antwoord dat geen HTTP is, of brak het af"
    return "brak de verbinding af"


def _read(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


async def _drained(response: httpcore.Response) -> bytes:
    """An answer of usual size, read to its end so that the connection can be used again; a longer one is cut
    off."""
    found = bytearray()
    async with asyncio.timeout(_MOST_DRAIN_SECONDS):
        async for part in response.aiter_stream():
            found += part
            if len(found) > _MOST_BYTES:
                break
    return bytes(found)
