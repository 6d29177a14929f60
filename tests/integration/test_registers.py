"""The register in PostgreSQL: every version can be had again, and a day that changes it makes a new one."""

import asyncio
import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.errors import ChangeUntold
from hub.register.history import Entry, History, Kind
from hub.register.kinds import RoleKind
from hub.register.model import Register, Role
from hub.rules.moments import dutch_day
from hub.settings import Settings
from hub.store import migrate as migrating
from hub.store import tables
from hub.store.clock import ScenarioClock, SystemClock, move_clock
from hub.store.database import transaction
from hub.store.migrate import migrate
from hub.store.privileges import app_role_of
from hub.store.register import registers as storing
from hub.store.register.registers import (
    MOST_EARLIER,
    Registers,
    Version,
    load_history,
    load_register,
    lock_register,
    save_history,
)
from schemas.terms import FunctionSlug
from tests.registers import HISTORY, save, with_facts, without_party

_ROLE = Role("enexis", FunctionSlug.OIL, RoleKind.ADVISER)
_FROM, _UNTIL = date(2027, 3, 1), date(2027, 3, 28)


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 11, tzinfo=UTC)


async def test_each_version_stays_as_it_was(pool: AsyncEngine) -> None:
    changed = with_facts(HISTORY, Kind.PARTY, "enexis", name="Enexis Nieuw")
    await save(pool, changed)
    await save(pool, without_party(changed, "enexis"))
    await save(pool, HISTORY)
    async with transaction(pool) as connection:
        histories = [await load_history(connection, version) for version in (1, 2, 3, 4)]
        second = await load_register(connection, 2)
    assert [h.entries for h in histories] == [
        HISTORY.entries,
        changed.entries,
        without_party(changed, "enexis").entries,
        HISTORY.entries,
    ]
    assert (second.version, second.parties["enexis"].name) == (2, "Enexis Nieuw")


