"""How fast several workers append to the ledger, each in its own process, beside one COPY and as many COPYs.

    python -m bench.ledger_workers [--records 100000] [--rounds 4] [--workers 2]

Not the ratio of `bench.ledger`: there one worker stands beside one COPY. All begin at one moment, with their
facts or rows at hand; an append ends when the last record is under a signed head."""

import argparse
import asyncio
import shutil
import statistics
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import asyncpg
from pydantic import PostgresDsn
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.ledger import AT_ONCE, BARE, COLUMNS, empty, entries, numbered, say, sequencing
from consumers.collecting import collect_rarely
from consumers.local.processes import Processes
from consumers.local.services import local_services
from consumers.workers import prepare_store
from hub.settings import Settings
from hub.store.database import as_owner, dsn, opened, transaction
from hub.store.ledger.records import record
from hub.store.wake import Channel, WakeUp

_VAR = Path("var/bench-ledger-workers")


async def _append(address: str, count: int, which: int, of: int) -> None:
    prepared = [some for place, some in enumerate(entries(count)) if place % of == which]
    async with opened(Settings(database_url=PostgresDsn(address))) as pool:
        async with transaction(pool):
            await _begin()
        for some in prepared:
            async with transaction(pool) as connection:
                await record(connection, some)


async def _copy(address: str, which: int, of: int) -> None:
    connection = await asyncpg.connect(address)
    rows = [tuple(row) for row in await connection.fetch(f"SELECT {', '.join(COLUMNS)} FROM ledger")]  # noqa: S608
    parts = [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)][which::of]
    await _begin()
    for some in parts:
        await connection.copy_records_to_table("bare", records=some, columns=COLUMNS)
    await connection.close()


async def _begin() -> None:
    """Says that all is at hand, and waits for the sign to begin."""
    say("ready")
    await asyncio.to_thread(sys.stdin.readline)


@asynccontextmanager
async def _at_hand(role: str, address: str, count: int, workers: int) -> AsyncIterator[list[Process]]:
    """So many processes that wait for the sign to begin."""
    words = [sys.executable, "-m", "bench.ledger_workers", "--records", str(count), "--workers", str(workers)]
    started = [
        await asyncio.create_subprocess_exec(
            *words, "--role", role, "--which", str(which), "--database", address, stdin=PIPE, stdout=PIPE
        )
        for which in range(workers)
    ]
    try:
        for process in started:
            assert process.stdout  # noqa: S101
            if await process.stdout.readline() != b"ready\n":
                raise RuntimeError("a worker ended; it says why above")
        yield started
    finally:
        for process in started:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _seconds(started: list[Process]) -> float:
    begin = time.perf_counter()
    for process in started:
        assert process.stdin  # noqa: S101
        process.stdin.write(b"\n")
    if any(await asyncio.gather(*(process.wait() for process in started))):
        raise RuntimeError("a worker ended; it says why above")
    return time.perf_counter() - begin


async def _appended(services: Settings, pool: AsyncEngine, count: int, workers: int) -> float:
    await empty(pool)
    progress = WakeUp(as_owner(services), 1.0, Channel.PROGRESS)
    async with sequencing(services) as sequencer:
        await numbered(pool, 1, progress, sequencer)
        async with _at_hand("append", dsn(services), count, workers) as started:
            begin = time.perf_counter()
            await _seconds(started)
            await numbered(pool, count + 1, progress, sequencer)
            took = time.perf_counter() - begin
    await progress.close()
    return took


async def _copied(owner: Settings, count: int, workers: int) -> float:
    connection = await asyncpg.connect(dsn(owner))
    await connection.execute(BARE)
    await connection.close()
    async with _at_hand("copy", dsn(owner), count, workers) as started:
        return await _seconds(started)


async def _main(chosen: argparse.Namespace) -> None:
    await asyncio.to_thread(shutil.rmtree, _VAR, ignore_errors=True)
    only_database = Settings(var=_VAR, kafka_servers="none:1", smtp_host="none")
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(local_services(only_database, Processes(), say))
        await prepare_store(services)
        pool = await stack.enter_async_context(opened(as_owner(services), 600))
        one, many = [], []
        for _ in range(chosen.rounds):
            took = await _appended(services, pool, chosen.records, chosen.workers)
            alone = await _copied(as_owner(services), chosen.records, 1)
            together = await _copied(as_owner(services), chosen.records, chosen.workers)
            one.append(alone / took)
            many.append(together / took)
            say(
                f"  {chosen.workers} workers append {chosen.records / took:.0f}/s; one COPY "
                f"{chosen.records / alone:.0f}/s, {chosen.workers} COPYs {chosen.records / together:.0f}/s"
            )
        say(f"  {chosen.workers} workers / one COPY: {statistics.median(one):.2f}")
        say(f"  {chosen.workers} workers / {chosen.workers} COPYs: {statistics.median(many):.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--workers", type=int, default=2)
    for own in ("--role", "--which", "--database"):
        parser.add_argument(own, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    collect_rarely()
    if chosen.role == "append":
        asyncio.run(_append(chosen.database, chosen.records, int(chosen.which), chosen.workers))
    elif chosen.role == "copy":
        asyncio.run(_copy(chosen.database, int(chosen.which), chosen.workers))
    else:
        asyncio.run(_main(chosen))


if __name__ == "__main__":
    main()
