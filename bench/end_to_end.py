"""From Kafka to committed rows: the router beside two bare loops, on the same Kafka and PostgreSQL."""

import asyncio
import itertools
import json
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import NamedTuple

import aiokafka
import asyncpg
from pydantic import PostgresDsn

from bench.contender import BARE_TABLE
from bench.national import events
from hub.kafka.access import for_aiokafka
from hub.kafka.broker import ensure_topics, function_topic
from hub.register.history import History
from hub.settings import Settings
from hub.store.database import as_owner, dsn, opened
from hub.store.migrate import migrate
from hub.store.privileges import app_role_of
from hub.store.register.registers import seed_if_empty
from schemas.formats import STRUCTURED
from schemas.terms import FunctionSlug

_numbers = itertools.count(1)
_HEADERS = [("content-type", STRUCTURED.encode())]


class Run(NamedTuple):
    """What one or more equal processes did together: events, seconds from the first batch to the last commit,
    rows in PostgreSQL, and the memory of the largest in KiB halfway and at the end."""

    events: int
    seconds: float
    rows: int
    half_memory: int
    memory: int

    @property
    def events_per_second(self) -> float:
        return self.events / self.seconds

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds


async def measure(
    services: Settings,
    kind: str,
    count: int,
    history: History,
    *,
    processes: int = 1,
    rows_of_event: int = 0,
    about: FunctionSlug | None = None,
) -> Run:
    """Fills topics of its own with `count` events and lets processes of this kind take them all."""
    settings = await _prepared(services, history)
    await _fill(settings, count, history, about)
    batches, memory, half = [], {}, 0
    async with AsyncExitStack() as stack:
        lines: asyncio.Queue[tuple[int, str]] = asyncio.Queue()
        for number in range(processes):
            await stack.enter_async_context(_running(settings, kind, rows_of_event, number, lines))
        done = 0
        while done < count:
            number, line = await lines.get()
            if not line:
                raise RuntimeError(f"{kind} ended before it had done all {count} events, at {done}")
            came, stored, taken, resident = line.split()
            batches.append((float(came), float(stored)))
            done, memory[number] = done + int(taken), int(resident)
            if done <= count / 2:
                half = max(memory.values())
    seconds = max(stored for _, stored in batches) - min(came for came, _ in batches)
    rows = await _rows(settings, "delivery" if kind == "router" else "bare")
    return Run(count, seconds, rows, half, max(memory.values()))


class _running:  # noqa: N801 - reads as a context manager
    def __init__(
        self, settings: Settings, kind: str, rows: int, number: int, lines: "asyncio.Queue[tuple[int, str]]"
    ):
        self._command: Sequence[str] = (sys.executable, "-m", "bench.contender", kind, str(rows))
        self._settings, self._number, self._lines = settings, number, lines

    async def __aenter__(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command, env=self._settings.as_environment(), stdout=asyncio.subprocess.PIPE
        )
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        async for line in self._process.stdout:
            self._lines.put_nowait((self._number, line.decode()))
        self._lines.put_nowait((self._number, ""))

    async def __aexit__(self, *_: object) -> None:
        self._process.kill()
        await self._process.wait()
        await self._reading


async def _prepared(services: Settings, history: History) -> Settings:
    name = f"run_{next(_numbers)}"
    role, services = app_role_of(services), as_owner(services)
    connection = await asyncpg.connect(dsn(services))
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    url = dsn(services).rpartition("/")[0]
    settings = services.model_copy(
        update={"topic_prefix": name.replace("_", "-"), "database_url": PostgresDsn(f"{url}/{name}")}
    )
    async with opened(settings) as pool:
        await migrate(pool, role)
        await seed_if_empty(pool, history, datetime.now(UTC))
    connection = await asyncpg.connect(dsn(settings))
    try:
        await connection.execute(BARE_TABLE)
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    return settings


async def _fill(settings: Settings, count: int, history: History, about: FunctionSlug | None) -> None:
    await ensure_topics(settings)
    register = history.on(datetime.now(UTC).date())
    producer = aiokafka.AIOKafkaProducer(**for_aiokafka(settings), linger_ms=20)
    await producer.start()
    try:
        for event in events(count, register, about):
            topic = function_topic(settings, FunctionSlug(event["functions"]))
            value = json.dumps(event).encode()
            await producer.send(topic, value, key=event["subject"].encode(), headers=_HEADERS)
        await producer.flush()
    finally:
        await producer.stop()


async def _rows(settings: Settings, table: str) -> int:
    connection = await asyncpg.connect(dsn(settings))
    try:
        return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608 - one of two
    finally:
        await connection.close()
