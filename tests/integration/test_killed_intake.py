"""The web server and Kafka are killed while parties publish: what was answered 202 is there, and once."""

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.local import java, kafka, kafka_jars, ready
from consumers.local.processes import Processes
from hub.kafka.broker import Publisher, ensure_topics, function_topics
from hub.settings import Settings
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.database import transaction
from tests.fed import NOW, Hub
from tests.ports import free_port
from tests.samples import sample

SENDERS, EACH = 6, 20
_HTTP = "http"


class Killed:
    """A web server and a Kafka of its own, each of which starts again where it was when it is killed."""

    def __init__(self, settings: Settings, var: Path, processes: Processes):
        self._settings = settings
        self._var = var
        self._processes = processes

    async def start_http(self) -> None:
        environment = {**os.environ, **self._settings.for_workers().as_environment()}
        argv = [sys.executable, "-m", "consumers.program.main", "run", "http"]
        await self._processes.start(_HTTP, argv, log=self._var / "http.log", env=environment)

    async def start_kafka(self) -> None:
        folder = self._var / "kafka"
        node = kafka._Node(
            await java.find(), await kafka_jars.fetch(lambda _: None), folder, self._var / "k.log"
        )
        argv = node.argv("kafka.Kafka", str(folder / "server.properties"))
        await self._processes.start(kafka.NAME, argv, log=node.log)

    async def kill(self, name: str, again: Callable[[], Coroutine[Any, Any, None]]) -> None:
        os.kill(self._processes.pid(name), signal.SIGKILL)
        await self._processes.crashed()
        await again()


@asynccontextmanager
async def _hub_of_its_own(settings: Settings, var: Path) -> AsyncIterator[tuple[Settings, Killed]]:
    processes = Processes()
    port = free_port()
    try:
        (var / "log").mkdir()
        servers = (await kafka.start(var, processes, lambda _: None)).hub
        known = settings.model_copy(
            update={
                "kafka_servers": servers,
                "http_port": port,
                "http_host": "127.0.0.1",
                "limit_events": 100_000,
            }
        )
        await ensure_topics(known)
        killed = Killed(known, var, processes)
        await killed.start_http()
        async with asyncio.timeout(180):
            while not await ready.listens(port):  # noqa: ASYNC110 - another process listens
                await asyncio.sleep(0.05)
        yield known, killed
    finally:
        await processes.stop_all([_HTTP, kafka.NAME], 20)


async def _publish(client: httpx.AsyncClient, sender: int, kept: set[str]) -> None:
    """Publishes in order, each again until it is answered that it is kept."""
    for number in range(EACH):
        event = sample(f"n{sender}-{number}", subject=f"zaak-{sender}")
        while True:
            try:
                status = (await client.post("/v1/events", json=event)).status_code
            except httpx.TransportError:
                status = 0
            if status == httpx.codes.ACCEPTED:
                break
            # While Kafka is away others of the party wait for their turn, some too long.
            assert status in (0, 429, 503)
            await asyncio.sleep(0.1)
        kept.add(event["id"])


async def _on_kafka(settings: Settings) -> list[ConsumerRecord[bytes, bytes]]:
    topics = function_topics(settings)
    async with AIOKafkaConsumer(
        *topics, bootstrap_servers=settings.kafka_servers, auto_offset_reset="earliest"
    ) as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        return [await consumer.getone() for _ in range(sum(ends.values()))]


async def test_what_was_answered_202_is_there_once_when_the_web_server_and_kafka_are_killed(
    settings: Settings, pool: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It starts again where it was, so nobody may take its ports meanwhile.
    monkeypatch.setattr(kafka, "PORTS", tuple(free_port() for _ in kafka.PORTS))
    kept: set[str] = set()
    seed = random.randrange(10**6)  # noqa: S311 - not for secrets
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    async with transaction(pool) as connection:
        token = await new_token(connection, "gm0935", datetime.now(UTC))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents+json"}
    async with _hub_of_its_own(settings, tmp_path) as (known, killed):
        address = f"http://127.0.0.1:{known.http_port}"
        async with (
            asyncio.timeout(600),
            httpx.AsyncClient(base_url=address, headers=headers, timeout=30) as client,
        ):
            sending = [asyncio.create_task(_publish(client, sender, kept)) for sender in range(SENDERS)]
            moments = sorted(chance.sample(range(10, SENDERS * EACH - 30), 2))
            kills = [(_HTTP, killed.start_http), (kafka.NAME, killed.start_kafka)]
            chance.shuffle(kills)
            for moment, (name, again) in zip(moments, kills, strict=True):
                while len(kept) < moment:  # noqa: ASYNC110 - the senders tell nobody
                    await asyncio.sleep(0.001)
                await killed.kill(name, again)
            await asyncio.gather(*sending)
        records = await _on_kafka(known)
        async with Publisher(known) as publisher:
            hub = Hub(known, pool, publisher)
            await hub.at(NOW)
            await hub.router.on_records(records)
            # As after a crash of the router, which reads them all again.
            await hub.router.on_records(records)
    assert len(kept) == SENDERS * EACH
    assert sorted(row.content["id"] for row in await hub.rows(tables.event)) == sorted(kept), seed
    received = await hub.rows(tables.ledger, tables.ledger.c.kind == "event-received")
    assert len(received) == len(kept), seed
    assert await hub.rows(tables.dead_letter) == []
    # Of each case in the order in which it was sent, also where an event stands twice after a kill.
    for sender in range(SENDERS):
        events = [event for record in records if (event := json.loads(record.value or b""))]
        ids = [event["id"] for event in events if event["subject"] == f"zaak-{sender}"]
        assert list(dict.fromkeys(ids)) == [f"n{sender}-{number}" for number in range(EACH)], seed
