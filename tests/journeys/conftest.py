"""Hubs that run, for journeys."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.settings import Settings
from hub.store.clock import move_clock
from hub.store.database import opened, transaction
from tests.journeys.running import RunningHub, running


@pytest.fixture(scope="package")
async def lasting(lasting_settings: Settings) -> AsyncIterator[RunningHub]:
    """A hub on the real clock, with all that earlier journeys did to it."""
    async with opened(lasting_settings) as pool, running(lasting_settings, pool) as made:
        yield made


@pytest.fixture
async def hub(lasting: RunningHub) -> RunningHub:
    """A hub on the real clock that tells of this journey only. Its register stays as it is seeded, and a
    journey gives its events ids of their own."""
    return await lasting.from_now()


@pytest.fixture
async def new_hub(settings: Settings, pool: AsyncEngine) -> AsyncIterator[RunningHub]:
    """A hub on the real clock, to which nothing happened before."""
    async with running(settings, pool) as made:
        yield made


START = datetime(2027, 6, 1, 6, 0, tzinfo=UTC)


@pytest.fixture
async def exercise(settings: Settings, pool: AsyncEngine) -> AsyncIterator[RunningHub]:
    """A hub whose clock the test moves and that takes replies; it starts on Tuesday 1 June 2027, 08:00 in
    Amsterdam."""
    async with transaction(pool) as connection:
        await move_clock(connection, START)
    chosen = {"clock": "scenario", "reply_address": "antwoord@kernhub.localhost", "inbound_port": 0}
    async with running(settings.model_copy(update=chosen), pool) as made:
        yield made
