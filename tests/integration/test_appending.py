"""Many records at once go in by COPY: each of them once, whole transactions only, whoever else writes."""

import asyncio
import signal
import subprocess
import sys
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.rules.identity import Json
from hub.settings import Settings
from hub.store.database import dsn, transaction
from hub.store.ledger.checks import check_ledger
from hub.store.ledger.records import Entry, find_record, record
from tests.ledgers import number_all

NOW = datetime(2027, 6, 1, 8, 0, tzinfo=UTC)
SEEDED = 2
"""Records of the first register and the first key."""


def _entries(name: str, numbers: range, event: UUID | None = None) -> list[Entry]:
    facts = {"words": "é \u2028 \x7f", "share": 0.5, "rows": Json('[{"a":1}]')}
    return [Entry("test", (name, n), event, NOW, facts | {"n": n}) for n in numbers]


async def _held(pool: AsyncEngine) -> int:
    """How many records there are besides the seeded ones, in a ledger that holds."""
    async with transaction(pool) as connection:
        await number_all(connection, NOW)
        check = await check_ledger(connection)
    assert check.faults == []
    return check.size - SEEDED


async def test_many_records_are_kept_in_their_order_in_one_batch(pool: AsyncEngine) -> None:
    entries = _entries("many", range(300), uuid4())
    async with transaction(pool) as connection:
        await record(connection, entries)
    async with transaction(pool) as connection:
        query = "SELECT record_keys FROM ledger_batch ORDER BY batch DESC LIMIT 1"
        assert await connection.scalar(text(query)) == [entry.record_key for entry in entries]
        kept = await find_record(connection, entries[7].record_key)
    assert kept is not None
    assert b'"n":7,"rows":[{"a":1}],"salt":"' in kept
    assert await _held(pool) == 300


async def test_what_was_written_before_is_left_out_and_the_rest_kept(pool: AsyncEngine) -> None:
    for numbers in (range(150), range(100, 300), range(300)):
        async with transaction(pool) as connection:
            await record(connection, _entries("again", numbers))
            await record(connection, _entries("effect", range(numbers.stop, numbers.stop + 1)))
    async with transaction(pool) as connection:
        await record(connection, _entries("double", range(200)) + _entries("double", range(200)))
    assert await _held(pool) == 300 + 2 + 200


async def test_two_hubs_that_append_the_same_at_once_append_it_once(pool: AsyncEngine) -> None:
    async def append(part: int) -> None:
        for n in range(5):
            async with transaction(pool) as connection:
                await record(connection, _entries("both", range(n * 150, n * 150 + 150)))
                await record(connection, _entries(f"own-{part}", range(n * 120, n * 120 + 120)))

    await asyncio.gather(*(append(part) for part in range(3)))
    assert await _held(pool) == 5 * 150 + 3 * 5 * 120


async def test_what_is_undone_leaves_no_record(pool: AsyncEngine) -> None:
    async def undone(name: str, entries: list[Entry]) -> str:
        try:
            async with transaction(pool) as connection:
                await record(connection, _entries(name, range(150)))
                await record(connection, entries)
                raise LookupError
        except (LookupError, ValueError) as error:
            return type(error).__name__

    assert await undone("later", _entries("undone", range(150))) == "LookupError"
    # Halfway in the stream something proves to be no record.
    wrong = [*_entries("wrong", range(200)), Entry("test", ("own",), None, NOW, {"salt": "00"})]
    assert await undone("before", wrong) == "ValueError"
    assert await _held(pool) == 0


_WRITER = """
import asyncio, os, signal, sys
from hub.settings import Settings
from hub.store.ledger import records
from hub.store.database import opened, transaction
from tests.integration.test_appending import _entries

step, name = int(sys.argv[2]), sys.argv[3]

def at(number):
    if step == number:
        os.kill(os.getpid(), signal.SIGKILL)

class Copy(records._Copy):
    async def rows(self):
        async for some in super().rows():
            yield some
            at(1)
        at(2)

    async def batch(self):
        async for some in super().batch():
            yield some
        at(3)

async def main():
    records._Copy = Copy
    async with opened(Settings(database_url=sys.argv[1])) as pool:
        async with transaction(pool) as connection:
            await records.record(connection, _entries(name, range(400)))
        at(4)

asyncio.run(main())
"""


async def test_killed_at_each_step_of_an_append_all_or_nothing_is_kept(
    settings: Settings, pool: AsyncEngine
) -> None:
    async def killed(step: int) -> int:
        words = [sys.executable, "-c", _WRITER, dsn(settings), str(step), f"step-{step}"]
        process = await asyncio.create_subprocess_exec(*words, stderr=subprocess.DEVNULL)
        return await process.wait()

    assert await asyncio.gather(*map(killed, range(1, 5))) == [-signal.SIGKILL] * 4
    assert await _held(pool) == 400
    async with transaction(pool) as connection:
        await record(connection, _entries("step-2", range(400)))
    assert await _held(pool) == 800
