"""The API on a real socket, in the process of the test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.local import ready
from consumers.ways_in.http import application, serve
from hub.kafka.broker import Publisher, ensure_topics
from hub.settings import Settings
from hub.store.clock import SystemClock
from hub.store.register.registers import Registers
from tests.ports import free_port


@asynccontextmanager
async def served(settings: Settings, pool: AsyncEngine) -> AsyncIterator[int]:
    """The port on 127.0.0.1 where the web server of this hub listens."""
    port = free_port()
    own = settings.model_copy(update={"http_port": port, "http_host": "127.0.0.1"})
    await ensure_topics(own)
    stop = asyncio.Event()
    async with Publisher(own) as publisher:
        await publisher.ready()
        app = application(own, pool, Registers(pool, SystemClock()), publisher, SystemClock())
        serving = asyncio.create_task(serve(own, app, stop))
        async with asyncio.timeout(60):
            while not await ready.listens(port):  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0.02)
        try:
            yield port
        finally:
            stop.set()
            await serving
