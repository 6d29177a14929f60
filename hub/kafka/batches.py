"""Many records to Kafka at one time, in batches of our own making: a future and a task for each record would
cost more than the record."""

import asyncio
import random
import struct
from collections import defaultdict
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, Protocol

_SEED = 0x9747B28C
_FACTOR = 0x5BD1E995
_32_BITS = 0xFFFFFFFF


class Record(Protocol):
    """What stands in one record."""

    @property
    def topic(self) -> str: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


async def send_batches(producer: Any, records: Sequence[Record]) -> None:
    """Sends the records, those with one key in order. Returns when Kafka has acknowledged all. Raises
    KafkaError; then some may still arrive."""
    lanes: defaultdict[tuple[str, int], list[Record]] = defaultdict(list)
    partitions = {topic: sorted(await producer.partitions_for(topic)) for topic in {r.topic for r in records}}
    for record in records:
        own = partitions[record.topic]
        lanes[record.topic, partition_of(record.key, own, own)].append(record)
    batches = [_batches(producer, some) for some in lanes.values()]
    sent = []
    # Of each partition the first, then what is left: a partition takes one at a time.
    for some in zip_longest(*batches):
        for (topic, partition), batch in zip(lanes, some, strict=True):
            if batch is not None:
                sent.append(await producer.send_batch(batch, topic, partition=partition))
    await asyncio.gather(*sent)


def _batches(producer: Any, records: Sequence[Record]) -> list[Any]:
    batches = [producer.create_batch()]
    for record in records:
        if not _taken(batches[-1], record):
            batches.append(producer.create_batch())
            _taken(batches[-1], record)  # one at least fits, however large
    for batch in batches:
        batch.close()
    return batches


def _taken(batch: Any, record: Record) -> bool:
    headers = list(record.headers)
    return batch.append(timestamp=None, key=record.key, value=record.value, headers=headers) is not None


def partition_of(key: bytes | None, partitions: Sequence[int], available: Sequence[int]) -> int:
    """Where a record with this key goes: what every client of Kafka makes of it, so that a key keeps its
    partition whoever sends. Without a key: any that is available."""
    if key is None:
        return random.choice(available or partitions)  # noqa: S311 - it keeps no secret
    return partitions[(_murmur2(key) & 0x7FFFFFFF) % len(partitions)]


def _murmur2(key: bytes) -> int:
    """Word by word: the library's, byte by byte, takes twice as long."""
    found = _SEED ^ len(key)
    for (word,) in struct.iter_unpack("<I", key[: len(key) & ~3]):
        word = word * _FACTOR & _32_BITS
        found = (found * _FACTOR ^ (word ^ word >> 24) * _FACTOR) & _32_BITS
    if left := len(key) & 3:
        found = (found ^ int.from_bytes(key[-left:], "little")) * _FACTOR & _32_BITS
    found = (found ^ found >> 13) * _FACTOR & _32_BITS
    return found ^ found >> 15
