"""What the administrator of a hub does: prepare it, give keys."""

import difflib
import sys
from datetime import UTC, datetime

from consumers.say import tell, warn
from consumers.workers import prepare_store
from hub.broker import ensure_topics
from hub.errors import HubError
from hub.register.kinds import HUB
from hub.register.model import Register
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, transaction
from hub.store.registers import Registers
from hub.store.tokens import new_token, revoke_tokens


class UnknownParty(HubError):
    """The register has no party of this name."""


async def prepare(settings: Settings) -> int:
    """Makes tables, register and topics where they are missing. Raises Unavailable or NotConfigured."""
    async with opened(settings) as pool:
        await prepare_store(pool)
        register = await Registers(pool, clock_of(settings, pool)).newest()
    tell(f"Tabellen klaar. Register: {len(register.parties)} partijen, versie {register.version}.")
    made = await ensure_topics(settings)
    tell(f"Topics klaar: {len(made)} nieuw.")
    return 0


async def give_token(settings: Settings, party: str, *, revoke: bool) -> int:
    """Prints a new token, and nothing else, to standard output. Raises UnknownParty or Unavailable."""
    async with opened(settings) as pool:
        register = await Registers(pool, clock_of(settings, pool)).newest()
        if party not in register.parties:
            raise UnknownParty(f"'{party}' is geen partij in het register.{_alike(party, register)}")
        async with transaction(pool) as connection:
            if revoke:
                warn(f"Ingetrokken: {await revoke_tokens(connection, party)} eerdere sleutel(s).")
            made = await new_token(connection, party, datetime.now(UTC))
    if party == HUB:
        warn("Let op: dit is een sleutel van de beheerder. Wie hem heeft, mag het hele register vervangen.")
    warn(f"Sleutel voor {register.parties[party].name}. Bewaar hem goed: hij is niet nog eens te zien.")
    sys.stdout.write(f"{made}\n")
    return 0


def _alike(party: str, register: Register) -> str:
    names = {slug: slug for slug in register.parties} | {
        one.name.casefold(): slug for slug, one in register.parties.items()
    }
    found = difflib.get_close_matches(party.casefold(), names, n=3)
    return f" Bedoelt u {' of '.join(dict.fromkeys(names[name] for name in found))}?" if found else ""
