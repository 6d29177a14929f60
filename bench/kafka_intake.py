"""How fast what parties write on Kafka is taken in, beside a bare loop that only consumes and produces.

    python -m bench.kafka_intake [--events 20000] [--rounds 3]

Same machine, same Kafka with acks=all, same records on eight topics. Each is a process of its own, and is
alone when it is measured. The bare loop is measured with batches as large as the hub's, and with one record
at a time, with a tenth of the events. The hub also checks every rule, holds parties to their limits, claims
the id and records that the event came in. It begins with an empty database.
"""

import argparse
import asyncio
import json
import math
import os
import shutil
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import aiokafka

from bench.intake import _PARTIES, _event
from bench.ledger import processor_time
from consumers.kafka.lanes import MOST
from consumers.local import kafka, postgres
from consumers.local.processes import Processes
from consumers.local.services import local_services
from consumers.workers import prepare_store
from hub.kafka.access import for_aiokafka
from hub.kafka.broker import ensure_topics, function_topic, intake_topic
from hub.rules.scopes import SAYING
from hub.settings import Settings
from hub.store.access.kafka_accounts import open_account
from hub.store.clock import SystemClock
from hub.store.database import opened, transaction
from hub.store.register.registers import Registers
from schemas.formats import STRUCTURED
from schemas.terms import FunctionSlug

_HEADERS = [("content-type", STRUCTURED.encode())]
_ARGUMENTS = {
    "hub": ["consumers.program.main", "run", "intake"],
    "bare, in batches": ["bench.bare_kafka", str(MOST)],
    "bare, one by one": ["bench.bare_kafka", "1"],
}


class Spent(NamedTuple):
    """Processor time so far, in seconds: of the process that is measured, of PostgreSQL with all its
    processes, of Kafka, and of this one, which writes."""

    own: float
    database: float
    broker: float
    writer: float

    @classmethod
    def now(cls, own: int, processes: Processes) -> "Spent":
        database = processes.pid(postgres.NAME) if processes.runs(postgres.NAME) else None
        broker = processes.pid(kafka.NAME) if processes.runs(kafka.NAME) else None
        return cls(
            processor_time(own),
            _with_children(database) if database else math.nan,
            processor_time(broker) if broker else math.nan,
            time.process_time(),
        )

    def since(self, before: "Spent", events: int) -> "Spent":
        """In microseconds for each of so many events."""
        return Spent(*((now - then) / events * 1e6 for now, then in zip(self, before, strict=True)))


def _with_children(process: int) -> float:
    """Also of those that have ended."""
    found = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(stat.parent.name) == process:
                found += sum(map(int, fields[11:15]))
            elif int(fields[1]) == process:
                found += sum(map(int, fields[11:13]))
    return found / os.sysconf("SC_CLK_TCK")


async def _measure(options: argparse.Namespace, var: Path) -> None:
    processes = Processes()
    async with AsyncExitStack() as stack:
        chosen = Settings(
            var=var, http_port=0, limit_events=100_000_000, limit_megabytes=1_000_000, log_level="warning"
        )
        settings = await stack.enter_async_context(local_services(chosen, processes, _tell))
        pool = await stack.enter_async_context(opened(settings))
        await prepare_store(settings)
        await ensure_topics(settings)
        register = await Registers(pool, SystemClock()).newest()
        parties = sorted(p for p in register.parties if p.startswith("gm"))[:_PARTIES]
        read = {
            "hub": [intake_topic(settings, party) for party in parties],
            "bare, in batches": [f"bare-{MOST}-in-{party}" for party in parties],
            "bare, one by one": [f"bare-1-in-{party}" for party in parties],
        }
        made = {
            "hub": function_topic(settings, FunctionSlug.ELECTRICITY),
            "bare, in batches": f"bare-{MOST}-out",
            "bare, one by one": "bare-1-out",
        }
        one = settings.model_copy(update={"topic_partitions": 1})
        await ensure_topics(one, [topic for topics in read.values() for topic in topics])
        await ensure_topics(settings, list(made.values()))
        now = datetime.now(UTC)
        async with transaction(pool) as connection:
            for party in parties:
                await open_account(connection, party, "meting", SAYING, now)
        sources = [f"urn:nld:oin:{register.parties[party].oin}:systeem:meting" for party in parties]
        where = for_aiokafka(settings)
        producer = await stack.enter_async_context(
            aiokafka.AIOKafkaProducer(**where, acks="all", linger_ms=5)
        )
        watcher = await stack.enter_async_context(aiokafka.AIOKafkaConsumer(**where))
        rates: dict[str, list[float]] = {name: [] for name in made}
        work: dict[str, list[Spent]] = {name: [] for name in made}
        for number in range(options.rounds + 1):  # the first warms up
            for name, topic in made.items():
                slug = name.replace(",", "").replace(" ", "-")
                child = await processes.start(
                    slug,
                    [sys.executable, "-m", *_ARGUMENTS[name]],
                    log=var / f"{slug}.log",
                    env=settings.as_environment(),
                )
                run = f"{now:%Y%m%d%H%M%S}-{slug}-{number}"
                events = options.events // 10 if name == "bare, one by one" else options.events
                before = await _end(watcher, topic) + _PARTIES
                # It is at work when it has passed on one of each party.
                await _write(producer, read[name], sources, f"{run}-begin", _PARTIES)
                await _until(watcher, topic, before)
                begin, spent = time.perf_counter(), Spent.now(child.pid, processes)
                await _write(producer, read[name], sources, run, events)
                await _until(watcher, topic, before + events)
                rate = events / (time.perf_counter() - begin)
                spent = Spent.now(child.pid, processes).since(spent, events)
                await processes.stop_all([slug], 20)
                if number:
                    rates[name].append(rate)
                    work[name].append(spent)
    median = {name: statistics.median(found) for name, found in rates.items()}
    for name, rate in median.items():
        own, database, broker, writer = map(statistics.median, zip(*work[name], strict=True))
        _tell(
            f"{name}: {rate:.0f} events/s; microseconds of processor time an event: {own:.0f} its own, "
            f"{database:.0f} PostgreSQL, {broker:.0f} Kafka, {writer:.0f} who writes"
        )
    for name, rate in median.items():
        if name != "hub":
            _tell(f"hub / {name}: {median['hub'] / rate:.2f}")


async def _write(
    producer: aiokafka.AIOKafkaProducer,
    topics: Sequence[str],
    sources: Sequence[str],
    run: str,
    count: int,
) -> None:
    sent = []
    for number in range(count):
        event = _event(sources[number % _PARTIES], f"{run}-{number}")
        value = json.dumps(event).encode()
        sent.append(await producer.send(topics[number % _PARTIES], value, headers=_HEADERS))
    await asyncio.gather(*sent)


async def _end(watcher: aiokafka.AIOKafkaConsumer, topic: str) -> int:
    partitions = [aiokafka.TopicPartition(topic, number) for number in range(3)]
    return sum((await watcher.end_offsets(partitions)).values())


async def _until(watcher: aiokafka.AIOKafkaConsumer, topic: str, count: int) -> None:
    async with asyncio.timeout(120):
        while await _end(watcher, topic) < count:  # noqa: ASYNC110 - Kafka tells nobody
            await asyncio.sleep(0.01)


def _tell(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=20000)
    parser.add_argument("--rounds", type=int, default=3)
    options, var = parser.parse_args(), Path("var/bench").absolute()
    shutil.rmtree(var, ignore_errors=True)
    asyncio.run(_measure(options, var))


if __name__ == "__main__":
    main()
