"""Webhooks as a way out: the greeting of CloudEvents, and deliveries that are posted until they are taken."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpcore

from connectors.webhook.signing import signed
from connectors.webhook.writing import written
from hub.outlets.channel import Target, Welcome
from hub.outlets.handing import Handed
from hub.outside.asking import Outside, not_taken
from hub.rules.exercises import EXERCISE
from hub.rules.outlets import Outcome, Sent
from hub.rules.reaching import is_real_host
from hub.settings import Settings
from schemas.envelope import is_exercise

CHANNEL = "webhook"
WANTED_RATE = 1200
"""How many a minute the hub asks to send."""
_AT_ONCE = 8
_TURN_SECONDS = 20.0
"""After this no new delivery is begun: the worker holds a system for two minutes."""


class Webhooks:
    """Sends deliveries to the addresses of parties, several at once to each and never too long."""

    def __init__(self, settings: Settings):
        self._origin = urlsplit(settings.public_url).hostname or "kernhub"
        self._outside = Outside(settings, "Kernhub-Webhooks/1", _AT_ONCE)

    async def greet(self, target: Target) -> Welcome | Sent:
        """Asks whether the address wants events of us (CloudEvents HTTP webhooks 1.0, chapter 4)."""
        asked = {"WebHook-Request-Origin": self._origin, "WebHook-Request-Rate": str(WANTED_RATE)}
        async with self._outside.connections(target) as pools:
            answer = await self._outside.ask(pools[0], "OPTIONS", target.target["url"], asked)
        if isinstance(answer, Sent):
            return answer
        if not answer.is_good:
            return not_taken(answer)
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

        async def lane(pool: httpcore.AsyncConnectionPool) -> None:
            nonlocal goes_on
            while goes_on and asyncio.get_running_loop().time() < until:
                if (index := next(upcoming, None)) is None:
                    return
                result = sent[index] = await self._deliver(pool, target, deliveries[index])
                goes_on = goes_on and result.outcome in (Outcome.TAKEN, Outcome.KEPT)

        async with self._outside.connections(target) as pools, asyncio.TaskGroup() as lanes:
            for pool in pools[: len(deliveries)]:
                lanes.create_task(lane(pool))
        return [one for one in sent if one is not None]

    async def _deliver(self, pool: httpcore.AsyncConnectionPool, target: Target, one: Handed) -> Sent:
        url = target.target["url"]
        if is_exercise(one.event["source"]) and is_real_host(url):
            return Sent(Outcome.KEPT, EXERCISE)
        now = datetime.now(UTC)
        message = written(one.event, target.target["mode"])
        headers = signed(str(one.key), int(now.timestamp()), message.body, secrets_at(target.secrets, now))
        answer = await self._outside.ask(pool, "POST", url, {**message.headers, **headers}, message.body)
        if isinstance(answer, Sent):
            return answer
        return Sent(Outcome.TAKEN) if answer.is_good else not_taken(answer)

    async def close(self) -> None:
        await self._outside.close()


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
