"""What Kafka still has of the function topics, read from the beginning to where they end now."""

import asyncio
from collections.abc import AsyncIterator

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from consumers.kafka.inbox import written
from consumers.kafka.poison import PoisonPassingConsumer
from hub.errors import KafkaUnavailable
from hub.kafka.access import for_aiokafka, must_let_in
from hub.kafka.broker import function_topics
from hub.settings import Settings
from hub.store.ledger.rebuilding import Stored

_AT_ONCE = 500
_PAUSE = 0.02


async def events_on_kafka(settings: Settings) -> AsyncIterator[list[Stored]]:
    """The events, some at a time; what can't be read is passed over. An event may come more than once. Raises
    KafkaUnavailable or NotConfigured."""
    # Without 'earliest' it goes to the end by itself, now and then after it was sought to the beginning.
    consumer = PoisonPassingConsumer(
        **for_aiokafka(settings), enable_auto_commit=False, auto_offset_reset="earliest"
    )
    try:
        await consumer.start()
        partitions = await _partitions(settings)
        if not partitions:
            return
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        left = {one for one in partitions if await consumer.position(one) < ends[one]}
        while left:
            read = await consumer.getmany(*left, max_records=_AT_ONCE)
            if not read:
                await asyncio.sleep(_PAUSE)  # it does not wait itself
            found = [written(record) for records in read.values() for record in records]
            yield [Stored(*one) for one in found if one]
            left = {one for one in left if await consumer.position(one) < ends[one]}
    except (KafkaError, OSError) as error:
        await must_let_in(settings)
        raise KafkaUnavailable(f"Kafka op {settings.kafka_servers} geeft geen antwoord.") from error
    finally:
        await consumer.stop()


async def _partitions(settings: Settings) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(**for_aiokafka(settings))
    try:
        await admin.start()
        described = await admin.describe_topics(function_topics(settings))
    finally:
        await admin.close()
    return [
        TopicPartition(one["topic"], part["partition"]) for one in described for part in one["partitions"]
    ]
