"""Parties with a system over every way out, and all that came to it."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import unquote

import aiokafka

from consumers.ways_out.channels import WANTED
from hub.kafka.access import for_aiokafka
from hub.kafka.broker import delivery_topic, ensure_topics
from hub.outlets.own_outlets import put_own, read_wanted
from hub.outlets.webhooks import put_webhook
from hub.store.database import transaction
from hub.store.deliveries import outlets
from hub.store.deliveries.outlets import OutletName
from hub.store.deliveries.stream import number_planned
from tests.fed import NOW, Hub
from tests.outletted import Sender, sending
from tests.receiver import Received, Receiver, Writer, receiving

ROOM_LABELS = ("CLEAR", "GREEN", "AMBER")


class Systems(NamedTuple):
    """Which parties have a system over which way; a room may know the label of its turn."""

    webhooks: Sequence[str] = ()
    rooms: Sequence[str] = ()
    topics: Sequence[str] = ()

    def room_label(self, party: str) -> str:
        return ROOM_LABELS[self.rooms.index(party) % len(ROOM_LABELS)]


async def _as_homeserver(receiver: Receiver, request: Received, writer: Writer) -> None:
    """Answers as a homeserver of closed rooms that takes all."""
    said = {"join_rule": "invite"} if "join_rules" in request.path else {}
    code = 404 if "m.room.encryption" in request.path else 200
    if code == 404:
        said = {"errcode": "M_NOT_FOUND"}
    body = json.dumps(said)
    writer.write(f"HTTP/1.1 {code} Woord\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())


class Sent:
    """All that went over each way, by party; a sender to send it with."""

    def __init__(self, hub: Hub, sender: Sender, systems: Systems, hooks: Receiver, rooms: Receiver):
        self.hub, self.sender, self.systems = hub, sender, systems
        self._hooks, self._rooms = hooks, rooms

    async def send_all(self, most: int = 8) -> None:
        """Sends until rooms, which are told a few a minute, have all of it too."""
        for _ in range(most):
            await self.sender.later(minutes=1)

    async def by_way(self) -> dict[str, dict[str, list[str]]]:
        """Every text by way and party, with what stands around it."""
        found: dict[str, dict[str, list[str]]] = {
            "webhook": {party: [] for party in self.systems.webhooks},
            "room": {party: [] for party in self.systems.rooms},
            "topic": {party: await _on_topic(self.hub, party) for party in self.systems.topics},
        }
        for way, receiver in (("webhook", self._hooks), ("room", self._rooms)):
            for one in receiver.asked:
                party = _party(one.path)
                found[way][party].append(f"{one.path}\n{one.headers}\n{one.body.decode()}")
        return found


def _party(path: str) -> str:
    """The party whose system this is: its name stands in the address, or in that of the room."""
    path = unquote(path)
    return path.partition("/hub/")[2] or path.partition("!")[2].partition(":")[0]


async def _on_topic(hub: Hub, party: str) -> list[str]:
    topic = delivery_topic(hub.settings, party)
    consumer = aiokafka.AIOKafkaConsumer(topic, **for_aiokafka(hub.settings), auto_offset_reset="earliest")
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        got: list[str] = []
        while len(got) < sum(ends.values()):
            for some in (await consumer.getmany(timeout_ms=500)).values():
                got += [f"{one.key!r} {one.headers} {one.value.decode()}" for one in some]
        return got
    finally:
        await consumer.stop()


@asynccontextmanager
async def systems_of(hub: Hub, systems: Systems) -> AsyncIterator[Sent]:
    """Systems of these parties that have been greeted, and get what comes from now on."""
    await ensure_topics(hub.settings, [delivery_topic(hub.settings, party) for party in systems.topics])
    async with receiving() as hooks, receiving() as rooms, sending(hub) as sender:
        rooms.usual = _as_homeserver
        await number_planned(hub.pool)
        async with transaction(hub.pool) as connection:
            for party in systems.webhooks:
                called, url = OutletName(party, "webhook", "zaken"), f"{hooks.url}/{party}"
                await put_webhook(connection, called, url, "binary", NOW, local=True)
            for party in systems.topics:
                await outlets.put_outlet(
                    connection, OutletName(party, "topic", "kafka"), {"mode": "structured"}, [], NOW
                )
            for party in systems.rooms:
                await _put_room(connection, party, rooms.url.removesuffix("/hub"), systems.room_label(party))
        await sender.go()
        yield Sent(hub, sender, systems, hooks, rooms)


async def _put_room(connection: Any, party: str, url: str, most: str) -> None:
    written = {"url": url, "room": f"!{party}:hub.test", "token": "geheimpje", "most": most}
    wanted = read_wanted(WANTED, "matrix", written, local=True)
    await put_own(connection, OutletName(party, "matrix", "team"), wanted, NOW)
