"""A ledger in tests: a key, and a sequencer that is run by hand."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.ledger.notes import Signer
from hub.store.ledger.numbering import number_next

SIGNER = Signer.made("kernhub.example/ledger")


async def number_all(connection: AsyncConnection, now: datetime, most: int = 1000) -> None:
    """Numbers all that has no number yet."""
    while await number_next(connection, now, SIGNER, most):
        pass
