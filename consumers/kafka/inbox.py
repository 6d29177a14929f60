"""From a Kafka record to a typed event, or to a dead letter with its reason."""

import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from aiokafka import ConsumerRecord

from consumers.kafka.poison import UNREADABLE
from consumers.kafka.stream import Records
from hub import logs
from hub.errors import Unavailable
from hub.kafka.broker import Outgoing, Publisher, dead_letter_topic, function_topic
from hub.register.model import Register
from hub.rules.admission import admission
from hub.rules.identity import canonical_text, event_key, present
from hub.settings import Settings
from hub.store.exchanges import DeadLetter
from schemas import formats
from schemas.catalogue import Event, parse
from schemas.problems import Problem, Refused

_log = logging.getLogger(__name__)
_MOST_VALUE = 256 * 1024
_MOST_HEADERS = 64 * 1024
"""A dead letter must always fit: what is larger is cut, with its length and hash beside it."""


class Arrival(NamedTuple):
    """An event that may come in, as it stands in its record."""

    record: ConsumerRecord[bytes, bytes]
    event: Event
    attributes: dict[str, Any]
    key: UUID
    content: str
    digest: bytes


class Rejection(NamedTuple):
    """A record that can't be handled, and why. `key` is known when source and id could be read."""

    record: ConsumerRecord[bytes, bytes]
    key: UUID | None
    reason: str
    problems: Sequence[Problem]


def read(records: Records, register: Register, settings: Settings) -> list[Arrival | Rejection]:
    """The event of each record, after the same checks as at the front door.

    Each step goes over the whole batch: that is twice as fast as event by event."""
    drafts = [_draft(record) for record in records]
    for step in (_written, _parsed):
        drafts = [draft if isinstance(draft, Rejection) else step(draft) for draft in drafts]
    return [
        draft if isinstance(draft, Rejection) else _admitted(draft, register, settings) for draft in drafts
    ]


def written(record: ConsumerRecord[bytes, bytes]) -> tuple[UUID, bytes, str] | None:
    """The event in a record: its key, its hash, and itself in canonical form; None: it can't be read."""
    draft = _draft(record)
    if not isinstance(draft, Rejection):
        draft = _written(draft)
    if isinstance(draft, Rejection) or draft.key is None:
        return None
    return draft.key, hashlib.sha256(draft.content.encode()).digest(), draft.content


class _Draft(NamedTuple):
    record: ConsumerRecord[bytes, bytes]
    key: UUID | None
    attributes: dict[str, Any]
    event: Event | None = None
    content: str = ""


def _draft(record: ConsumerRecord[bytes, bytes]) -> _Draft | Rejection:
    if problems := reading_problems(record):
        return Rejection(record, None, "unreadable", problems)
    try:
        read_attributes = formats.from_kafka(record.headers, record.value)
    except Refused as refused:
        return Rejection(record, None, "invalid", refused.problems)
    attributes = present(read_attributes)
    return _Draft(record, _key_in(attributes), attributes)


def _parsed(draft: _Draft) -> _Draft | Rejection:
    try:
        return draft._replace(event=parse(draft.attributes, draft.content.encode()))
    except Refused as refused:
        return Rejection(draft.record, draft.key, "invalid", refused.problems)


def _written(draft: _Draft) -> _Draft | Rejection:
    try:
        return draft._replace(content=canonical_text(draft.attributes))
    except Refused as refused:
        return Rejection(draft.record, draft.key, "invalid", refused.problems)


def _admitted(draft: _Draft, register: Register, settings: Settings) -> Arrival | Rejection:
    record, key, attributes, event, content = draft
    assert event is not None and key is not None  # noqa: S101, PT018 - it was parsed
    if problems := admission(event, register):
        return Rejection(record, key, "not-admitted", problems)
    if record.topic != (topic := function_topic(settings, event.lead_function)):
        return Rejection(
            record, key, "wrong-topic", [Problem("functions", "topic", f"hoort op topic {topic}")]
        )
    return Arrival(record, event, attributes, key, content, hashlib.sha256(content.encode()).digest())


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
    topic = dead_letter_topic(settings)
    outgoing = [_letter(topic, consumer, rejection) for rejection in rejections]
    # One by one: a few large ones together would not fit in the time of one acknowledgement.
    for letter in outgoing:
        await publisher.publish([letter])
    if outgoing:
        _log.warning(logs.line("buried records", consumer=consumer, records=len(outgoing)))


def _letter(topic: str, consumer: str, rejection: Rejection) -> Outgoing:
    record = rejection.record
    key, value = record.key, record.value
    headers = [(name, content or b"") for name, content in record.headers]
    about = [
        ("kernhub-consumer", consumer.encode()),
        ("kernhub-topic", record.topic.encode()),
        ("kernhub-partition", str(record.partition).encode()),
        ("kernhub-offset", str(record.offset).encode()),
        ("kernhub-reason", rejection.reason.encode()),
        ("kernhub-codes", ",".join(dict.fromkeys(p.code for p in rejection.problems)).encode()[:1000]),
    ]
    if sum(len(name) + len(content) for name, content in headers) > _MOST_HEADERS:
        headers = [("kernhub-headers-left-out", str(len(headers)).encode())]
    if key is not None and len(key) > _MOST_HEADERS:
        key = None
    if value is not None and len(value) > _MOST_VALUE:
        about.append(("kernhub-length", str(len(value)).encode()))
        about.append(("kernhub-sha256", hashlib.sha256(value).hexdigest().encode()))
        value = value[:_MOST_VALUE]
    if key is None and value is None:
        value = b""  # aiokafka sends no record without both
    return Outgoing(topic, key, value, [*headers, *about])


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


def reading_problems(record: ConsumerRecord[bytes, bytes]) -> Sequence[Problem]:
    """Why a record could not be read from Kafka, when it stands for such a one."""
    why = dict(record.headers).get(UNREADABLE) if record.value is None else None
    if why is None:
        return ()
    return [Problem("", "unreadable", f"is niet te lezen als Kafka-bericht: {why.decode()}")]


def _key_of(record: ConsumerRecord[bytes, bytes]) -> UUID | None:
    try:
        attributes = formats.from_kafka(record.headers, record.value)
    except Refused:
        return None
    return _key_in(attributes)


def _key_in(attributes: dict[str, Any]) -> UUID | None:
    source, event_id = attributes.get("source"), attributes.get("id")
    return event_key(source, event_id) if isinstance(source, str) and isinstance(event_id, str) else None
