"""One process that takes all events from Kafka and stores their rows: the router, or a bare loop beside it.

Prints a line after each batch that PostgreSQL has: when it came, when it was stored, how many events, and the
process's memory in KiB. Run by `bench.end_to_end`, which ends it."""

import asyncio
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

import aiokafka
import asyncpg
from pydantic import TypeAdapter

from bench.national import national_history
from consumers.collecting import collect_rarely
from consumers.kafka.stream import Records, consume
from consumers.routing.router import GROUP, Router
from hub.kafka.access import for_aiokafka
from hub.kafka.broker import Publisher, function_topics
from hub.settings import Settings
from hub.store.clock import SystemClock
from hub.store.database import dsn, opened
from hub.store.register.registers import Registers
from schemas.envelope import Envelope

MOST_RECORDS = 1000
BARE_TABLE = """
CREATE TABLE bare (event_key uuid, party text, channel text, mode text, planned_at timestamptz,
                   PRIMARY KEY (event_key, party, channel))
"""
_INSERT = """
INSERT INTO bare
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
ON CONFLICT DO NOTHING
"""
_COLUMNS = ["event_key", "party", "channel", "mode", "planned_at"]


class Bare(Envelope):
    """The envelope, with data as they are."""

    data: dict[str, object]  # type: ignore[assignment]


def say(came: float, events: int) -> None:
    """Reports a stored batch."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(came, time.monotonic(), events, memory, flush=True)  # noqa: T201


async def route(settings: Settings) -> None:
    """The hub's own router, as its worker runs it."""
    collect_rarely()
    async with opened(settings) as pool, Publisher(settings) as publisher:
        clock = SystemClock()
        router = Router(settings, pool, Registers(pool, clock), publisher, clock)
        await router.on_records([])

        async def handle(records: Records) -> None:
            came = time.monotonic()
            await router.on_records(records)
            say(came, len(records))

        await consume(settings, GROUP, handle, asyncio.Event())


Row = tuple[UUID, str, str, str, datetime]
Store = Callable[["asyncpg.Connection[asyncpg.Record]", list[Row]], Awaitable[object]]


async def copy(connection: "asyncpg.Connection[asyncpg.Record]", rows: list[Row]) -> None:
    """COPY: the fastest way in, which can't do the same rows twice."""
    await connection.copy_records_to_table("bare", records=rows, columns=_COLUMNS)


async def upsert(connection: "asyncpg.Connection[asyncpg.Record]", rows: list[Row]) -> None:
    """INSERT of arrays that leaves out the rows that are there."""
    await connection.execute(_INSERT, *map(list, zip(*rows, strict=True)))


async def bare(settings: Settings, store: Store, rows_of_event: int) -> None:
    """A loop without a hub: take a batch, validate each envelope, store as many rows, commit the offsets."""
    parties = sorted(national_history().on(datetime.now(UTC).date()).parties)
    envelope = TypeAdapter(Bare)
    consumer = aiokafka.AIOKafkaConsumer(
        *function_topics(settings),
        **for_aiokafka(settings),
        group_id=f"{settings.topic_prefix}.bare",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    connection = await asyncpg.connect(dsn(settings))
    await consumer.start()
    try:
        while True:
            batches = await consumer.getmany(timeout_ms=50, max_records=MOST_RECORDS)
            records = [record for batch in batches.values() for record in batch]
            if not records:
                continue
            came, now = time.monotonic(), datetime.now(UTC)
            found = [envelope.validate_json(record.value) for record in records]
            rows = [
                (key, party, "mail", "digest", now)
                for event in found
                for key in [uuid5(NAMESPACE_URL, f"{event.source}\n{event.id}")]
                for party in parties[:rows_of_event]
            ]
            async with connection.transaction():
                await store(connection, rows)
            await consumer.commit()
            say(came, len(records))
    finally:
        await consumer.stop()


def main() -> None:
    kind, rows_of_event = sys.argv[1], int(sys.argv[2])
    settings = Settings()
    if kind == "router":
        asyncio.run(route(settings))
    else:
        asyncio.run(bare(settings, {"copy": copy, "upsert": upsert}[kind], rows_of_event))


if __name__ == "__main__":
    main()
