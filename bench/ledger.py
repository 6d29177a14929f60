"""How fast the ledger is: append beside a bare COPY of the same rows in the same run, verify, and proofs.

    python -m bench.ledger [--records 200000] [--rounds 5] [--leaves 10000000] [--writers 1]

An append begins with the facts and ends with the transaction that writes its records. It is timed with
nothing beside it, and with a sequencer in a process of its own that numbers the records meanwhile, as in a
hub; then also until the last record is under a signed head. With
more `--writers` so many transactions are in hand at one time, as where several workers append; COPY has one.
Each append stands between two COPYs, for what else runs on the machine. Every figure is of one machine on one
day; the ratios are what counts."""

import argparse
import asyncio
import os
import random
import resource
import shutil
import statistics
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.collecting import collect_rarely
from consumers.local.processes import Processes
from consumers.local.services import local_services
from consumers.workers import prepare_store
from hub.rules.identity import Json, canonical_text
from hub.rules.ledger.notes import Signer
from hub.rules.ledger.paths import inclusion_path, proves_inclusion
from hub.rules.ledger.tiles import Growing, edge_of, tiles_of
from hub.settings import Settings
from hub.store.database import as_owner, dsn, opened, snapshot, transaction
from hub.store.ledger.checks import check_ledger
from hub.store.ledger.numbering import number_next
from hub.store.ledger.records import Entry, record
from hub.store.ledger.trees import find_head, keep_tiles, prove_inclusion
from hub.store.wake import Channel, WakeUp

_VAR = Path("var/bench-ledger")
AT_ONCE = 1000
"""Records of one transaction, as of a batch from Kafka."""
_SIGNER = Signer.made("bench.example/ledger")
_DELIVERIES = Json(
    canonical_text(
        [{"channel": "mail", "mode": "digest", "parties": [f"gm{n:04}" for n in range(40)], "reasons": ["x"]}]
    )
)
"""As the router has them, written once for all events of a place."""
BARE = """
DROP TABLE IF EXISTS bare;
CREATE TABLE bare (LIKE ledger INCLUDING INDEXES);
"""
_TABLES = ("ledger", "ledger_batch", "ledger_tile", "tree_head", "register_version", "register_entry")
COLUMNS = ["record_key", "kind", "event_key", "record", "leaf_hash", "batch"]


def say(words: str) -> None:
    """A line of the report, at once."""
    print(words, flush=True)  # noqa: T201


def entries(count: int) -> Iterator[list[Entry]]:
    """Records as the router writes them, some at a time."""
    now = datetime.now(UTC)
    for start in range(0, count, AT_ONCE):
        made = []
        for number in range(start, min(start + AT_ONCE, count)):
            facts = {
                "content": sha256(str(number).encode()).hexdigest(),
                "publisher": "gm0935",
                "register": 7,
                "policy": 3,
                "deliveries": _DELIVERIES,
            }
            made.append(Entry("bench", (number,), uuid4(), now, facts))
        yield made


class Spent(NamedTuple):
    """Seconds by the clock, and processor time of this process and of the connection's PostgreSQL."""

    clock: float
    client: float
    server: float

    @classmethod
    def until_now(cls, backend: int) -> "Spent":
        return cls(time.perf_counter(), time.process_time(), processor_time(backend))

    def since(self, begin: "Spent") -> "Spent":
        return Spent(*(end - start for end, start in zip(self, begin, strict=True)))

    @property
    def processor(self) -> float:
        return self.client + self.server


