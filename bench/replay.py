"""How fast a replay checks what was routed, beside the router itself in the same run, and how much memory it
takes.

    python -m bench.replay [--events 20000]

Every figure is of one machine on one day; the ratio is what counts. A million deliveries are some 25,000
events."""

import argparse
import asyncio
import json
import resource
import shutil
import time
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from typing import Any

from aiokafka import ConsumerRecord
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.national import events, national_history
from consumers.commands.replay_check import check
from consumers.kafka.inbox import Arrival, read
from consumers.local.processes import Processes
from consumers.local.services import local_services
from consumers.routing.router import Router
from consumers.workers import prepare_store
from hub.kafka.broker import Publisher, function_topic
from hub.register.model import Register
from hub.rules.ledger.notes import Signer
from hub.rules.ledger.selecting import Selection
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, transaction
from hub.store.ledger.numbering import number_next
from hub.store.register.registers import Registers, lock_register, save_history
from schemas.terms import FunctionSlug

_VAR = Path("var/bench-replay")
_LOCAL_OPERATORS = 500
_AT_ONCE = 500
_SIGNER = Signer.made("bench.example/ledger")
_HEADERS = (("content-type", b"application/cloudevents+json"),)


def say(words: str) -> None:
    """A line of the report, at once."""
    print(words, flush=True)  # noqa: T201


async def _sampled(samples: list[int]) -> None:
    """The memory of this process in MiB, a few times a second."""
    pages = Path("/proc/self/statm")
    while True:
        samples.append(int(pages.read_text().split()[1]) * resource.getpagesize() // 1024**2)  # noqa: ASYNC240
        await asyncio.sleep(0.2)


def _record(settings: Settings, event: dict[str, Any], offset: int) -> ConsumerRecord[bytes, bytes]:
    value = json.dumps(event).encode()
    topic = function_topic(settings, FunctionSlug(event["functions"].split(",")[0]))
    key = event["subject"].encode()
    return ConsumerRecord(topic, 0, offset, 0, 0, key, value, 0, len(key), len(value), _HEADERS)


async def _route(settings: Settings, pool: AsyncEngine, register: Register, total: int) -> tuple[int, float]:
    """How many events may come in, and the seconds that the router takes, handed what stands on Kafka."""
    clock = clock_of(settings, pool)
    router = Router(settings, pool, Registers(pool, clock), Publisher(settings), clock)
    upcoming, offsets, seconds, routed = events(total, register), count(), 0.0, 0
    while some := [_record(settings, one, next(offsets)) for one in islice(upcoming, _AT_ONCE)]:
        may = [one.record for one in read(some, register, settings) if isinstance(one, Arrival)]
        begin = time.perf_counter()
        await router.on_records(may)
        seconds += time.perf_counter() - begin
        routed += len(may)
    return routed, seconds


async def _main(total: int) -> None:
    await asyncio.to_thread(shutil.rmtree, _VAR, ignore_errors=True)
    only_database = Settings(var=_VAR, kafka_servers="none:1", smtp_host="none")
    async with local_services(only_database, Processes(), say) as settings, opened(settings, 600) as pool:
        await prepare_store(settings)
        now, history = datetime.now(UTC), national_history(_LOCAL_OPERATORS)
        async with transaction(pool) as connection:
            await lock_register(connection)
            await save_history(connection, history, "administrator", now)
        total, routed = await _route(settings, pool, history.on(now.date()), total)
        async with transaction(pool) as connection:
            deliveries = await connection.scalar(text("SELECT sum(cardinality(parties)) FROM audience"))
        while True:
            async with transaction(pool) as connection:
                if not await number_next(connection, now, _SIGNER):
                    break
        say(f"router: {total / routed:.0f} events/s, {deliveries / routed:.0f} deliveries/s; {deliveries}")
        samples: list[int] = []
        sampling = asyncio.create_task(_sampled(samples))
        begin = time.perf_counter()
        code = await check(settings, Selection(), "bench")
        took = time.perf_counter() - begin
        sampling.cancel()
        say(f"check: {total / took:.0f} events/s, {deliveries / took:.0f} deliveries/s, exit code {code}")
        say(f"check / router: {routed / took:.2f} (target 0.5)")
        say(
            f"memory: {samples[0]} MiB at the begin, {samples[len(samples) // 2]} halfway, {samples[-1]} at "
            f"the end, {max(samples)} at most"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=20_000)
    asyncio.run(_main(parser.parse_args().events))


if __name__ == "__main__":
    main()
