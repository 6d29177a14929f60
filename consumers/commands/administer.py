"""What the administrator of a hub does: prepare it."""

from consumers.say import tell
from consumers.workers import prepare_store
from hub.errors import NotConfigured, why
from hub.identity.signing import write_keys
from hub.kafka.broker import ensure_topics
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened
from hub.store.register.registers import Registers


async def prepare(settings: Settings) -> int:
    """Makes tables, register, topics and keys to sign access tokens with where they are missing. Raises
    Unavailable, NotConfigured or MayChangeLedger."""
    await prepare_store(settings)
    async with opened(settings) as pool:
        register = await Registers(pool, clock_of(settings, pool)).newest()
    tell(f"Tabellen klaar. Register: {len(register.parties)} partijen, versie {register.version}.")
    made = await ensure_topics(settings)
    tell(f"Topics klaar: {len(made)} nieuw.")
    keys = settings.signing_keys
    if keys is not None and not keys.exists():
        try:
            write_keys(keys)
        except OSError as error:
            raise NotConfigured(
                f"'{keys}' (KERNHUB_SIGNING_KEYS) is niet te schrijven: {why(error)}."
            ) from None
        tell(f"Sleutels voor toegangsbewijzen staan in '{keys}'.")
    return 0
