"""A wrong batch of records set aside, so that the ledger goes on without it."""

from consumers.replay.replays import AT_THE_MACHINE
from consumers.say import tell
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import as_owner, opened, transaction
from hub.store.ledger.numbering import ALONE
from hub.store.ledger.setting_aside import Batch, find_batches, set_aside, wrongs_of

_MOST_TOLD = 20


async def look_or_set_aside(settings: Settings, number: int, why: str | None, *, keep_apart: bool) -> int:
    """Tells what is in a batch and what is wrong with it; with `keep_apart` sets it aside for good. Raises
    NotToSetAside, NotConfigured or Unavailable."""
    async with opened(as_owner(settings), command_seconds=600) as pool, transaction(pool) as connection:
        # Not while the sequencer gives it its number.
        await connection.execute(ALONE)
        (batch,) = await find_batches(connection, [number])
        _tell(batch)
        wrong = await wrongs_of(connection, batch)
        for one in wrong:
            tell(f"Mis: {one}.")
        if not keep_apart:
            tell(
                "Er is niets veranderd. Met --keep-apart en --why krijgt deze groep nooit een nummer; zij "
                "blijft bewaard."
                if wrong
                else "Er is niets mis mee, of zij is al apart gezet. Er is niets veranderd."
            )
            return 0
        now = await clock_of(settings, pool).now()
        await set_aside(connection, batch, wrong, why or "", AT_THE_MACHINE, now)
    tell(
        f"Groep {number} is apart gezet, en blijft zo bewaard; het grootboek zegt waarom. Start de werker "
        "'ledger' opnieuw als die gestopt is. Zoek uit wie dit schreef: de hub deed het niet."
    )
    return 0


def _tell(batch: Batch) -> None:
    tell(f"Groep {batch.number}: {len(batch.records)} records; SHA-256 van alles: {batch.hash.hex()}")
    for row in batch.records[:_MOST_TOLD]:
        tell(f"  {row.record_key} ({row.kind}): {bytes(row.record).decode(errors='backslashreplace')!r}")
    if len(batch.records) > _MOST_TOLD:
        tell(f"  en nog {len(batch.records) - _MOST_TOLD} andere")
