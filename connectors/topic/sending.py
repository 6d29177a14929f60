"""Kafka as a way out: a topic per party, keyed by subject, with the reason as an attribute."""

import json
from collections.abc import Sequence
from typing import Any

from hub.errors import Unavailable
from hub.kafka.broker import Outgoing, Publisher, delivery_topic, ensure_topics
from hub.outlets.channel import Target, Welcome
from hub.outlets.handing import Handed
from hub.rules.outlets import Outcome, Sent
from hub.settings import Settings
from schemas.formats import BINARY, STRUCTURED

CHANNEL = "topic"


class Topics:
    """Writes deliveries in order: all of a turn, or none that counts."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._publisher = Publisher(settings)

    async def greet(self, target: Target) -> Welcome | Sent:
        """Makes the topic where it is missing."""
        try:
            await ensure_topics(self._settings, [delivery_topic(self._settings, target.party)])
        except Unavailable as error:
            return Sent(Outcome.FAILED, str(error))
        return Welcome()

    async def send(self, target: Target, deliveries: Sequence[Handed]) -> Sequence[Sent]:
        """Returns when Kafka has acknowledged all. When it does not, some may have arrived: they come again
        under the same `deliveryid`, and after them the rest, in order."""
        topic = delivery_topic(self._settings, target.party)
        try:
            await self._publisher.publish(
                [as_record(topic, one.event, target.target["mode"]) for one in deliveries]
            )
        except Unavailable:
            return []
        return [Sent(Outcome.TAKEN) for _ in deliveries]

    async def close(self) -> None:
        await self._publisher.close()


def as_record(topic: str, event: dict[str, Any], mode: str) -> Outgoing:
    """The event as a record (CloudEvents Kafka binding 1.0.2); `mode` is structured or binary. Of an
    exercise, the header `exercise` says so."""
    key = str(event["subject"]).encode()
    mark = [("exercise", b"true")] if "exercise" in event else []
    if mode == "structured":
        return Outgoing(topic, key, _json(event), (*mark, ("content-type", STRUCTURED.encode())))
    headers = [
        (f"ce_{name}", value.encode() if isinstance(value, str) else _json(value))
        for name, value in event.items()
        if name not in ("data", "datacontenttype") and value is not None
    ]
    return Outgoing(topic, key, _json(event["data"]), (*headers, *mark, ("content-type", BINARY.encode())))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
