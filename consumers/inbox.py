"""From a Kafka record to a typed event, or to a dead letter with its reason."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from aiokafka import ConsumerRecord

from consumers.stream import Records
from hub import logs
from hub.broker import Outgoing, Publisher, dead_letter_topic
from hub.errors import Unavailable
from hub.register.model import Register
from hub.rules.admission import admission
from hub.rules.identity import content_hash, event_key
from hub.settings import Settings
from hub.store.exchanges import DeadLetter
from schemas import formats
from schemas.catalogue import Event, parse
from schemas.problems import Problem, Refused

_log = logging.getLogger(__name__)


class Arrival(NamedTuple):
    """An event that may come in, as it stands in its record."""

    record: ConsumerRecord[bytes, bytes]
    event: Event
    attributes: dict[str, Any]
    key: UUID
    digest: bytes


class Rejection(NamedTuple):
    """A record that can't be handled, and why. `key` is known when source and id could be read."""

    record: ConsumerRecord[bytes, bytes]
    key: UUID | None
    reason: str
    problems: Sequence[Problem]


def read(record: ConsumerRecord[bytes, bytes], register: Register) -> Arrival | Rejection:
    """The event of a record, after the same checks as at the front door."""
    key = None
    try:
        attributes = formats.from_kafka(record.headers, record.value)
        source, event_id = attributes.get("source"), attributes.get("id")
        if isinstance(source, str) and isinstance(event_id, str):
            key = event_key(source, event_id)
        event = parse(attributes)
        digest = content_hash(attributes)
    except Refused as refused:
        return Rejection(record, key, "invalid", refused.problems)
    if problems := admission(event, register):
        return Rejection(record, key, "not-admitted", problems)
    return Arrival(record, event, attributes, event_key(event.source, event.id), digest)


def dead_letter(consumer: str, rejection: Rejection, now: datetime) -> DeadLetter:
    """How a rejection is kept."""
    record = rejection.record
    return DeadLetter(
        consumer,
        record.topic,
        record.partition,
        record.offset,
        rejection.key,
        rejection.reason,
        rejection.problems,
        now,
    )


async def send_dead_letters(
    publisher: Publisher, settings: Settings, consumer: str, rejections: Sequence[Rejection]
) -> None:
    """Puts the records on the dead-letter topic as they came, with where from and why as headers."""
    outgoing = [
        Outgoing(
            dead_letter_topic(settings),
            rejection.record.key,
            rejection.record.value,
            [
                *((name, value or b"") for name, value in rejection.record.headers),
                ("kernhub-consumer", consumer.encode()),
                ("kernhub-topic", rejection.record.topic.encode()),
                ("kernhub-partition", str(rejection.record.partition).encode()),
                ("kernhub-offset", str(rejection.record.offset).encode()),
                ("kernhub-reason", rejection.reason.encode()),
                ("kernhub-codes", ",".join(p.code for p in rejection.problems).encode()),
            ],
        )
        for rejection in rejections
    ]
    if outgoing:
        await publisher.publish(outgoing)
        _log.warning(logs.line("buried records", consumer=consumer, records=len(outgoing)))


async def together_or_apart(
    records: Records,
    handle: Callable[[Records], Awaitable[None]],
    bury: Callable[[Sequence[Rejection]], Awaitable[None]],
) -> None:
    """Handles the batch in one go; when that breaks, record by record, so that only the culprit is buried."""
    try:
        await handle(records)
        return
    except Unavailable:
        raise
    except Exception as error:
        _log.exception(logs.line("a batch broke", error=type(error).__name__, records=len(records)))
    for record in records:
        try:
            await handle([record])
        except Unavailable:
            raise
        except Exception as error:
            problem = Problem("", "consumer_failed", f"de verwerking brak af: {type(error).__name__}")
            await bury([Rejection(record, _key_of(record), "consumer-failed", [problem])])


def _key_of(record: ConsumerRecord[bytes, bytes]) -> UUID | None:
    try:
        attributes = formats.from_kafka(record.headers, record.value)
    except Refused:
        return None
    source, event_id = attributes.get("source"), attributes.get("id")
    return event_key(source, event_id) if isinstance(source, str) and isinstance(event_id, str) else None
