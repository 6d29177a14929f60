"""A worker of outlets that is driven by hand, on a wall clock of the test."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.ways_out.channels import WAYS_OUT
from consumers.ways_out.outlets import Outlets
from hub.outlets.channel import WayOut
from hub.outlets.webhooks import CHANNEL, put_webhook
from hub.settings import Settings
from hub.store import tables
from hub.store.clock import clock_of
from hub.store.database import transaction
from hub.store.deliveries.outlets import OutletName
from hub.store.deliveries.stream import number_planned
from hub.store.register.registers import Registers
from tests.events import attributes
from tests.fed import NOW, Hub
from tests.receiver import Receiver

ENEXIS = OutletName("enexis", CHANNEL, "zaken")


def found(*names: str, **changes: Any) -> list[dict[str, Any]]:
    """Bottlenecks with these ids, that Enexis is to know of."""
    return [attributes("bottleneck-found", id=name, **changes) for name in names]


async def ledger(hub: Hub, kind: str) -> list[dict[str, Any]]:
    """What the records of a kind say."""
    return [json.loads(row.record) for row in await hub.rows(tables.ledger, tables.ledger.c.kind == kind)]


async def put_again(connection: AsyncConnection, receiver: Receiver) -> None:
    """Enexis puts its webhook again, which starts it again."""
    await put_webhook(connection, ENEXIS, receiver.url, "structured", NOW, local=True)


class Sender:
    """Takes turns until nothing is due; `later` moves its clock."""

    def __init__(self, hub: Hub, ways: Mapping[str, WayOut]):
        self.hub = hub
        self.wall = datetime.now(UTC)
        clock = clock_of(hub.settings, hub.pool)
        self.outlets = Outlets(hub.pool, Registers(hub.pool, clock), clock, ways, lambda: self.wall)

    async def go(self, most: int = 50) -> None:
        await self.outlets.address()
        self.wall = max(self.wall, datetime.now(UTC))
        for _ in range(most):
            if not await self.outlets.take_turns():
                return
        raise AssertionError("always something due")

    async def later(self, **times: float) -> None:
        """Moves the clock, and takes the turns that are due then."""
        self.wall += timedelta(**times)
        await self.go()

    async def webhook(self, party: str, url: str, name: str = "zaken", mode: str = "structured") -> str:
        """A webhook of a party; its secret."""
        await number_planned(self.hub.pool)
        called = OutletName(party, CHANNEL, name)
        async with transaction(self.hub.pool) as connection:
            secret = await put_webhook(connection, called, url, mode, NOW, local=True)
        assert secret is not None
        return secret

    async def outlet(self, party: str) -> Any:
        (row,) = await self.hub.rows(tables.outlet, tables.outlet.c.party == party)
        return row


@asynccontextmanager
async def sending(hub: Hub) -> AsyncIterator[Sender]:
    """A sender over every way out, to this machine too."""
    settings: Settings = hub.settings.model_copy(update={"webhooks": "local"})
    ways = {name: channel.make(settings) for name, channel in WAYS_OUT.items()}
    try:
        yield Sender(hub, ways)
    finally:
        for way in ways.values():
            await way.close()
