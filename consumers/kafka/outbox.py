"""Outbox: publishes the hub's own events to Kafka, and those of files, in order, after they are kept."""

import asyncio
import logging
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.waiting import wait_or_stop
from hub import logs
from hub.errors import Unavailable
from hub.kafka.broker import Outgoing, Publisher, function_topic
from hub.rules.identity import canonical, content_hash
from hub.settings import Settings
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.intake.claims import acknowledge, claim_content
from hub.store.intake.outbox import Waiting, claim_waiting, mark_published
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
            away: set[FunctionSlug] = set()
            try:
                while not stop.is_set() and await self.publish_next(away):
                    pass
            except Unavailable as error:
                _log.warning(logs.line("a part is away, waiting", error=type(error).__name__))
                await wait_or_stop(stop, 2.0)
            if away:
                await wait_or_stop(stop, 2.0)
                continue
            await wake_up.wait()

    async def publish_next(self, away: set[FunctionSlug]) -> bool:
        """Publishes the next events of functions whose topic is not `away`; False: there are none. A topic
        that Kafka does not acknowledge is away from then on, and holds up no other. Raises Unavailable."""
        async with transaction(self._pool) as connection:
            waiting = await claim_waiting(connection, _AT_ONCE, away)
            if not waiting:
                return False
            now = await self._clock.now()
            await claim_content(connection, {w.event_key: content_hash(w.content) for w in waiting}, now)
            together: dict[FunctionSlug, list[Waiting]] = {}
            for one in waiting:
                together.setdefault(_lead(one), []).append(one)
            went = await asyncio.gather(*(self._publish(lead, some) for lead, some in together.items()))
            away |= {lead for lead, well in zip(together, went, strict=True) if not well}
            if keys := [one.event_key for one in waiting if _lead(one) not in away]:
                await acknowledge(connection, keys, now)
                await mark_published(connection, keys, now)
        return True

    async def _publish(self, lead: FunctionSlug, some: Sequence[Waiting]) -> bool:
        topic = function_topic(self._settings, lead)
        events = [Outgoing(topic, w.content["subject"].encode(), canonical(w.content)) for w in some]
        try:
            await self._publisher.publish(events)
        except Unavailable as error:
            _log.warning(logs.line("a topic is away", topic=topic, error=type(error).__name__))
            return False
        return True


def _lead(waiting: Waiting) -> FunctionSlug:
    return FunctionSlug(waiting.content["functions"].split(",")[0])
