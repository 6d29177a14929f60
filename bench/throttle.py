"""How fast a tick of the throttle is, beside bare SQL; and how fast a request is placed in a long queue.

    python -m bench.throttle [--requests 1000000] [--operators 400]

Real PostgreSQL. Every figure is of one machine on one day; the ratios are what counts.
"""

import argparse
import asyncio
import resource
import shutil
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.routing import say
from consumers.collecting import collect_rarely
from consumers.local.processes import Processes
from consumers.local.services import local_services
from consumers.throttle.placing import place_request
from consumers.throttle.worker import Throttle
from hub.kafka.broker import Publisher
from hub.register.seed import seed_history
from hub.rules.identity import event_key
from hub.rules.throttle.slots import Slots
from hub.settings import Settings
from hub.store.clock import clock_of, move_clock
from hub.store.database import as_owner, dsn, opened, transaction
from hub.store.migrate import migrate
from hub.store.privileges import app_role_of
from hub.store.register.registers import Registers, seed_if_empty
from schemas.catalogue import Request, parse

_VAR = Path("var/bench-throttle")
_AT = Slots().moment(Slots().latest(datetime(2027, 3, 9, 12, tzinfo=UTC)))
_BEFORE = _AT - timedelta(days=1)
_SHORTEST = 1_000
_PLACED = 200
"""Requests that open an item, and as many that join one, at each length of the queue."""
_ITEMS = """
    INSERT INTO item (item_key, operator, merge_key, library_key, functions, tlp, opened_at, state)
    SELECT md5('item' || n)::uuid, CASE n % $1 WHEN 0 THEN 'enexis' ELSE 'operator-' || n % $1 END,
           n::text, n::text, '{electricity}', 'GREEN', $2::timestamptz - n * interval '1 second', 'waiting'
    FROM generate_series($3::int, $4::int - 1) AS n
"""
_REQUESTS = """
    INSERT INTO request (event_key, operator, asker, item_key, areas, expires_at, state, received_at,
                         merge_key, library_key, half_way_at)
    SELECT md5('request' || n)::uuid, CASE n % $1 WHEN 0 THEN 'enexis' ELSE 'operator-' || n % $1 END,
           'asker-' || n / $1 % 413, md5('item' || n)::uuid, '{GM0935}',
           $2::timestamptz + interval '26 weeks', 'waiting', $2::timestamptz - n * interval '1 second',
           n::text, n::text, $2::timestamptz + interval '13 weeks'
    FROM generate_series($3::int, $4::int - 1) AS n
"""
_LOCKS = """
    INSERT INTO operator_lock (operator) SELECT DISTINCT operator FROM item ON CONFLICT DO NOTHING
"""
_BARE_BUNDLE = """
    INSERT INTO bundle (bundle_key, operator, slot, slot_at, released_at, only_classified)
    VALUES ($1, $2, $3, $4, $4, false)
"""


async def _main(requests: int, operators: int) -> None:
    collect_rarely()
    await asyncio.to_thread(shutil.rmtree, _VAR, ignore_errors=True)
    async with local_services(Settings(var=_VAR), Processes(), say) as services:
        settings = as_owner(services.model_copy(update={"clock": "scenario"}))
        async with opened(settings) as pool, Publisher(settings) as publisher:
            await migrate(pool, app_role_of(services))
            await seed_if_empty(pool, seed_history(), _BEFORE)
            connection = await asyncpg.connect(dsn(settings))
            try:
                await _growing(connection, pool, requests, operators)
                await connection.execute(_LOCKS)
                await _move(pool, _AT)
                clock = clock_of(settings, pool)
                throttle = Throttle(settings, pool, Registers(pool, clock), publisher, clock)
                await _tick(connection, throttle)
            finally:
                await connection.close()


async def _growing(
    connection: "asyncpg.Connection[asyncpg.Record]", pool: AsyncEngine, most: int, operators: int
) -> None:
    say("\na request finds its place, medians:")
    filled, length = 0, min(_SHORTEST, most)
    while True:
        for statement in (_ITEMS, _REQUESTS):
            await connection.execute(statement, operators, _BEFORE, filled, length)
        await connection.execute("VACUUM ANALYZE item, request")
        opens, joins = [], []
        for number in range(_PLACED):
            opens.append(await _placed(pool, f"Vraag {number} bij {length}?"))
            joins.append(await _placed(pool, f"Vraag {number} bij {length}?"))
        say(
            f"  {length:9} waiting: opens an item in {statistics.median(opens):.1f} ms,"
            f" joins one in {statistics.median(joins):.1f} ms"
        )
        if length >= most:
            return
        filled, length = length, min(length * 10, most)


