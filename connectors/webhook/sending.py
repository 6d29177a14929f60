"""Webhooks as a way out: the greeting of CloudEvents, and deliveries that are posted until they are taken."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpcore

from connectors.webhook.connecting import CheckedBackend, NotAllowed
from connectors.webhook.signing import signed
from connectors.webhook.writing import written
from hub.handing import Handed
from hub.rules.exercises import EXERCISE
from hub.rules.outlets import Outcome, Sent
from hub.rules.reaching import is_real_host
from hub.rules.retry import asked_to_wait
from hub.settings import Settings
from hub.ways_out import Target, Welcome
from schemas.envelope import is_exercise

CHANNEL = "webhook"
WANTED_RATE = 1200
"""How many a minute the hub asks to send."""
_AT_ONCE = 8
_MOST_IDLE = 200
"""Systems whose connections are kept for the next turn."""
_SECONDS = 15.0
_TURN_SECONDS = 20.0
"""After this no new delivery is begun: the worker holds a system for two minutes."""
_MOST_BYTES = 16 * 1024
_MOST_DRAIN_SECONDS = 1.0
_AGENT = "Kernhub-Webhooks/1"


class _Answer(NamedTuple):
    status: int
    headers: dict[str, str]


class Webhooks:
    """Sends deliveries to the addresses of parties, several at once to each and never too long."""

    def __init__(self, settings: Settings):
        self._origin = urlsplit(settings.public_url).hostname or "kernhub"
        self._backend = CheckedBackend(local=settings.webhooks == "local")
        self._tls = ssl.create_default_context()
        self._idle: dict[tuple[str, str], httpcore.AsyncConnectionPool] = {}

    @asynccontextmanager
    async def _connections(self, target: Target) -> AsyncIterator[httpcore.AsyncConnectionPool]:
        """The connections of this system alone: in a pool of all, each request looks at every one."""
        name = (target.party, target.name)
        pool = self._idle.pop(name, None) or httpcore.AsyncConnectionPool(
            ssl_context=self._tls,
            max_connections=_AT_ONCE,
            keepalive_expiry=30,
            network_backend=self._backend,
        )
        try:
            yield pool
        finally:
            self._idle[name] = pool
            while len(self._idle) > _MOST_IDLE:
                await self._idle.pop(next(iter(self._idle))).aclose()

    async def greet(self, target: Target) -> Welcome | Sent:
        """Asks whether the address wants events of us (CloudEvents HTTP webhooks 1.0, chapter 4)."""
        asked = {"WebHook-Request-Origin": self._origin, "WebHook-Request-Rate": str(WANTED_RATE)}
        async with self._connections(target) as pool:
            answer = await self._ask(pool, "OPTIONS", target.target["url"], asked, b"")
        if isinstance(answer, Sent):
            return answer
        if not 200 <= answer.status < 300:
            return _not_taken(answer)
        origins = {one.strip().lower() for one in answer.headers.get("webhook-allowed-origin", "").split(",")}
        if not origins & {"*", self._origin.lower()}:
            return Sent(
                Outcome.FAILED,
                f"wil niets van ons: 'WebHook-Allowed-Origin' noemt '{self._origin}' niet",
            )
        return _welcome(answer.headers.get("webhook-allowed-rate"))

    async def send(self, target: Target, deliveries: Sequence[Handed]) -> Sequence[Sent]:
        """Posts the deliveries, in order, some at once; begins no new one after a failure."""
        sent: list[Sent | None] = [None] * len(deliveries)
        upcoming = iter(range(len(deliveries)))
        until = asyncio.get_running_loop().time() + _TURN_SECONDS
        goes_on = True

        async def lane() -> None:
            nonlocal goes_on
            while goes_on and asyncio.get_running_loop().time() < until:
                if (index := next(upcoming, None)) is None:
                    return
                result = sent[index] = await self._deliver(pool, target, deliveries[index])
                goes_on = goes_on and result.outcome in (Outcome.TAKEN, Outcome.KEPT)

        async with self._connections(target) as pool, asyncio.TaskGroup() as lanes:
            for _ in range(min(_AT_ONCE, len(deliveries))):
                lanes.create_task(lane())
        return [one for one in sent if one is not None]

    async def _deliver(self, pool: httpcore.AsyncConnectionPool, target: Target, one: Handed) -> Sent:
        url = target.target["url"]
        if is_exercise(one.event["source"]) and is_real_host(url):
            return Sent(Outcome.KEPT, EXERCISE)
        now = datetime.now(UTC)
        message = written(one.event, target.target["mode"])
        headers = signed(str(one.key), int(now.timestamp()), message.body, secrets_at(target.secrets, now))
        answer = await self._ask(pool, "POST", url, {**message.headers, **headers}, message.body)
        if isinstance(answer, Sent):
            return answer
        return Sent(Outcome.TAKEN) if 200 <= answer.status < 300 else _not_taken(answer)

    async def _ask(
        self,
        pool: httpcore.AsyncConnectionPool,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes,
    ) -> _Answer | Sent:
        answer: _Answer | None = None
        try:
            async with (
                asyncio.timeout(_SECONDS),
                pool.stream(
                    method, url, headers=[*headers.items(), ("user-agent", _AGENT)], content=body
                ) as response,
            ):
                answer = _Answer(response.status, _read(response.headers))
                await _drain(response)
        except (TimeoutError, httpcore.TimeoutException):
            return answer or Sent(Outcome.FAILED, f"gaf binnen {_SECONDS:.0f} seconden geen antwoord")
        except NotAllowed:
            return Sent(Outcome.FAILED, "ligt in een eigen netwerk: daar stuurt de hub niet naartoe")
        except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as error:
            # Who has said that it took it has taken it, whatever comes after.
            return answer or Sent(Outcome.FAILED, _said(error))
        return answer

    async def close(self) -> None:
        for pool in self._idle.values():
            await pool.aclose()
        self._backend.close()


def secrets_at(secrets: Iterable[dict[str, Any]], now: datetime) -> list[str]:
    """The secrets that are valid now, the newest first."""
    return [
        one["secret"]
        for one in secrets
        if one.get("until") is None or datetime.fromisoformat(one["until"]) > now
    ]


def _welcome(said: str | None) -> Welcome | Sent:
    rate = (said or str(WANTED_RATE)).strip()
    if rate == "*":
        return Welcome()
    if rate.isascii() and rate.isdigit() and int(rate[:9]) > 0:
        return Welcome(min(int(rate[:9]), 10**6))
    return Sent(Outcome.FAILED, "zegt niet hoe vaak het mag: 'WebHook-Allowed-Rate' is geen getal of '*'")


def _not_taken(answer: _Answer) -> Sent:
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


async def _drain(response: httpcore.Response) -> None:
    """Reads an answer of usual size, so that the connection can be used again; a longer one is cut off."""
    size = 0
    async with asyncio.timeout(_MOST_DRAIN_SECONDS):
        async for part in response.aiter_stream():
            size += len(part)
            if size > _MOST_BYTES:
                return
