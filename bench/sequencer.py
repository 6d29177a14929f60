"""The sequencer in a process of its own, as in a hub. Run by `bench.ledger`, which ends it."""

import asyncio
import sys

from pydantic import PostgresDsn

from consumers.collecting import collect_rarely
from consumers.ledger import keep_numbering
from hub.rules.ledger.notes import Signer
from hub.settings import Settings
from hub.store.clock import SystemClock
from hub.store.database import opened
from hub.store.wake import Channel, WakeUp


async def _main(address: str, key: str) -> None:
    collect_rarely()
    settings = Settings(database_url=PostgresDsn(address))
    async with opened(settings) as pool:
        wake_up = WakeUp(settings, 5.0, Channel.RECORD)
        await keep_numbering(pool, SystemClock(), Signer.read(key), wake_up, asyncio.Event())


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2]))
