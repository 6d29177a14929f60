"""Numbering, broken off or killed anywhere and done by two at once, leaves a ledger that holds."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.ledger.key import signer_of
from hub.rules.ledger.notes import Signer
from hub.settings import Settings
from hub.store.database import dsn, transaction
from hub.store.ledger.checks import Check, check_ledger
from hub.store.ledger.keys import KeyNotInForce, hand_over
from hub.store.ledger.numbering import number_next
from hub.store.ledger.records import Entry, record
from tests.ledgers import SIGNER, number_all

NOW = datetime(2027, 6, 1, 8, 0, tzinfo=UTC)
SEEDED = 2
"""Records of the first register and the first key."""


class BrokenOff(Exception):
    """As when a worker is killed: what it had not committed is undone."""


async def _write(pool: AsyncEngine, name: str, count: int) -> None:
    async with transaction(pool) as connection:
        await record(connection, [Entry("test", (name, n), None, NOW, {"n": n}) for n in range(count)])


async def _number(pool: AsyncEngine, signer: Signer = SIGNER, most: int = 1000) -> int:
    async with transaction(pool) as connection:
        return await number_next(connection, NOW, signer, most)


async def _check(pool: AsyncEngine) -> Check:
    async with transaction(pool) as connection:
        return await check_ledger(connection)


@contextmanager
def _breaking_off(pool: AsyncEngine, at: int) -> Iterator[None]:
    left = at

    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise BrokenOff

    event.listen(pool.sync_engine, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(pool.sync_engine, "before_cursor_execute", count)


async def test_broken_off_at_each_step_nothing_is_half_numbered(pool: AsyncEngine) -> None:
    for round_ in range(2):  # the first time the key is introduced as well
        steps = 0
        while True:
            steps += 1
            await _write(pool, f"{round_}-{steps}", 150)
            try:
                with _breaking_off(pool, steps):
                    await _number(pool)
            except BrokenOff:
                assert (await _check(pool)).faults == []
                continue
            break
        assert steps > 7
        assert (await _check(pool)).faults == []


async def test_records_that_are_committed_later_are_numbered_later(pool: AsyncEngine) -> None:
    async with transaction(pool) as slow:
        await record(slow, [Entry("test", ("slow",), None, NOW, {})])
        await _write(pool, "fast", 3)
        assert await _number(pool) == SEEDED + 3
    assert await _number(pool) == 1
    check = await _check(pool)
    assert (check.size, check.faults) == (SEEDED + 4, [])


async def test_the_same_record_twice_is_one_record(pool: AsyncEngine) -> None:
    for _ in range(2):
        await _write(pool, "once", 5)
        await _number(pool)
    async with transaction(pool) as connection:
        twice = Entry("test", ("twice",), None, NOW, {})
        await record(connection, [twice, twice])
    assert await _number(pool) == 1
    assert (await _check(pool)).size == SEEDED + 6


async def test_two_sequencers_at_once_number_each_record_once(pool: AsyncEngine) -> None:
    async def number_until_done() -> int:
        total = 0
        while made := await _number(pool, most=40):
            total += made
        return total

    for n in range(30):
        await _write(pool, str(n), 1 + n % 7)
    made = await asyncio.gather(number_until_done(), number_until_done(), number_until_done())
    check = await _check(pool)
    assert check.faults == []
    assert check.size == sum(made) == SEEDED + sum(1 + n % 7 for n in range(30))


_SEQUENCER = """
import asyncio, sys
from datetime import UTC, datetime
from hub.rules.ledger.notes import Signer
from hub.settings import Settings
from hub.store.database import opened, transaction
from hub.store.ledger.numbering import number_next

async def main():
    signer = Signer.read(sys.argv[2])
    async with opened(Settings(database_url=sys.argv[1])) as pool:
        print("ready", flush=True)
        while True:
            async with transaction(pool) as connection:
                await number_next(connection, datetime.now(UTC), signer, 5)