def processor_time(process: int) -> float:
    """Seconds that a process spent so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def empty(pool: AsyncEngine) -> None:
    """Begins a new ledger; only its owner can."""
    async with transaction(pool) as connection:
        for change in ("DISABLE", "ENABLE"):
            for table in _TABLES:
                await connection.execute(text(f"ALTER TABLE {table} {change} TRIGGER ALL"))
            if change == "DISABLE":
                await connection.execute(text(f"TRUNCATE {', '.join(_TABLES)}"))


async def _backend(pool: AsyncEngine) -> int:
    async with transaction(pool) as connection:
        return int(await connection.scalar(text("SELECT pg_backend_pid()")) or 0)


async def _append(
    settings: Settings, services: Settings, pool: AsyncEngine, count: int, writers: int
) -> tuple[Spent, float]:
    """What the writer spent, and the seconds until all of it was numbered under a signed head."""
    await empty(pool)
    prepared = list(entries(count))
    progress = WakeUp(settings, 1.0, Channel.PROGRESS)
    # A sequencer of its own: one that signed more before does not go on with an emptied ledger.
    async with sequencing(services) as sequencer:
        # The key has a record too.
        await numbered(pool, 1, progress, sequencer)
        begin = Spent.until_now(backend := await _backend(pool))
        waiting = iter(prepared)
        await asyncio.gather(*(_write(pool, waiting) for _ in range(writers)))
        written = Spent.until_now(backend).since(begin)
        await numbered(pool, count + 1, progress, sequencer)
        took = time.perf_counter() - begin.clock
    await progress.close()
    return written, took


async def _append_alone(pool: AsyncEngine, count: int, writers: int) -> float:
    """Seconds to write records that nobody numbers meanwhile."""
    await empty(pool)
    waiting = iter([*entries(count)])
    begin = time.perf_counter()
    await asyncio.gather(*(_write(pool, waiting) for _ in range(writers)))
    return time.perf_counter() - begin


async def _write(pool: AsyncEngine, waiting: Iterator[list[Entry]]) -> None:
    for some in waiting:
        async with transaction(pool) as connection:
            await record(connection, some)


async def numbered(pool: AsyncEngine, size: int, progress: WakeUp, sequencer: Process) -> None:
    """Returns when so many records are under a signed head."""
    while True:
        async with transaction(pool) as connection:
            head = await find_head(connection)
        if head is not None and head.size == size:
            return
        if sequencer.returncode is not None:
            raise RuntimeError("the sequencer ended; it says why above")
        await progress.wait()


async def _number(pool: AsyncEngine, count: int) -> float:
    """Seconds to number so many records that wait, once the ledger has begun."""
    await empty(pool)
    async with transaction(pool) as connection:
        await record(connection, [Entry("bench", ("first",), None, datetime.now(UTC), {})])
        await number_next(connection, datetime.now(UTC), _SIGNER)
    await _write(pool, entries(count))
    begin = time.perf_counter()
    while True:
        async with transaction(pool) as connection:
            if not await number_next(connection, datetime.now(UTC), _SIGNER):
                return time.perf_counter() - begin


async def _copy(settings: Settings) -> Spent:
    """What it takes to COPY the same rows, in as large transactions, into a table with the same indexes."""
    connection = await asyncpg.connect(dsn(settings))
    try:
        rows = [tuple(row) for row in await connection.fetch(f"SELECT {', '.join(COLUMNS)} FROM ledger")]  # noqa: S608
        await connection.execute(BARE)
        begin = Spent.until_now(backend := connection.get_server_pid())
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            await connection.copy_records_to_table("bare", records=some, columns=COLUMNS)
        return Spent.until_now(backend).since(begin)
    finally:
        await connection.close()


async def _verify(pool: AsyncEngine) -> None:
    begin = Spent.until_now(backend := await _backend(pool))
    async with snapshot(pool) as connection:
        check = await check_ledger(connection)
    spent = Spent.until_now(backend).since(begin)
    say(
        f"verify: {check.size / spent.client:.0f} records/s by processor time of the checker, "
        f"{check.size / spent.processor:.0f} with its PostgreSQL on the same core (target 50,000), "
        f"{check.size / spent.clock:.0f} by the clock; {len(check.faults)} faults"
    )


@asynccontextmanager
async def sequencing(settings: Settings) -> AsyncIterator[Process]:
    """A sequencer in a process of its own."""
    words = [sys.executable, "-m", "bench.sequencer", dsn(settings), _SIGNER.written()]
    process = await asyncio.create_subprocess_exec(*words)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _proofs(pool: AsyncEngine, leaves: int) -> None:
    """Times proofs in trees of ten times as many leaves each."""
    await empty(pool)
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
        collect_rarely()
        say(
            f"append of {chosen.records} records, {AT_ONCE} a transaction, {chosen.writers} at a time, "
            f"{chosen.rounds} rounds:"
        )
        alones, wholes, writes, work = [], [], [], []
        await _append(settings, services, pool, chosen.records, chosen.writers)
        before = await _copy(settings)
        for _ in range(chosen.rounds):
            alone = await _append_alone(pool, chosen.records, chosen.writers)
            written, took = await _append(settings, services, pool, chosen.records, chosen.writers)
            after = await _copy(settings)
            copied, before = Spent(*map(statistics.mean, zip(before, after, strict=True))), after
            alones.append(copied.clock / alone)
            wholes.append(copied.clock / took)
            writes.append(copied.clock / written.clock)
            work.append(copied.processor / written.processor)
            _say_round(chosen.records, alone, took, written, copied)
        say(f"  append / COPY: {_median(alones)} (target 0.7); by work {_median(work)}")
        say(f"  the same while a sequencer numbers on the same cores: {_median(writes)}")
        say(f"  the same until all is under a signed head: {_median(wholes)}")
        say(f"  number alone: {chosen.records / await _number(pool, chosen.records):.0f}/s")
        await _verify(pool)
        say(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB at most")
        say("inclusion proofs (target 5 ms among ten million):")
        await _proofs(pool, chosen.leaves)


def _median(ratios: Sequence[float]) -> str:
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def _say_round(count: int, alone: float, took: float, written: Spent, copied: Spent) -> None:
    client, server, bare_client, bare_server = (
        f"{seconds / count * 1e6:.1f}"
        for seconds in (written.client, written.server, copied.client, copied.server)
    )
    say(
        f"  alone {count / alone:.0f}/s, beside a sequencer {count / written.clock:.0f}/s, under a head "
        f"{count / took:.0f}/s; COPY {count / copied.clock:.0f}/s; processor time of a record: writer "
        f"{client} + {server} us, COPY {bare_client} + {bare_server} us; load {os.getloadavg()[0]:.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--writers", type=int, default=1)
    parser.add_argument("--leaves", type=int, default=10_000_000)
    asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
