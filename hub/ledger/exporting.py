"""Exports of the ledger: the lines of the file, each record with its proof, sealed by the hub."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import HubError
from hub.rules.ledger.exports import FORMAT, Sealing, line, record_line
from hub.rules.ledger.heads import TreeHead
from hub.rules.ledger.keys import Keyring
from hub.rules.ledger.notes import Signer
from hub.rules.ledger.selecting import Selection, events_of, is_selected
from hub.store.ledger.keys import keyring, must_be_in_force
from hub.store.ledger.reading import Numbered, first_number_since, key_numbers, numbered_records, proper_head
from hub.store.ledger.trees import Prover


class NothingToExport(HubError):
    """The ledger has no signed head yet: the worker 'ledger' makes one."""


class Exporting:
    """What an export begins with: the head that proves it, and the keys of the ledger."""

    def __init__(self, connection: AsyncConnection, signer: Signer, keys: Keyring, head: TreeHead, note: str):
        self.keys = keys
        self.events: set[UUID] = set()
        """The events that the lines so far tell of."""
        self.head = head
        self._connection = connection
        self._signer = signer
        self._note = note

    @classmethod
    async def begun(cls, connection: AsyncConnection, signer: Signer) -> "Exporting":
        """`connection` is of `snapshot`. Raises NothingToExport or KeyNotInForce."""
        await must_be_in_force(connection, signer)
        keys, _ = await keyring(connection)
        found = await proper_head(connection, keys)
        if found is None:
            raise NothingToExport(
                "Het grootboek heeft nog geen ondertekende boomkop. Draait de werker 'ledger'?"
            )
        return cls(connection, signer, keys, *found)

    async def records(self, selection: Selection) -> AsyncIterator[Numbered]:
        """The records that are selected, by reading all of the ledger since the period begins."""
        start = await first_number_since(self._connection, selection.since) if selection.since else 0
        async for one in numbered_records(self._connection, start, self.head.size, selection.function):
            if is_selected(one.record, selection):
                yield one

    async def lines(self, selection: Selection, records: AsyncIterator[Numbered]) -> AsyncIterator[bytes]:
        """The whole file, line by line; `records` in order of number, below the size of the head."""
        prover, sealing = Prover(self._connection, self.head.size), Sealing()
        introduced = [
            record_line(one.number, one.record, await prover.prove(one.number))
            async for one in key_numbers(self._connection, self.head.size)
        ]
        first = {"format": FORMAT, "head": self._note, "keys": introduced, "selection": selection.told()}
        yield sealing.written(line(first))
        async for one in records:
            sealing.ranges.add(one.number)
            self.events |= events_of(one.record)
            yield sealing.written(line(record_line(one.number, one.record, await prover.prove(one.number))))
        yield sealing.seal(self._signer, datetime.now(UTC))