asyncio.run(main())
"""


async def test_sequencers_that_are_killed_leave_a_ledger_that_holds(
    settings: Settings, pool: AsyncEngine
) -> None:
    words = [sys.executable, "-c", _SEQUENCER, dsn(settings), SIGNER.written()]
    for round_ in range(2):
        killed = [await asyncio.create_subprocess_exec(*words, stdout=subprocess.PIPE) for _ in range(2)]
        for process in killed:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"ready\n"
        for n in range(20):
            await _write(pool, f"{round_}-{n}", 4)
            if n == 10:
                killed[0].send_signal(signal.SIGKILL)
        killed[1].send_signal(signal.SIGKILL)
        assert [await process.wait() for process in killed] == [-signal.SIGKILL] * 2
        assert (await _check(pool)).faults == []
    async with transaction(pool) as connection:
        await number_all(connection, NOW)
    check = await _check(pool)
    assert (check.size, check.faults) == (SEEDED + 2 * 20 * 4, [])


_APPEND = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from sqlalchemy import event
from hub.rules.ledger.notes import Signer
from hub.settings import Settings
from hub.store.database import opened, transaction
from hub.store.ledger.records import Entry, record
from hub.store.ledger.numbering import number_next

async def append(at):
    left = at

    def step(*_):
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    now = datetime.now(UTC)
    async with opened(Settings(database_url=sys.argv[1])) as pool:
        for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
            event.listen(pool.sync_engine, name, step)
        async with transaction(pool) as connection:
            await record(connection, [Entry("test", ("killed", at, n), None, now, {}) for n in range(150)])
        async with transaction(pool) as connection:
            await number_next(connection, now, Signer.read(sys.argv[2]), 1000)

steps, status = 0, 1
while status:
    steps += 1
    if (child := os.fork()) == 0:
        asyncio.run(append(steps))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(steps, os.waitstatus_to_exitcode(status), flush=True)
"""


async def test_an_append_that_is_killed_at_any_step_leaves_a_ledger_that_holds(
    settings: Settings, pool: AsyncEngine
) -> None:
    words = [sys.executable, "-c", _APPEND, dsn(settings), SIGNER.written()]
    appending = await asyncio.create_subprocess_exec(*words, stdout=subprocess.PIPE)
    assert appending.stdout is not None
    ends = []
    while line := await appending.stdout.readline():
        ends.append(int(line.split()[1]))
        assert (await _check(pool)).faults == []
    assert await appending.wait() == 0
    assert ends[-1] == 0
    assert set(ends[:-1]) == {-signal.SIGKILL}
    assert len(ends) > 15
    async with transaction(pool) as connection:
        await number_all(connection, NOW)
    check = await _check(pool)
    assert check.faults == []
    assert check.size >= SEEDED + 150


async def test_a_ledger_goes_on_with_the_key_that_it_was_handed_over_to(pool: AsyncEngine) -> None:
    new = Signer.made(SIGNER.name)
    await _number(pool)
    await _write(pool, "before", 3)
    with pytest.raises(KeyNotInForce, match="kernhub ledger rotate"):
        await _number(pool, new)
    async with transaction(pool) as connection:
        await hand_over(connection, SIGNER, new, NOW)
    await _write(pool, "between", 3)
    assert await _number(pool) == 7, "the old key signs the record that hands over"
    await _write(pool, "after", 3)
    with pytest.raises(KeyNotInForce):
        await _number(pool)
    assert await _number(pool, new) == 3
    check = await _check(pool)
    assert (check.size, check.faults) == (SEEDED + 10, [])


async def test_a_head_signed_with_a_key_of_before_is_found_out(
    pool: AsyncEngine, owner_pool: AsyncEngine
) -> None:
    new = Signer.made(SIGNER.name)
    await _number(pool)
    async with transaction(pool) as connection:
        await hand_over(connection, SIGNER, new, NOW)
    await _number(pool)
    await _write(pool, "stolen", 1)
    async with transaction(owner_pool) as connection:
        last = await connection.scalar(text("SELECT max(batch) FROM ledger WHERE kind = 'ledger-key'"))
        await connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER ALL"))
        await connection.execute(
            text("UPDATE ledger SET kind = 'hidden' WHERE batch = :last"), {"last": last}
        )
        await number_next(connection, NOW, SIGNER)
        await connection.execute(text("UPDATE ledger SET kind = 'ledger-key' WHERE kind = 'hidden'"))
        faults = (await check_ledger(connection)).faults
    assert faults == [f"de boomkop bij {SEEDED + 2} records: niet ondertekend met een sleutel die wij kennen"]


async def test_a_key_file_is_made_once_for_its_owner_alone(settings: Settings, tmp_path: Any) -> None:
    path = tmp_path / "key" / "ledger.key"
    chosen = settings.model_copy(update={"ledger_key_file": path, "public_url": "https://hub.example"})
    made = await asyncio.gather(*(asyncio.to_thread(signer_of, chosen) for _ in range(8)))
    assert {one.verifier for one in made} == {signer_of(chosen).verifier}
    assert made[0].name == "hub.example/ledger"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["ledger.key"]
