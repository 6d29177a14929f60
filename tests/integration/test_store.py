"""The tables: as the migrations make them, and as nobody may change them."""

from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.workers import prepare_store
from hub.store import tables
from hub.store.clock import SystemClock, find_scenario_time, move_clock
from hub.store.database import transaction
from hub.store.ledgers import Entry, check_ledger, number_next, record
from hub.store.registers import Registers
from tests.registers import REGISTER

NOW = datetime(2027, 6, 1, 8, 0, tzinfo=UTC)


async def test_migrations_make_exactly_the_tables(pool: AsyncEngine) -> None:
    async with transaction(pool) as connection:
        difference = await connection.run_sync(
            lambda plain: compare_metadata(MigrationContext.configure(plain), tables.metadata)
        )
    assert difference == []


async def test_preparing_again_changes_nothing(pool: AsyncEngine) -> None:
    before = await Registers(pool, SystemClock()).newest()
    await prepare_store(pool)
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


SEEDED = 1
"""Records in a ledger that tell of the first register."""


async def _fill(pool: AsyncEngine, records: int) -> None:
    async with transaction(pool) as connection:
        await record(connection, [Entry("test", (n,), None, NOW, {"n": n}) for n in range(records)])
        while await number_next(connection, NOW, most=3):
            pass


async def test_a_ledger_that_nobody_touched_holds(pool: AsyncEngine) -> None:
    await _fill(pool, 10)
    async with transaction(pool) as connection:
        check = await check_ledger(connection)
    assert (check.size, check.faults) == (10 + SEEDED, [])


async def test_the_same_record_twice_is_one_record(pool: AsyncEngine) -> None:
    await _fill(pool, 5)
    await _fill(pool, 5)
    async with transaction(pool) as connection:
        assert (await check_ledger(connection)).size == 5 + SEEDED


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET record = 'x' WHERE number = 1",
        "UPDATE ledger SET number = 99 WHERE number = 1",
        "DELETE FROM ledger WHERE number = 1",
        "TRUNCATE ledger",
    ],
)
async def test_the_database_refuses_to_change_the_ledger(pool: AsyncEngine, statement: str) -> None:
    await _fill(pool, 3)
    with pytest.raises(DBAPIError, match="append-only"):
        async with transaction(pool) as connection:
            await connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE ledger SET record = 'x' WHERE number = 1", "record 1 is veranderd"),
        ("DELETE FROM ledger WHERE number = 2", "record 2 ontbreekt"),
        ("UPDATE tree_head SET root = 'x' WHERE size = 3", "de boomkop bij 3 records klopt niet"),
        ("DELETE FROM ledger WHERE number = 4", "de laatste boomkop telt 6 records, gevonden: 4"),
    ],
)
async def test_who_goes_around_the_database_is_found_out(
    pool: AsyncEngine, statement: str, fault: str
) -> None:
    await _fill(pool, 5)
    async with transaction(pool) as connection:
        await connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER ALL"))
        await connection.execute(text(statement))
        check = await check_ledger(connection)
    assert fault in check.faults
