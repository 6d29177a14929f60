"""Outlets: sends deliveries to the systems of parties, each at its own pace and from its own place.

A system has its turn when there is something for it, or something to try again. In a turn its next deliveries
are read, decided with the register of now, sent while no transaction is open, and what came of it is kept in
one. A turn that was broken off is done again: a receiver knows a delivery by its name."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.waiting import wait_or_stop
from consumers.ways_out.outlet_turn import Turn
from hub import logs
from hub.errors import Unavailable
from hub.outlets.channel import WayOut
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.deliveries import turns
from hub.store.deliveries.stream import newest_number, number_planned
from hub.store.register.registers import Registers
from hub.store.wake import WakeUp

_MOST_TURNS = 200
_ADDRESS_AT_ONCE = 500
_SWEEP_SECONDS = 300.0
_log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class Outlets:
    """Gives outlets their turns, many at the same time: who is slow or dead keeps one place busy, no more."""

    def __init__(
        self,
        pool: AsyncEngine,
        registers: Registers,
        clock: Clock,
        ways: Mapping[str, WayOut],
        wall: Callable[[], datetime] = _now,
    ):
        self._pool = pool
        self._ways = ways
        self._wall = wall
        self._worker = uuid4()
        self._turn = Turn(pool, registers, clock, self._worker, wall, random.random)
        self._addressed: int | None = None
        self._swept = 0.0
        self._running: set[asyncio.Task[None]] = set()

    async def keep_sending(self, wake_up: WakeUp, stop: asyncio.Event) -> None:
        """Sends as deliveries come, until `stop`; the turns in hand are finished."""
        try:
            while not stop.is_set():
                try:
                    await self.address()
                    await self._begin_turns(wake_up)
                except Unavailable as error:
                    _log.warning(logs.line("a part is away, waiting", error=type(error).__name__))
                    await wait_or_stop(stop, 2.0)
                await wake_up.wait()
        finally:
            await asyncio.gather(*self._running, return_exceptions=True)
            for way in self._ways.values():
                await way.close()

    async def address(self) -> None:
        """Gives a turn to who has something in what was planned since; now and then, to who was forgotten."""
        await number_planned(self._pool)
        loop = asyncio.get_running_loop()
        if self._addressed is None or loop.time() - self._swept > _SWEEP_SECONDS:
            async with transaction(self._pool) as connection:
                newest = await newest_number(connection)
                await turns.address_all(connection, newest)
            self._addressed, self._swept = newest, loop.time()
            return
        while True:
            async with transaction(self._pool) as connection:
                newest = await newest_number(connection)
                until = min(newest, self._addressed + _ADDRESS_AT_ONCE)
                if until == self._addressed:
                    return
                await turns.address(connection, self._addressed, until)
            self._addressed = until

    async def take_turns(self) -> int:
        """Gives every outlet that is due one turn, and waits for them; how many. Raises what one raises."""
        rows = await self._claim(_MOST_TURNS)
        async with asyncio.TaskGroup() as tasks:
            for row in rows:
                tasks.create_task(self._turn.take(row, self._ways[row.channel]))
        return len(rows)

    async def _begin_turns(self, wake_up: WakeUp) -> None:
        for row in await self._claim(_MOST_TURNS - len(self._running)):
            task = asyncio.create_task(self._one(row))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            task.add_done_callback(lambda _: wake_up.set())

    async def _claim(self, most: int) -> Any:
        if most <= 0:
            return []
        async with transaction(self._pool) as connection:
            return await turns.claim_outlets(connection, self._worker, self._ways.keys(), most, self._wall())

    async def _one(self, row: Any) -> None:
        try:
            await self._turn.take(row, self._ways[row.channel])
        except Unavailable as error:
            _log.warning(logs.line("a turn was broken off", party=row.party, error=type(error).__name__))
        except Exception as error:
            _log.exception(logs.line("a turn was broken off", party=row.party, error=type(error).__name__))
