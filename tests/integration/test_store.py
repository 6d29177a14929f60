"""The tables: as the migrations make them, and as nobody may change them."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.workers import prepare_store
from hub.errors import DatabaseUnavailable
from hub.settings import Settings
from hub.store import database, tables
from hub.store.clock import SystemClock, find_scenario_time, move_clock
from hub.store.database import direct, transaction
from hub.store.register.registers import Registers
from tests.registers import REGISTER

NOW = datetime(2027, 6, 1, 8, 0, tzinfo=UTC)


async def test_migrations_make_exactly_the_tables(pool: AsyncEngine) -> None:
    async with transaction(pool) as connection:
        difference = await connection.run_sync(
            lambda plain: compare_metadata(MigrationContext.configure(plain), tables.metadata)
        )
    assert difference == []


async def test_preparing_again_changes_nothing(settings: Settings, pool: AsyncEngine) -> None:
    before = await Registers(pool, SystemClock()).newest()
    await prepare_store(settings)
    assert await Registers(pool, SystemClock()).newest() == before


async def test_the_stored_register_is_the_seeded_one(pool: AsyncEngine) -> None:
    stored, seeded = await Registers(pool, SystemClock()).newest(), REGISTER
    assert dict(stored.parties) == dict(seeded.parties)
    assert dict(stored.areas) == dict(seeded.areas)
    assert dict(stored.functions) == dict(seeded.functions)
    assert list(stored.functions) == list(seeded.functions)
    assert stored.roles == seeded.roles
    assert set(stored.dependencies) == set(seeded.dependencies)


async def test_the_clock_of_a_scenario_never_goes_back(pool: AsyncEngine) -> None:
    async with transaction(pool) as connection:
        await move_clock(connection, NOW)
        await move_clock(connection, NOW.replace(month=5))
        assert await find_scenario_time(connection) == NOW


async def test_the_short_way_to_the_database_survives_a_connection_that_ends(pool: AsyncEngine) -> None:
    short = direct(pool)
    rows = await asyncio.gather(*(short.fetch("SELECT pg_backend_pid(), $1::int AS it", n) for n in range(8)))
    assert [row["it"] for (row,) in rows] == list(range(8))
    for pid in {row["pg_backend_pid"] for (row,) in rows}:
        async with transaction(pool) as connection:
            await connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    async with asyncio.timeout(60):
        while True:
            try:
                assert await short.fetch("SELECT 1 AS one") == [(1,)]
                break
            except DatabaseUnavailable:  # each of these is tried at most once more
                pass
    with pytest.raises(asyncpg.UndefinedTableError):
        await short.fetch("SELECT * FROM not_there")
    assert await short.fetch("SELECT 1 AS one") == [(1,)]


async def test_a_connection_that_was_idle_for_long_is_tried_before_use(
    pool: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0
    ask = pool.dialect.do_ping

    def counted(connection: Any) -> bool:
        nonlocal tried
        tried += 1
        return ask(connection)

    monkeypatch.setattr(pool.dialect, "do_ping", counted)
    monkeypatch.setattr(database, "_TRIED_AFTER_SECONDS", 60)
    own = await _own_process(pool)
    assert await _own_process(pool) == own
    assert tried == 0
    monkeypatch.setattr(database, "_TRIED_AFTER_SECONDS", 0)
    assert await _own_process(pool) == own
    assert tried == 1
    await direct(pool).fetch("SELECT pg_terminate_backend($1)", own)
    assert await _own_process(pool) != own


async def test_a_connection_that_the_server_closed_is_not_used(pool: AsyncEngine) -> None:
    own = await _own_process(pool)
    await direct(pool).fetch("SELECT pg_terminate_backend($1)", own)
    async with asyncio.timeout(60):
        while True:
            try:
                assert await _own_process(pool) != own
                break
            except DatabaseUnavailable:  # the driver had not heard it yet
                pass


async def test_a_connection_that_does_not_answer_is_not_used(
    pool: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = await _own_process(pool)

    def silent(_: Any) -> bool:
        raise TimeoutError

    monkeypatch.setattr(pool.dialect, "do_ping", silent)
    monkeypatch.setattr(database, "_TRIED_AFTER_SECONDS", 0)
    assert await _own_process(pool) != own


async def _own_process(pool: AsyncEngine) -> int:
    async with transaction(pool) as connection:
        return int(await connection.scalar(text("SELECT pg_backend_pid()")) or 0)


async def test_a_server_that_takes_no_writes_is_away_until_it_or_another_does(
    settings: Settings, pool: AsyncEngine, owner_pool: AsyncEngine
) -> None:
    name = str(settings.database_url).rpartition("/")[2]

    async def takes_writes(answer: str) -> None:
        async with owner_pool.connect() as owner:
            alone = await owner.execution_options(isolation_level="AUTOCOMMIT")
            await alone.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = {answer}"))

    await takes_writes("on")
    write = 'INSERT INTO clock ("only", now) VALUES (1, now())'
    for attempt in (lambda: _written(pool, write), lambda: direct(pool).fetch(write)):
        with pytest.raises(DatabaseUnavailable):
            await attempt()
    await takes_writes("off")
    # The connection of before would still refuse.
    await _written(pool, write)
    await direct(pool).fetch("DELETE FROM clock")


async def _written(pool: AsyncEngine, statement: str) -> None:
    async with transaction(pool) as connection:
        await connection.execute(text(statement))
