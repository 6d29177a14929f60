"""The seeded register, and registers that differ from it in one thing."""

import dataclasses
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine

from hub.register.history import Entry, History, Kind
from hub.register.model import Register, Role
from hub.register.seed import seed_history
from hub.store.database import transaction
from hub.store.register.registers import lock_register, save_history

HISTORY: Final = seed_history()
TODAY: Final = date(2027, 6, 1)
REGISTER: Final[Register] = HISTORY.on(TODAY)


def with_facts(history: History, kind: Kind, key: str, **changes: Any) -> History:
    """The entries of this key with these facts changed."""
    return History.of(
        history.version,
        (
            dataclasses.replace(entry, facts=dataclasses.replace(entry.facts, **changes))
            if (entry.kind, entry.key) == (kind, key)
            else entry
            for entry in history.entries
        ),
    )


def with_mailboxes(**mailboxes: str) -> Register:
    """The register in which these parties have these mailboxes."""
    changed = {
        slug: dataclasses.replace(REGISTER.parties[slug], mailbox=one) for slug, one in mailboxes.items()
    }
    return dataclasses.replace(REGISTER, parties=REGISTER.parties | changed)


def without_party(history: History, party: str) -> History:
    """As if this party had never been there."""

    def is_of_party(entry: Entry) -> bool:
        facts = entry.facts
        return (entry.kind, entry.key) == (Kind.PARTY, party) or (
            isinstance(facts, Role) and facts.party == party
        )

    return History.of(history.version, (entry for entry in history.entries if not is_of_party(entry)))


async def save(pool: AsyncEngine, history: History, now: datetime | None = None) -> None:
    """Makes it the newest register, as an administrator does."""
    async with transaction(pool) as connection:
        await lock_register(connection)
        await save_history(connection, history, "administrator", now or datetime.now(UTC))
