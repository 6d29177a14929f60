"""A hub whose outlets are changed at the keyboard."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.commands.keys import UnknownParty
from hub.errors import HubError
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, transaction
from hub.store.registers import Registers
from hub.store.stream import number_planned


class NoOutlet(HubError):
    """The party has no such webhook or topic."""


class OpenedHub(NamedTuple):
    """A transaction, and the time."""

    connection: AsyncConnection
    now: datetime


@asynccontextmanager
async def opened_hub(settings: Settings, party: str | None = None) -> AsyncIterator[OpenedHub]:
    """One transaction. Raises UnknownParty when the register has no such party, or Unavailable."""
    async with opened(settings) as pool:
        clock = clock_of(settings, pool)
        if party is not None and party not in (await Registers(pool, clock).newest()).parties:
            raise UnknownParty(f"'{party}' is geen partij in het register.")
        await number_planned(pool)
        now = await clock.now()
        async with transaction(pool) as connection:
            yield OpenedHub(connection, now)
