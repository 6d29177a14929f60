"""Outbox: publishes the hub's own events to Kafka, and those of files, in order, after they are kept."""

import asyncio
import logging

from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.waiting import wait_or_stop
from hub import logs
from hub.broker import Outgoing, Publisher, function_topic
from hub.errors import Unavailable
from hub.rules.identity import canonical, content_hash
from hub.settings import Settings
from hub.store.claims import acknowledge, claim_content
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.outbox import Waiting, claim_waiting, mark_published
from hub.store.wake import WakeUp
from schemas.terms import FunctionSlug

_AT_ONCE = 100
_log = logging.getLogger(__name__)


class Outbox:
    """Publishes what waits. After a crash an event may be on Kafka twice: who reads it knows it by its id."""

    def __init__(self, settings: Settings, pool: AsyncEngine, publisher: Publisher, clock: Clock):
        self._settings = settings
        self._pool = pool
        self._publisher = publisher
        self._clock = clock

    async def keep_publishing(self, wake_up: WakeUp, stop: asyncio.Event) -> None:
        """Publishes as events come, until `stop`."""
        while not stop.is_set():
            try:
                while not stop.is_set() and await self.publish_next():
                    pass
            except Unavailable as error:
                _log.warning(logs.line("a part is away, waiting", error=type(error).__name__))
                await wait_or_stop(stop, 2.0)
            await wake_up.wait()

    async def publish_next(self) -> int:
        """Publishes the next events; how many. Raises Unavailable."""
        async with transaction(self._pool) as connection:
            waiting = await claim_waiting(connection, _AT_ONCE)
            if not waiting:
                return 0
            now = await self._clock.now()
            await claim_content(connection, {w.event_key: content_hash(w.content) for w in waiting}, now)
            await self._publisher.publish([self._outgoing(one) for one in waiting])
            keys = [one.event_key for one in waiting]
            await acknowledge(connection, keys, now)
            await mark_published(connection, keys, now)
        return len(waiting)

    def _outgoing(self, waiting: Waiting) -> Outgoing:
        content = waiting.content
        topic = function_topic(self._settings, FunctionSlug(content["functions"].split(",")[0]))
        return Outgoing(topic, content["subject"].encode(), canonical(content))
