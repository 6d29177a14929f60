"""Kafka: the topics, and publishing with acks=all."""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

import aiokafka
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    for_code,
)

from hub.errors import KafkaRefuses, KafkaUnavailable
from hub.kafka.access import for_aiokafka, must_let_in
from hub.kafka.batches import partition_of, send_batches
from hub.settings import Settings
from schemas.formats import STRUCTURED
from schemas.terms import FunctionSlug

_DAY_MS = 24 * 3600 * 1000
SEND_SECONDS = 10.0
"""How long a publisher waits for Kafka's acknowledgement."""
_LED_SECONDS = 60.0
_BETWEEN_LOOKS = 0.02
_MANY = 2
"""From so many events on, batches are made here: that takes a third of what the producer spends on each, and
nothing lingers for more."""
_BATCH_BYTES = 128 * 1024
"""Kafka takes the batches of one partition one after another: with small ones a publisher mostly waits."""


def function_topic(settings: Settings, function: FunctionSlug) -> str:
    """The topic that carries the events of which this is the lead function."""
    return f"{settings.topic_prefix}.function.{function}"


def function_topics(settings: Settings) -> list[str]:
    """One topic per function."""
    return [function_topic(settings, function) for function in FunctionSlug]


def dead_letter_topic(settings: Settings) -> str:
    """Where records go that a consumer could not handle, with the reason in the headers."""
    return f"{settings.topic_prefix}.dead-letter"


def delivery_topic(settings: Settings, party: str) -> str:
    """The topic with what a party received."""
    return f"{settings.topic_prefix}.delivery.{party}"


def intake_topic(settings: Settings, party: str) -> str:
    """The topic that this party alone may write: what stands there, it says."""
    return f"{settings.topic_prefix}.intake.{party}"


def refused_topic(settings: Settings, party: str) -> str:
    """The topic that tells a party which of its records were refused, and why."""
    return f"{settings.topic_prefix}.refused.{party}"


def party_group(settings: Settings, party: str) -> str:
    """How the consumer groups of a party's own programs begin."""
    return f"{settings.topic_prefix}.party.{party}."


def replay_topic(settings: Settings, name: str) -> str:
    """A topic for what is replayed, for an exercise or analysis; the hub reads it nowhere."""
    return f"{settings.topic_prefix}.replay.{name}"


async def ensure_topics(settings: Settings, names: Sequence[str] | None = None) -> list[str]:
    """Creates the missing ones of these topics (None: those that the hub reads and its dead letters) with the
    settings' partitions, copies and retention; those made.

    A topic that exists stays as it is. Raises KafkaUnavailable (KafkaRefuses when the hub may not) or
    NotConfigured.
    """
    wanted = [*function_topics(settings), dead_letter_topic(settings)] if names is None else names
    admin = AIOKafkaAdminClient(**for_aiokafka(settings))
    try:
        await admin.start()
        missing = sorted(set(wanted) - set(await admin.list_topics()))
        response = (
            await admin.create_topics([_topic(settings, name) for name in missing]) if missing else None
        )
        made = [name for name, code, *_ in response.topic_errors if not code] if response else []
        await _until_led(admin, made)
    except (KafkaError, OSError) as error:
        await must_let_in(settings)
        raise KafkaUnavailable(f"Kafka op {settings.kafka_servers} geeft geen antwoord.") from error
    finally:
        await admin.close()
    for name, code, *rest in response.topic_errors if response else ():
        kind = for_code(code)
        if kind is TopicAuthorizationFailedError:
            raise KafkaRefuses(
                f"Kafka-gebruiker '{settings.kafka_user}' mag topic {name} niet maken. Geef hem de rechten "
                "die docker-compose.yml noemt, bij kafka-access."
            )
        if code and kind is not TopicAlreadyExistsError:
            raise KafkaUnavailable(f"Kafka maakt topic {name} niet: {kind.__name__} {rest}")
    return missing


async def _until_led(admin: AIOKafkaAdminClient, names: Sequence[str]) -> None:
    """Waits until a broker has heard who leads these topics, which is a moment after Kafka made them: until
    then nothing can be published there."""
    async with asyncio.timeout(_LED_SECONDS):
        waiting = list(names)
        while waiting:
            waiting = [
                topic["topic"]
                for topic in await admin.describe_topics(waiting)
                if topic["error_code"] or any(one["leader"] < 0 for one in topic["partitions"])
            ]
            if waiting:
                await asyncio.sleep(_BETWEEN_LOOKS)


def _topic(settings: Settings, name: str) -> NewTopic:
    return NewTopic(
        name,
        num_partitions=settings.topic_partitions,
        replication_factor=settings.topic_replication,
        topic_configs={
            "retention.ms": str(settings.topic_retention_days * _DAY_MS),
            "min.insync.replicas": str(max(1, settings.topic_replication - 1)),
            # Kept from when it came in: the JavaScript SDK gives a record the time of its event, which may be
            # a year back (gone at once) or ahead (refused).
            "message.timestamp.type": "LogAppendTime",
        },
    )


class Outgoing(NamedTuple):
    """An event to publish: its topic, its subject as key, and itself in structured mode."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = (("content-type", STRUCTURED.encode()),)


class Publisher:
    """Publishes events, idempotently and with acks=all.

    Starts, and makes the topics, when first used: so the hub can answer while Kafka is away."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._producer: Any = None
        self._starting = asyncio.Lock()

    async def publish(self, events: Sequence[Outgoing]) -> None:
        """Returns when Kafka has acknowledged all. Raises KafkaUnavailable; then some may still arrive. An
        event that is larger than Kafka takes raises MessageSizeTooLargeError: trying again can't help."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                producer = await self._started()
                if len(events) < _MANY:
                    sent = [
                        await producer.send(e.topic, e.value, key=e.key, headers=list(e.headers))
                        for e in events
                    ]
                    await asyncio.gather(*sent)
                else:
                    await send_batches(producer, events)
        except MessageSizeTooLargeError:
            raise
        except (KafkaError, OSError, TimeoutError) as error:
            raise KafkaUnavailable("Kafka bevestigt niet.") from error

    async def ready(self) -> None:
        """Starts now, rather than with the first event. Raises KafkaUnavailable."""
        try:
            await self._started()
        except (KafkaError, OSError) as error:
            raise KafkaUnavailable("Kafka geeft geen antwoord.") from error

    async def _started(self) -> Any:
        async with self._starting:
            if self._producer is None:
                await ensure_topics(self._settings)
                producer = aiokafka.AIOKafkaProducer(
                    **for_aiokafka(self._settings),
                    acks="all",
                    enable_idempotence=True,
                    request_timeout_ms=int(SEND_SECONDS * 1000) - 1000,
                    linger_ms=1,
                    max_batch_size=_BATCH_BYTES,
                    partitioner=partition_of,
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
        return self._producer

    async def __aenter__(self) -> Self:
        return self

    async def close(self) -> None:
        """Lets go of Kafka, after what is under way."""
        if self._producer is not None:
            await self._producer.stop()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
