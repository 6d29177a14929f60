"""What the administrator of a hub does: prepare it, verify the ledger."""

from consumers.say import tell, warn
from consumers.workers import prepare_store
from hub.broker import ensure_topics
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, transaction
from hub.store.ledgers import check_ledger
from hub.store.registers import Registers


async def prepare(settings: Settings) -> int:
    """Makes tables, register and topics where they are missing. Raises Unavailable or NotConfigured."""
    async with opened(settings) as pool:
        await prepare_store(pool)
        register = await Registers(pool, clock_of(settings, pool)).newest()
    tell(f"Tabellen klaar. Register: {len(register.parties)} partijen, versie {register.version}.")
    made = await ensure_topics(settings)
    tell(f"Topics klaar: {len(made)} nieuw.")
    return 0


async def verify_ledger(settings: Settings) -> int:
    """Hashes the whole ledger again; exit code 1 when anything is wrong."""
    async with opened(settings) as pool, transaction(pool) as connection:
        check = await check_ledger(connection)
    for fault in check.faults:
        warn(f"Fout: {fault}")
    if check.faults:
        return 1
    tell(f"Het grootboek klopt: {check.size} regels, boomkop {check.root.hex()}")
    return 0
