"""Hubs that run, for journeys."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.settings import Settings
from hub.store.database import opened
from tests.journeys.running import RunningHub, exercising, running


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


@pytest.fixture
async def exercise(settings: Settings, pool: AsyncEngine) -> AsyncIterator[RunningHub]:
    """An exercise to which nothing happened before."""
    async with exercising(settings, pool) as made:
        yield made


@pytest.fixture(scope="module")
async def lasting_exercise(module_settings: Settings) -> AsyncIterator[RunningHub]:
    """An exercise with all that earlier journeys of this file did to it."""
    async with opened(module_settings) as pool, exercising(module_settings, pool) as made:
        yield made
