"""What time is it? The system's time, or that of a scenario, which stands in the database."""

from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.errors import NotConfigured
from hub.settings import Settings
from hub.store import tables
from hub.store.database import transaction
from hub.store.wake import Channel, wake


class Clock(Protocol):
    async def now(self) -> datetime:
        """The moment, in UTC."""


class SystemClock:
    async def now(self) -> datetime:
        return datetime.now(UTC)


class ScenarioClock:
    """Time stands still until the player of the scenario moves it."""

    def __init__(self, pool: AsyncEngine):
        self._pool = pool

    async def now(self) -> datetime:
        async with transaction(self._pool) as connection:
            now = await find_scenario_time(connection)
        if now is None:
            raise NotConfigured("De klok van het scenario staat nog niet: start 'kernhub play'.")
        return now


def clock_of(settings: Settings, pool: AsyncEngine) -> Clock:
    """The clock that the settings choose."""
    return ScenarioClock(pool) if settings.clock == "scenario" else SystemClock()


async def find_scenario_time(connection: AsyncConnection) -> datetime | None:
    """Where the clock of a scenario stands; None: there is none."""
    now: datetime | None = await connection.scalar(select(tables.clock.c.now))
    return now


async def move_clock(connection: AsyncConnection, to: datetime) -> None:
    """Moves the scenario's clock forward; it never goes back."""
    statement = insert(tables.clock).values(only=1, now=to)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["only"], set_={"now": to}, where=tables.clock.c.now < to
        )
    )
    await wake(connection, Channel.CLOCK)
