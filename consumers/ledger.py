"""Ledger: gives committed records their number and keeps the head of the tree."""

import asyncio
import logging

from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.waiting import wait_or_stop
from hub import logs
from hub.errors import Unavailable
from hub.rules.ledger.notes import Signer
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.ledger_trees import find_head
from hub.store.numbering import Signed, number_next
from hub.store.wake import WakeUp

_GATHER_SECONDS = 0.1
_log = logging.getLogger(__name__)


async def keep_numbering(
    pool: AsyncEngine, clock: Clock, signer: Signer, wake_up: WakeUp, stop: asyncio.Event
) -> None:
    """Numbers records as they come and signs the head, until `stop`. Raises KeyNotInForce, NotBegun or
    PastChanged."""
    signed: Signed | None = None
    while not stop.is_set():
        try:
            while not stop.is_set():
                now = await clock.now()
                async with transaction(pool) as connection:
                    made = await number_next(connection, now, signer, signed=signed)
                    head = await find_head(connection)
                if not made:
                    break
                # Only what was committed: else a commit that fails would look like a past that changed.
                signed = Signed(head.size, bytes(head.root)) if head else None
                # Records come in bursts: one tree head for many costs less than one for each.
                await wait_or_stop(stop, _GATHER_SECONDS)
        except Unavailable as error:
            _log.warning(logs.line("a part is away, waiting", error=type(error).__name__))
            await wait_or_stop(stop, 1.0)
        await wake_up.wait()
