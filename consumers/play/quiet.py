"""Waiting until the workers of a hub have done their work: by their own news, never by guessing a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from hub.errors import HubError
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import snapshot
from hub.store.wake import Channel, WakeUp
from hub.store.work import WorkLeft, unsure_claims, work_left

_STALLED_SECONDS = 180.0
"""With work left and nothing moving for so long, something is wrong."""
_NOTED_SECONDS = 3.0
"""Of what Kafka has not taken for so long it is not waited for that it does: it may never."""

Until = Callable[[Callable[[WorkLeft], bool]], Awaitable[None]]


class Stalled(HubError):
    """A worker makes no progress. Its log says why."""


def is_quiet(left: WorkLeft) -> bool:
    """Whether nothing is left to do."""
    return left.total() == 0


@asynccontextmanager
async def watching_work(settings: Settings, pool: AsyncEngine) -> AsyncIterator[Until]:
    """Yields what waits until the work that is left satisfies a condition. That raises Stalled."""
    wake_up = WakeUp(settings, 1.0, Channel.RECORD, Channel.PROGRESS)
    clock = clock_of(settings, pool)
    loop = asyncio.get_running_loop()

    async def until(enough: Callable[[WorkLeft], bool]) -> None:
        seen, since = None, loop.time()
        enough_since: float | None = None
        while True:
            now = await clock.now()
            async with snapshot(pool) as connection:
                left = await work_left(connection, now)
                unsure = await unsure_claims(connection)
            enough_since = (enough_since or loop.time()) if enough(left) else None
            if enough_since is not None:
                if not unsure or loop.time() - enough_since > _NOTED_SECONDS:
                    return
            elif left != seen:
                seen, since = left, loop.time()
            elif loop.time() - since > _STALLED_SECONDS:
                behind = [name for name, count in left._asdict().items() if count]
                raise Stalled(
                    f"Het werk van {', '.join(behind)} komt niet verder. Kijk in {settings.var / 'log'} "
                    "waarom. Start daarna opnieuw: er is niets weg."
                )
            await wake_up.wait()

    try:
        yield until
    finally:
        await wake_up.close()
