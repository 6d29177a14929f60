"""How fast the ledger is: append beside a bare COPY of the same rows in the same run, verify, and proofs.

    python -m bench.ledger [--records 100000] [--rounds 3] [--leaves 10000000]

Every figure is of one machine on one day; the ratios are what counts."""

import argparse
import asyncio
import random
import resource
import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.local.processes import Processes
from consumers.local.services import local_services
from consumers.workers import prepare_store
from hub.rules.identity import Json, canonical_text
from hub.rules.ledger.notes import Signer
from hub.rules.ledger.paths import inclusion_path, proves_inclusion
from hub.rules.ledger.tiles import Growing, edge_of, tiles_of
from hub.settings import Settings
from hub.store.database import as_owner, dsn, opened, snapshot, transaction
from hub.store.ledger_checks import check_ledger
from hub.store.ledger_trees import keep_tiles, prove_inclusion
from hub.store.ledgers import Entry, record
from hub.store.numbering import number_next

_VAR = Path("var/bench-ledger")
_AT_ONCE = 1000
"""Records of one transaction, as of a batch from Kafka."""
_SIGNER = Signer.made("bench.example/ledger")
_DELIVERIES = Json(
    canonical_text(
        [{"channel": "mail", "mode": "digest", "parties": [f"gm{n:04}" for n in range(40)], "reasons": ["x"]}]
    )
)
"""As the router has them, written once for all events of a place."""
_BARE = """
DROP TABLE IF EXISTS bare;
CREATE TABLE bare (LIKE ledger INCLUDING INDEXES);
"""
_EMPTY = "TRUNCATE ledger, ledger_batch, ledger_tile, tree_head"
_COLUMNS = ["record_key", "kind", "event_key", "record", "leaf_hash", "batch"]


def say(words: str) -> None:
    """A line of the report, at once."""
    print(words, flush=True)  # noqa: T201


def entries(count: int) -> Iterator[list[Entry]]:
    """Records as the router writes them, some at a time."""
    now = datetime.now(UTC)
    for start in range(0, count, _AT_ONCE):
        made = []
        for number in range(start, min(start + _AT_ONCE, count)):
            facts = {
                "content": sha256(str(number).encode()).hexdigest(),
                "publisher": "gm0935",
                "register": 7,
                "policy": 3,
                "deliveries": _DELIVERIES,
            }
            made.append(Entry("bench", (number,), uuid4(), now, facts))
        yield made


async def _append(pool: AsyncEngine, count: int) -> tuple[float, float]:
    """Seconds to write the records, and to number them."""
    async with transaction(pool) as connection:
        await connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER ALL"))
        for table in ("ledger_batch", "ledger_tile", "tree_head"):
            await connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        await connection.execute(text(_EMPTY))
    prepared = list(entries(count))
    begin = time.perf_counter()
    for some in prepared:
        async with transaction(pool) as connection:
            await record(connection, some)
    written = time.perf_counter()
    while True:
        async with transaction(pool) as connection:
            if not await number_next(connection, datetime.now(UTC), _SIGNER):
                break
    return written - begin, time.perf_counter() - written


async def _copy(settings: Settings) -> float:
    """Seconds to COPY the same rows into a table with the same indexes, in transactions of the same size."""
    connection = await asyncpg.connect(dsn(settings))
    try:
        rows = [tuple(row) for row in await connection.fetch(f"SELECT {', '.join(_COLUMNS)} FROM ledger")]  # noqa: S608
        await connection.execute(_BARE)
        begin = time.perf_counter()
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            await connection.copy_records_to_table("bare", records=some, columns=_COLUMNS)
        return time.perf_counter() - begin
    finally:
        await connection.close()


async def _verify(pool: AsyncEngine) -> tuple[float, float, int]:
    """Records a second: by the clock, and by the processor time of this process; and faults."""
    clock, own = time.perf_counter(), time.process_time()
    async with snapshot(pool) as connection:
        check = await check_ledger(connection)
    return (
        check.size / (time.perf_counter() - clock),
        check.size / (time.process_time() - own),
        len(check.faults),
    )


async def _proofs(pool: AsyncEngine, leaves: int) -> None:
    """Times proofs in trees of ten times as many leaves each."""
    async with transaction(pool) as connection:
        await connection.execute(text("TRUNCATE ledger_tile"))
    growing, sizes = Growing(0, {}), [10**n for n in range(3, 9) if 10**n <= leaves]
    for size in sizes:
        while growing.size < size:
            some = range(growing.size, min(growing.size + 100_000, size))
            tiles = growing.add(b"".join([sha256(n.to_bytes(8, "big")).digest() for n in some]))
            async with transaction(pool) as connection:
                await keep_tiles(connection, tiles)
        root = growing.root()
        took = []
        chosen = random.Random(size)  # noqa: S311 - which records are proven
        async with transaction(pool) as connection:
            for _ in range(200):
                number = chosen.randrange(size)
                begin = time.perf_counter()
                proof = await prove_inclusion(connection, number, size)
                took.append((time.perf_counter() - begin) * 1000)
                assert proves_inclusion(sha256(number.to_bytes(8, "big")).digest(), number, size, proof, root)  # noqa: S101
        path = inclusion_path(size // 3, size)
        say(
            f"  {size:>11,} records: median {statistics.median(took):.2f}, p99 {sorted(took)[197]:.2f} ms; "
            f"{len(path)} hashes from {len(tiles_of(path))} tiles; a sequencer reads {len(edge_of(size))}"
        )


async def _main(chosen: argparse.Namespace) -> None:
    await asyncio.to_thread(shutil.rmtree, _VAR, ignore_errors=True)
    only_database = Settings(var=_VAR, kafka_servers="none:1", smtp_host="none")
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(local_services(only_database, Processes(), say))
        await prepare_store(services)
        # The owner: between rounds the ledger is emptied.
        settings = as_owner(services)
        pool = await stack.enter_async_context(opened(settings, 600))
        say(f"append of {chosen.records} records, {_AT_ONCE} a transaction, {chosen.rounds} rounds:")
        ratios, writes = [], []
        for _ in range(chosen.rounds):
            written, numbered = await _append(pool, chosen.records)
            copied = await _copy(settings)
            ratios.append(copied / (written + numbered))
            writes.append(copied / written)
            say(
                f"  record {chosen.records / written:8.0f}/s, number {chosen.records / numbered:8.0f}/s, "
                f"both {chosen.records / (written + numbered):8.0f}/s; COPY {chosen.records / copied:8.0f}/s"
            )
        say(f"  both / COPY: {statistics.median(ratios):.2f} (target 0.7)")
        say(f"  record / COPY, with the sequencer elsewhere: {statistics.median(writes):.2f}")
        wall, own, faults = await _verify(pool)
        say(f"verify: {wall:.0f} records/s, {own:.0f} by processor time (target 50,000); {faults} faults")
        say(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB at most")
        say("inclusion proofs (target 5 ms among ten million):")
        await _proofs(pool, chosen.leaves)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--leaves", type=int, default=10_000_000)
    asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
