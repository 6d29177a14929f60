"""What the administrator of a hub does: prepare it."""

from consumers.say import tell
from consumers.workers import prepare_store
from hub.broker import ensure_topics
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened
from hub.store.registers import Registers


async def prepare(settings: Settings) -> int:
    """Makes tables, register and topics where they are missing. Raises Unavailable, NotConfigured or
    MayChangeLedger."""
    await prepare_store(settings)
    async with opened(settings) as pool:
        register = await Registers(pool, clock_of(settings, pool)).newest()
    tell(f"Tabellen klaar. Register: {len(register.parties)} partijen, versie {register.version}.")
    made = await ensure_topics(settings)
    tell(f"Topics klaar: {len(made)} nieuw.")
    return 0
