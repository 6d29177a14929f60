"""A dead letter that is sent again, after what was wrong is repaired: the record as it came, on the topic
where it belongs. What it does then, it does once: an event is known by its source and id."""

from datetime import datetime

import aiokafka
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import CorruptRecordException, KafkaError, OffsetOutOfRangeError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import HubError, KafkaUnavailable
from hub.kafka.access import for_aiokafka
from hub.kafka.broker import SEND_SECONDS, Outgoing, Publisher, function_topic
from hub.settings import Settings
from hub.store.intake.letters import LetterKey, lock_letter, mark_sent_again
from hub.store.ledger.records import Entry, record
from schemas import formats
from schemas.problems import Refused
from schemas.terms import FunctionSlug

_AGAIN = "Vraag de afzender om het opnieuw te sturen."


class LetterUnknown(HubError):
    """There is no such dead letter."""

    def __init__(self, written: str) -> None:
        super().__init__(f"Onbestelbaar bericht {written!r} is er niet. Kijk met 'kernhub dead-letter list'.")


class LetterGone(HubError):
    """The record can't be sent again: Kafka can't give it any more."""


async def send_again(
    connection: AsyncConnection,
    settings: Settings,
    publisher: Publisher,
    key: LetterKey,
    by: str,
    now: datetime,
) -> datetime:
    """Sends it again, once, with a record of who did; when that was. What fails again is a new letter. Raises
    LetterUnknown, LetterGone or KafkaUnavailable."""
    letter = await lock_letter(connection, key)
    if letter is None:
        raise LetterUnknown(str(key))
    if letter.sent_again_at is not None:
        before: datetime = letter.sent_again_at
        return before
    if letter.reason == "unreadable":
        raise LetterGone(f"Dit bericht is niet te lezen. {_AGAIN}")
    found = await _read(settings, key)
    topic = _topic_of(found, settings) if letter.reason == "wrong-topic" else key.topic
    await publisher.publish([Outgoing(topic, found.key, found.value, [*found.headers])])
    await mark_sent_again(connection, key, now)
    facts = {**key._asdict(), "to": topic, "by": by}
    await record(connection, [Entry("dead-letter-sent-again", tuple(key), letter.event_key, now, facts)])
    return now


async def _read(settings: Settings, key: LetterKey) -> "ConsumerRecord[bytes, bytes]":
    """The record where it stands. Raises LetterGone when Kafka does not have it any more."""
    place = TopicPartition(key.topic, key.partition)
    consumer = aiokafka.AIOKafkaConsumer(
        **for_aiokafka(settings), enable_auto_commit=False, auto_offset_reset="none"
    )
    try:
        await consumer.start()
        consumer.assign([place])
        consumer.seek(place, key.offset)
        read = await consumer.getmany(place, timeout_ms=int(SEND_SECONDS * 1000), max_records=1)
    except OffsetOutOfRangeError:
        read = {}
    except CorruptRecordException:
        raise LetterGone(f"Dit bericht is niet te lezen. {_AGAIN}") from None
    except (KafkaError, OSError) as error:
        raise KafkaUnavailable(f"Kafka op {settings.kafka_servers} geeft geen antwoord.") from error
    finally:
        await consumer.stop()
    found = next((one for some in read.values() for one in some if one.offset == key.offset), None)
    if found is None:
        raise LetterGone(f"Kafka heeft dit bericht niet meer. {_AGAIN}")
    return found


def _topic_of(found: "ConsumerRecord[bytes, bytes]", settings: Settings) -> str:
    try:
        attributes = formats.from_kafka(found.headers, found.value)
        return function_topic(settings, FunctionSlug(str(attributes.get("functions")).split(",")[0]))
    except (Refused, ValueError):
        raise LetterGone(f"In dit bericht staat geen functie. {_AGAIN}") from None
