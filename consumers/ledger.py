"""Ledger: gives committed records their number and keeps the head of the tree."""

import asyncio
import logging
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.waiting import wait_or_stop
from hub import logs
from hub.errors import Unavailable, why
from hub.ledger.head import keep_head, kept_head
from hub.rules.ledger.notes import Signer
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.ledger.numbering import Signed, number_next
from hub.store.ledger.trees import find_head
from hub.store.wake import WakeUp

_GATHER_SECONDS = 0.1
_log = logging.getLogger(__name__)


async def keep_numbering(
    pool: AsyncEngine,
    clock: Clock,
    signer: Signer,
    wake_up: WakeUp,
    stop: asyncio.Event,
    beside_key: Path | None = None,
) -> None:
    """Numbers records as they come and signs the head, until `stop`. The file `beside_key` has the head that
    was signed last, so that the next start goes on from there too. Raises KeyNotInForce, NotBegun,
    PastChanged or NotConfigured."""
    signed = Signed.of(kept_head(beside_key))
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
                if head is not None:
                    signed = Signed(head.size, bytes(head.root))
                    await _keep(beside_key, head.note)
                # Records come in bursts: one tree head for many costs less than one for each.
                await wait_or_stop(stop, _GATHER_SECONDS)
        except Unavailable as error:
            _log.warning(logs.line("a part is away, waiting", error=type(error).__name__))
            await wait_or_stop(stop, 1.0)
        await wake_up.wait()


async def _keep(path: Path | None, note: str) -> None:
    """A file that can't be written stops nobody: the records have their number, and this process knows."""
    try:
        if path is not None:
            await asyncio.to_thread(keep_head, path, note)
    except OSError as error:
        _log.warning(logs.line("the last signed head can't be kept beside the key", error=why(error)))
