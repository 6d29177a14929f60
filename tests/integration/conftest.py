"""A hub that is fed by hand, and its API in one process."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.ways_in.http import application
from hub.kafka.broker import Publisher
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.register.registers import Registers
from tests.documented import as_described
from tests.fed import NOW, Hub
from tests.outletted import Sender, sending
from tests.receiver import Receiver, receiving


@pytest.fixture
async def hub(settings: Settings, pool: AsyncEngine) -> AsyncIterator[Hub]:
    """A router, throttle and mailer on the test's own database, at `NOW`."""
    async with Publisher(settings) as publisher:
        made = Hub(settings, pool, publisher)
        await made.go(NOW)
        yield made


@pytest.fixture
async def client(hub: Hub, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The API of that hub, whose answers are held against its description."""
    clock = clock_of(hub.settings, hub.pool)
    async with Publisher(settings) as publisher:
        app = application(settings, hub.pool, Registers(hub.pool, clock), publisher, clock)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://localhost/v1/",
            event_hooks={"response": [as_described()]},
        ) as made:
            yield made


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A system on this machine that takes webhooks."""
    async with receiving() as made:
        yield made


@pytest.fixture
async def sender(hub: Hub) -> AsyncIterator[Sender]:
    """A worker of outlets for that hub, driven by hand."""
    async with sending(hub) as made:
        yield made
