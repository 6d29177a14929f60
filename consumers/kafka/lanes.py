"""Records of many topics to one consumer, each partition in a lane of its own: a slow one holds up no other.

A lane has one batch in hand, and its offset is committed when that is done: at least once, in order."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import ConsumerStoppedError, KafkaError

from consumers.kafka.poison import PoisonPassingConsumer
from consumers.kafka.stream import Records
from consumers.waiting import wait_or_stop
from hub import logs
from hub.gathering import Gathering
from hub.kafka.access import for_aiokafka
from hub.settings import Settings

Handler = Callable[[Records], Awaitable[None]]

_log = logging.getLogger(__name__)
MOST = 500
"""Records in hand of one lane."""
_BETWEEN_LOOKS = 0.2
"""For what no record tells of: topics that were handed to this worker or taken away."""
_AFTER_A_BREAK = 0.2
_NEW_TOPICS_MS = 5000
_FETCH_MS = 100
"""A lane that has done what was fetched gets more when Kafka has answered for the others: at the latest after
this."""
_LET_FINISH_SECONDS = 1.0


async def consume_in_lanes(
    settings: Settings, group: str, pattern: str, handle: Handler, stop: asyncio.Event
) -> None:
    """Hands the records of every topic whose name matches `pattern` to `handle`, those of one partition in
    order, until `stop`. `handle` returns when they are done with; a Kafka that is away is waited for."""
    while not stop.is_set():
        try:
            await _Lanes(settings, group, pattern, handle).run(stop)
        except (KafkaError, OSError) as error:
            _log.warning(logs.line("Kafka is away, trying again", error=type(error).__name__))
            await wait_or_stop(stop, 2.0)


class _Lanes(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, settings: Settings, group: str, pattern: str, handle: Handler):
        self._pattern = pattern
        self._handle = handle
        self._in_hand: dict[TopicPartition, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        """A lane has ended, or all of them must."""
        self._commits = Gathering(self._commit)
        self._consumer = PoisonPassingConsumer(
            **for_aiokafka(settings),
            group_id=f"{settings.topic_prefix}.{group}",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            metadata_max_age_ms=_NEW_TOPICS_MS,
            fetch_max_wait_ms=_FETCH_MS,
        )

    async def run(self, stop: asyncio.Event) -> None:
        self._consumer.subscribe(pattern=self._pattern, listener=self)
        stopping = asyncio.create_task(self._wake_at(stop))
        try:
            await self._consumer.start()
            _log.info(logs.line("consuming", topics=self._pattern))
            while not stop.is_set():
                self._wake.clear()
                # Asked for before looking, so that nothing comes in between.
                news = self._consumer.news()
                try:
                    if await self._start_lanes():
                        await asyncio.sleep(0)
                    else:
                        await self._until_news_or_wake(news)
                finally:
                    news.cancel()
        finally:
            stopping.cancel()
            await self._end_lanes()
            await self._consumer.stop()

    async def _until_news_or_wake(self, news: "asyncio.Future[None]") -> None:
        waking = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait((news, waking), timeout=_BETWEEN_LOOKS, return_when=asyncio.FIRST_COMPLETED)
            if news.done():
                news.result()
        finally:
            waking.cancel()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _start_lanes(self) -> int:
        free = self._consumer.assignment() - self._in_hand.keys()
        if not free:
            return 0
        try:
            found: dict[TopicPartition, Any] = await self._consumer.getmany(*free, max_records=MOST)
        except ConsumerStoppedError:
            return 0
        for partition, records in found.items():
            self._in_hand[partition] = asyncio.create_task(self._lane(partition, records))
        return len(found)

    async def _lane(self, partition: TopicPartition, records: Records) -> None:
        try:
            await self._handle(records)
            await self._commits.do((partition, records[-1].offset + 1))
        except KafkaError as error:
            # Another has the partition now, or will: it gets these records again.
            _log.warning(logs.line("could not commit", topic=partition.topic, error=type(error).__name__))
        except Exception as error:
            _log.exception(logs.line("a lane broke", topic=partition.topic, error=type(error).__name__))
            if partition in self._consumer.assignment():
                self._consumer.seek(partition, records[0].offset)
            await asyncio.sleep(_AFTER_A_BREAK)
        finally:
            self._in_hand.pop(partition, None)
            self._wake.set()

    async def _commit(self, done: Sequence[tuple[TopicPartition, int]]) -> Sequence[None]:
        """Of several lanes at one time."""
        assigned = self._consumer.assignment()
        if following := {partition: offset for partition, offset in done if partition in assigned}:
            await self._consumer.commit(following)
        return [None] * len(done)

    async def on_partitions_revoked(self, revoked: Any) -> None:  # noqa: ARG002 - a lane is one of them
        """Ends what is in hand, so that no other worker has the same at the same time."""
        await self._end_lanes()

    async def on_partitions_assigned(self, assigned: Any) -> None:
        """Nothing to do: every lane begins at what was committed."""

    async def _end_lanes(self) -> None:
        lanes = list(self._in_hand.values())
        if lanes:
            _, unfinished = await asyncio.wait(lanes, timeout=_LET_FINISH_SECONDS)
            for lane in unfinished:
                lane.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)