async def _placed(pool: AsyncEngine, text: str) -> float:
    """Milliseconds in which a new request is placed."""
    request = _request(text)
    key = event_key(request.source, request.id)
    begin = time.perf_counter()
    async with transaction(pool) as connection:
        await place_request(connection, key, request, _BEFORE, _REGISTER, _BEFORE)
    return (time.perf_counter() - begin) * 1e3


_REGISTER = seed_history().on(_AT.date())


def _request(text: str) -> Request:
    request = parse(
        {
            "specversion": "1.0",
            "id": str(uuid4()),
            "source": f"urn:nld:oin:{_REGISTER.parties['gm0935'].oin}:systeem:bench",
            "type": "nl.vitale-functies.question.raised.v1",
            "time": _BEFORE.isoformat(),
            "subject": "bench",
            "datacontenttype": "application/json",
            "functions": "electricity",
            "areas": "GM0935",
            "tlp": "GREEN",
            "data": {"asked": ["enexis"], "text": text},
        }
    )
    assert isinstance(request, Request)  # noqa: S101 - a question
    return request


async def _tick(connection: "asyncpg.Connection[asyncpg.Record]", throttle: Throttle) -> None:
    waiting = await connection.fetchval("SELECT count(*) FROM request WHERE state = 'waiting'")
    operators = await connection.fetchval(
        "SELECT count(DISTINCT operator) FROM request WHERE state = 'waiting'"
    )
    begin, before = time.perf_counter(), _memory()
    await throttle.release_due()
    took = time.perf_counter() - begin
    left = await connection.fetchval("SELECT count(*) FROM item WHERE state = 'sent'")
    say(f"\na tick over {waiting} waiting requests of {operators} operators: {took:.1f} s, {left} items left")
    say(f"  memory {before:.0f} MiB before, {_memory():.0f} MiB after")
    bare = await _bare(connection)
    say(f"  the same rows in bare SQL: {bare:.1f} s; the tick takes {took / bare:.1f} times that (target 3)")


async def _bare(connection: "asyncpg.Connection[asyncpg.Record]") -> float:
    """Seconds in which bare SQL updates as many rows and inserts as many bundles, a transaction each."""
    bundles = await connection.fetch(
        "SELECT bundle_key, operator, slot, slot_at FROM bundle ORDER BY operator"
    )
    items = await connection.fetch("SELECT item_key, bundle_key FROM item WHERE state = 'sent'")
    of_bundle: dict[UUID, list[UUID]] = {}
    for row in items:
        of_bundle.setdefault(row["bundle_key"], []).append(row["item_key"])
    await connection.execute("UPDATE request SET state = 'waiting' WHERE state = 'sent'")
    await connection.execute("UPDATE item SET state = 'waiting', bundle_key = NULL WHERE state = 'sent'")
    await connection.execute("DELETE FROM bundle")
    await connection.execute("VACUUM ANALYZE item, request, bundle")
    begin = time.perf_counter()
    for row in bundles:
        keys = of_bundle[row["bundle_key"]]
        async with connection.transaction():
            await connection.execute(
                _BARE_BUNDLE, row["bundle_key"], row["operator"], row["slot"], row["slot_at"]
            )
            await connection.execute(
                "UPDATE item SET state = 'sent', bundle_key = $1 WHERE item_key = ANY($2)",
                row["bundle_key"],
                keys,
            )
            await connection.execute(
                "UPDATE request SET state = 'sent' WHERE item_key = ANY($1) AND state = 'waiting'", keys
            )
    return time.perf_counter() - begin


async def _move(pool: AsyncEngine, to: datetime) -> None:
    async with transaction(pool) as connection:
        await move_clock(connection, to)


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--operators", type=int, default=400)
    chosen = parser.parse_args()
    asyncio.run(_main(chosen.requests, chosen.operators))


if __name__ == "__main__":
    main()
