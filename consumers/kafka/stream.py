"""Batches of records from the function topics to one consumer, at least once, past every poison record.

The consumer's own transaction makes a record count once; offsets are committed after it.
"""

import asyncio
import dataclasses
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.middlewares import AckPolicy
from faststream.security import BaseSecurity, SASLScram512

from consumers.kafka.poison import PoisonPassingConsumer
from consumers.waiting import wait_or_stop
from hub import logs
from hub.errors import Unavailable
from hub.kafka.access import Access, access
from hub.kafka.broker import function_topics
from hub.settings import Settings

Records = Sequence[ConsumerRecord[bytes, bytes]]
Handler = Callable[[Records], Awaitable[None]]

_log = logging.getLogger(__name__)
_LONGEST_WAIT = 10.0
_WAIT_IN_ALL = 60.0
"""Well under Kafka's max.poll.interval (5 minutes): after this the batch goes back and is fetched again."""


async def _parsed(records: Any, original: Callable[[Any], Awaitable[Any]]) -> Any:
    """FastStream reads every header as UTF-8 and would choke on one bad byte: it gets the first record alone,
    without headers, and the batch goes along untouched."""
    message = await original((dataclasses.replace(records[0], headers=()),))
    message.raw_message = records
    return message


async def _undecoded(message: KafkaMessage) -> Any:
    return message.body


def _security(own: Access) -> BaseSecurity:
    if own.user is None:
        return BaseSecurity(own.tls)
    return SASLScram512(own.user, own.password.get_secret_value(), own.tls)


async def consume(settings: Settings, group: str, handle: Handler, stop: asyncio.Event) -> None:
    """Hands every record of every function topic to `handle`, in batches, until `stop`.

    A part that is away makes it wait and try again; nothing is skipped.
    """
    while not stop.is_set():
        own = access(settings)
        broker = KafkaBroker(own.servers, security=_security(own), graceful_timeout=20, logger=None)

        @broker.subscriber(
            *function_topics(settings),
            group_id=f"{settings.topic_prefix}.{group}",
            batch=True,
            batch_timeout_ms=50,
            max_records=1000,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.NACK_ON_ERROR,
            parser=_parsed,
            decoder=_undecoded,
            no_reply=True,
        )
        async def on_batch(message: KafkaMessage) -> None:
            await _until_handled(message.raw_message, handle)

        try:
            await broker.connect()
            parts: Any = broker.config.broker_config
            parts.builder = partial(PoisonPassingConsumer, **parts.builder.keywords)
            await broker.start()
            _log.info(logs.line("consuming", group=group))
            await stop.wait()
        except (KafkaError, OSError) as error:
            _log.warning(logs.line("Kafka is away, trying again", error=type(error).__name__))
            await wait_or_stop(stop, 2.0)
        finally:
            await broker.stop()


async def _until_handled(records: Any, handle: Handler) -> None:
    waited, pause = 0.0, 0.5
    while True:
        try:
            await handle(records)
            return
        except Unavailable as error:
            _log.warning(logs.line("a part is away, waiting", error=type(error).__name__, seconds=pause))
            if waited >= _WAIT_IN_ALL:
                raise
            await asyncio.sleep(pause)
            waited, pause = waited + pause, min(pause * 2, _LONGEST_WAIT)
