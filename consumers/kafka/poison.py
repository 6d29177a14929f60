"""A Kafka consumer that gets past records which it can't read.

A record whose compression or headers can't be read makes `getmany` fail, again and again: its partition would
stand still, and what the same call had read of other partitions would be lost. Here each partition is read by
itself; one that fails goes on record by record, so that those before the culprit are still read; and an empty
record takes the place of one that can't be read, or of a whole batch that can't be unpacked, to be buried
like any other.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import (
    ConsumerStoppedError,
    CorruptRecordException,
    KafkaError,
    UnsupportedCodecError,
)

from consumers.kafka.unpacking import UnreadableBatch, limit_unpacking

UNREADABLE = "kernhub-unreadable"
"""The header of a record that stands for one that can't be read: the reason."""


def stands_in(record: ConsumerRecord[Any, Any]) -> bool:
    """Whether this is such a record."""
    return record.value is None and any(name == UNREADABLE for name, _ in record.headers)


_OF_THE_RECORD = (CorruptRecordException, UnsupportedCodecError)
_AT_MOST = 500
_LONGEST_WAIT = 1.0
"""For what no record tells of: partitions that were handed to this worker or taken away."""
_Found = dict[TopicPartition, list[ConsumerRecord[Any, Any]]]


class PoisonPassingConsumer(AIOKafkaConsumer):  # type: ignore[misc]
    """As its base, but no record stops a partition."""

    def __init__(self, *topics: str, **options: Any):
        limit_unpacking()
        super().__init__(*topics, **options)
        self._one_by_one: dict[TopicPartition, int] = {}
        self._turn = 0

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> _Found:
        """At most `max_records` in all. None when nothing waits, unless it may wait at all: with `timeout_ms`
        it waits for the first, since who gets none sleeps before asking again. Raises KafkaError."""
        most = max_records or _AT_MOST
        if not timeout_ms:
            return await self._at_hand(partitions, most)
        while True:
            # Asked for before looking, so that nothing comes in between.
            news = self.news()
            try:
                if found := await self._at_hand(partitions, most):
                    return found
                await asyncio.wait((news,), timeout=_LONGEST_WAIT)
                if news.done():
                    news.result()
            finally:
                news.cancel()

    async def _at_hand(self, partitions: Sequence[TopicPartition], most: int) -> _Found:
        found: _Found = {}
        in_turn = sorted(partitions or self.assignment())
        self._turn += 1
        for i in range(len(in_turn)):
            partition = in_turn[(self._turn + i) % len(in_turn)]
            try:
                records = await self._of(partition, most)
            except (KafkaError, ConsumerStoppedError):
                if found:
                    break  # it comes back in the next call; what was read must not be lost
                raise
            if records:
                found[partition] = records
                most -= len(records)
            if not most:
                break
        return found

    def news(self) -> "asyncio.Future[None]":
        """Done when Kafka has handed over records since this was asked, of whichever partition, or with the
        KafkaError that stops this consumer; to be cancelled by who no longer waits."""
        # Its own `getmany` waits for the same, but goes on to read.
        made: asyncio.Future[None] = self._fetcher._create_fetch_waiter()
        return made

    async def _of(self, partition: TopicPartition, most: int) -> list[ConsumerRecord[Any, Any]]:
        if partition not in self.assignment():
            return []  # taken away by a rebalance while we read
        at = await self.position(partition)
        left = self._one_by_one.get(partition, 0)
        try:
            read: _Found = await super().getmany(partition, max_records=1 if left else most)
        except ConsumerStoppedError:
            raise
        except Exception as error:
            if isinstance(error, KafkaError) and not isinstance(error, _OF_THE_RECORD):
                raise
            if isinstance(error, UnreadableBatch) and error.first <= at:
                # It is unpacked once: what is committed after its last record skips it.
                self.seek(partition, error.following)
                return [_standing_in(partition, error.following - 1, error)]
            if left:
                self.seek(partition, at + 1)
                return [_standing_in(partition, at, error)]
            self.seek(partition, at)
            self._one_by_one[partition] = _AT_MOST
            return []
        records = read.get(partition, [])
        if left:
            self._one_by_one[partition] = left - len(records)
        return records


def _standing_in(partition: TopicPartition, offset: int, error: Exception) -> ConsumerRecord[Any, Any]:
    several = f", {error}" if isinstance(error, UnreadableBatch) else ""
    headers = ((UNREADABLE, f"{type(error).__name__}{several}".encode()),)
    return ConsumerRecord(partition.topic, partition.partition, offset, 0, 0, None, None, None, 0, 0, headers)
