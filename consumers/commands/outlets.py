"""A hub whose outlets are changed at the keyboard."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.commands.keys import UnknownParty
from consumers.say import tell
from consumers.ways_out.channels import WANTED
from hub.errors import HubError
from hub.outlets import own_outlets
from hub.rules.outlets import StopReason
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, transaction
from hub.store.deliveries import outlets
from hub.store.deliveries.outlets import OutletName
from hub.store.deliveries.stream import number_planned
from hub.store.register.administering import ADMINISTRATOR
from hub.store.register.registers import Registers


class NoOutlet(HubError):
    """The party has no such system."""


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


STATES = {
    "new": "nog te vragen of het mag",
    "active": "aan",
    StopReason.OWNER: "uitgezet",
    StopReason.GONE: "gestopt: het adres is er niet meer",
    StopReason.FAILING: "gestopt: nam drie dagen niets aan",
    StopReason.REFUSED: "gestopt: gaf drie dagen geen toestemming",
}


async def list_outlets(settings: Settings, party: str | None) -> int:
    """Tells of each system, over every channel, how it is doing; not what was shared with it as a secret."""
    async with opened_hub(settings, party) as hub:
        rows = await outlets.list_outlets(hub.connection, None, party)
    for row in rows:
        where = " ".join(f"{name}={value}" for name, value in sorted(row.target.items()))
        tell(f"{row.party} {row.channel}:{row.name}: {where}, {STATES[row.stopped_why or row.state]}")
        if row.last_error:
            tell(f"  de laatste keer: {row.last_error}")
        if row.waiting or row.given_up:
            tell(f"  niet aangenomen: {row.waiting} gaan opnieuw, {row.given_up} opgegeven")
    if not rows:
        tell("Er zijn geen systemen om naar te sturen.")
    return 0


async def set_outlet(
    settings: Settings, party: str, channel: str, name: str, target: Mapping[str, str]
) -> int:
    """Makes or changes a system over a channel. Raises OutletRefused or UnknownParty."""
    local = settings.webhooks == "local"
    wanted = own_outlets.read_wanted(WANTED, channel, dict(target), local=local)
    async with opened_hub(settings, party) as hub:
        called = OutletName(party, channel, name)
        await own_outlets.put_own(hub.connection, called, wanted, hub.now, by=ADMINISTRATOR)
    tell(f"{channel}:{name} van {party} staat aan. De hub vraagt eerst of hij er mag sturen.")
    return 0


async def stop_outlet(settings: Settings, party: str, channel: str, name: str) -> int:
    """Stops a system. Raises NoOutlet."""
    called = OutletName(party, channel, name)
    async with opened_hub(settings, party) as hub:
        if await outlets.find_outlet(hub.connection, called) is None:
            raise NoOutlet(f"{party} heeft geen {channel}:{name}.")
        await outlets.stop_outlet(hub.connection, called, hub.now, ADMINISTRATOR)
    tell("Uitgezet. Wat komt, wacht.")
    return 0


async def remove_outlet(settings: Settings, party: str, channel: str, name: str) -> int:
    """Removes a system. Raises NoOutlet."""
    async with opened_hub(settings, party) as hub:
        called = OutletName(party, channel, name)
        if not await outlets.remove_outlet(hub.connection, called, hub.now, ADMINISTRATOR):
            raise NoOutlet(f"{party} heeft geen {channel}:{name}.")
    tell("Verwijderd.")
    return 0