async def test_an_earlier_version_is_read_once_as_long_as_not_many_others_are_asked_for(
    pool: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(MOST_EARLIER + 1):
        await save(pool, with_facts(HISTORY, Kind.PARTY, "enexis", name=f"Enexis {number}"))
    read: list[int] = []

    async def reading(connection: AsyncConnection, version: int) -> Register:
        read.append(version)
        return await load_register(connection, version)

    monkeypatch.setattr(storing, "load_register", reading)
    registers = Registers(pool, SystemClock())
    newest = await registers.newest()
    async with transaction(pool) as connection:
        first = await registers.of_version(connection, 1)
        assert await registers.of_version(connection, 1) is first
        assert await registers.of_version(connection, newest.version) is newest
        assert first == await load_register(connection, 1)
        assert read == [1]
        others = range(2, MOST_EARLIER + 1)
        for version in (*others, 1, *others):
            assert (await registers.of_version(connection, version)).version == version
        assert read == [1, *others]
        await registers.of_version(connection, MOST_EARLIER + 1)
        await registers.of_version(connection, 1)
        assert read == [1, *others, MOST_EARLIER + 1, 1]
        with pytest.raises(LookupError):
            await registers.of_version(connection, newest.version + 1)


async def test_a_version_is_the_same_from_whichever_earlier_one_it_is_read(pool: AsyncEngine) -> None:
    changed = with_facts(HISTORY, Kind.PARTY, "enexis", name="Enexis Nieuw")
    later = without_party(with_facts(changed, Kind.PARTY, "acm", name="ACM"), "tennet")
    for history in (changed, later, with_facts(later, Kind.PARTY, "acm", name="AC"), changed):
        await save(pool, history)
    async with transaction(pool) as connection:
        whole = {version: await load_history(connection, version) for version in range(1, 6)}
        for version, history in whole.items():
            for known in range(1, version + 1):
                assert await load_history(connection, version, whole[known]) == history


async def test_saving_the_same_again_makes_no_version(pool: AsyncEngine) -> None:
    async with transaction(pool) as connection:
        await lock_register(connection)
        assert await save_history(connection, HISTORY, "administrator", datetime.now(UTC)) == []
    assert (await Registers(pool, SystemClock()).newest()).version == 1


async def test_a_change_that_the_hub_could_not_tell_of_is_not_made(pool: AsyncEngine) -> None:
    areas = tuple(area.key for area in HISTORY.of_kind(Kind.AREA))
    with pytest.raises(ChangeUntold, match="areas: heeft te veel onderdelen"):
        await save(pool, with_facts(HISTORY, Kind.PARTY, "enexis", areas=areas))
    assert (await Registers(pool, SystemClock()).newest()).version == 1


async def test_each_version_has_a_record_in_the_ledger(pool: AsyncEngine) -> None:
    await save(pool, without_party(HISTORY, "enexis"))
    async with transaction(pool) as connection:
        records = list(
            (
                await connection.execute(
                    select(tables.ledger.c.record).where(tables.ledger.c.kind == "register-version")
                )
            ).scalars()
        )
    assert sorted(b'"by":"administrator"' in record for record in records) == [False, True]


async def test_a_role_begins_and_ends_on_its_dutch_day(settings: Settings, pool: AsyncEngine) -> None:
    await save(pool, History.of(1, (*HISTORY.entries, Entry(_ROLE, _FROM, _UNTIL))), _noon(date(2026, 12, 1)))
    registers = Registers(pool, ScenarioClock(pool))
    seen = {}
    # 28 March 2027 is the day of summer time: it begins at 23:00 UTC the evening before.
    for now in (
        _noon(_FROM - timedelta(days=2)),
        datetime(2027, 2, 28, 22, 59, tzinfo=UTC),
        datetime(2027, 2, 28, 23, 0, tzinfo=UTC),
        datetime(2027, 3, 27, 22, 59, tzinfo=UTC),
        datetime(2027, 3, 27, 23, 0, tzinfo=UTC),
        datetime(2027, 12, 31, 23, 0, tzinfo=UTC),
    ):
        async with transaction(pool) as connection:
            await move_clock(connection, now)
        register = await registers.newest()
        seen[now.isoformat()] = (register.version, _ROLE in register.roles)
    assert list(seen.values()) == [(2, False), (2, False), (3, True), (3, True), (4, False), (4, False)]


async def test_workers_that_meet_a_new_day_together_make_one_version(pool: AsyncEngine) -> None:
    await save(pool, History.of(1, (*HISTORY.entries, Entry(_ROLE, _FROM))), _noon(date(2026, 12, 1)))
    async with transaction(pool) as connection:
        await move_clock(connection, _noon(_FROM))
    workers = [Registers(pool, ScenarioClock(pool)) for _ in range(4)]
    registers = await asyncio.gather(*(worker.newest() for worker in workers))
    assert {register.version for register in registers} == {3}


async def test_without_a_clock_a_scenario_has_the_newest_register(pool: AsyncEngine) -> None:
    assert (await Registers(pool, ScenarioClock(pool)).newest()).version == 1


async def test_a_register_of_before_it_was_dated_is_kept(settings: Settings, owner_pool: AsyncEngine) -> None:
    def to(revision: str, connection: Connection) -> None:
        config: Config = migrating._config(connection)
        command.upgrade(config, revision)

    async with transaction(owner_pool) as connection:
        await connection.execute(text("DROP SCHEMA public CASCADE"))
        await connection.execute(text("CREATE SCHEMA public"))
        await connection.run_sync(lambda plain: to("0002", plain))
        for statement in (
            "INSERT INTO register_version VALUES (1, '2026-11-01'), (2, '2026-11-02')",
            "INSERT INTO area VALUES ('GM0935', 'Maastricht', '{GM0935}'), ('PV31', 'Limburg', '{GM0935}'),"
            " ('VR24', 'Zuid-Limburg', '{GM0935}'), ('WS0665', 'Limburg', '{GM0935}'),"
            " ('NL', 'Nederland', '{GM0935}')",
            "INSERT INTO party VALUES ('gm0935', 'Gemeente Maastricht', 'municipality', 'a@b.example',"
            " '00000099100009350000', '{GM0935}', 'RED')",
            "INSERT INTO role VALUES (0, 'gm0935', 'waste-water', 'operator')",
            "INSERT INTO dependency VALUES ('electricity', 'oil', 'high')",
            "INSERT INTO function_facts VALUES ('oil', 3, 'Olie', 'Oil', 'kernteam-oil', 'Provincies')",
        ):
            await connection.execute(text(statement))
    await migrate(owner_pool, app_role_of(settings))
    async with transaction(owner_pool) as connection:
        register = await load_register(connection, 2)
    assert register.areas["GM0935"].within == ("PV31", "VR24", "WS0665")
    assert register.areas["NL"].municipalities == {"GM0935"}
    assert set(register.parties) == {"gm0935", "kernhub"}
    assert register.slug_by_number["oin", "00000099100009350000"] == "gm0935"
    assert register.parties["gm0935"].areas == ("GM0935",)
    assert register.roles == (Role("gm0935", FunctionSlug.WASTE_WATER, RoleKind.OPERATOR),)
    assert [d.strength for d in register.dependencies] == ["high"]
    assert register.functions[FunctionSlug.OIL].number == 3
    assert dataclasses.asdict(register.functions[FunctionSlug.OIL])["core_team"] == "kernteam-oil"


async def test_a_register_counts_as_seen_only_since_it_was_looked_up_and_while_it_is_the_newest(
    pool: AsyncEngine,
) -> None:
    registers, now = Registers(pool, SystemClock()), datetime.now(UTC)
    register = await registers.newest()
    today = dutch_day(now)
    assert registers.seen(0.0, now) is None
    registers.see(Version(register.version, today, None), 10.0)
    assert (registers.seen(10.0, now), registers.seen(10.1, now)) == (register, None)
    registers.see(Version(register.version, today, today), 11.0)  # something begins or ends today
    assert registers.seen(11.0, now) is None
    registers.see(Version(register.version + 1, today, None), 12.0)
    registers.see(Version(register.version, today, None), 11.5)  # an answer that came late
    assert registers.seen(0.0, now) is None
