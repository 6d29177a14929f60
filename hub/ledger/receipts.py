"""What the ledger keeps of what comes in at the door, and the receipts that the hub signs for it."""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.ledger.key import signer_of
from hub.rules.identity import content_hash
from hub.rules.ledger.contents import committed
from hub.rules.ledger.heads import Receipt
from hub.rules.ledger.notes import Signer, signed
from hub.rules.ledger.records import RECEIVED
from hub.settings import Settings
from hub.store.ledger.records import Entry, leaf_hashes, record
from schemas.problems import Refused

MOST_REFUSALS = 1000
"""Of one party in one hour, in one process: who sends nonsense without end does not fill the ledger."""


class Refusal(NamedTuple):
    """An event as it came, and why it was refused."""

    event: Any
    outcome: str
    codes: tuple[str, ...]


class Received(NamedTuple):
    """The salted hash of a content that came in, and who published it."""

    commitment: bytes
    publisher: str


def _received_entry(key: UUID, received: Received, now: datetime) -> Entry:
    facts = {"content": received.commitment.hex(), "publisher": received.publisher}
    return Entry(RECEIVED, (key,), key, now, facts)


class Receipts:
    """Records what came in, and signs for it."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._refused: Counter[str] = Counter()
        self._hour: datetime | None = None
        self._secret = b""

    @cached_property
    def _signer(self) -> Signer:
        return signer_of(self._settings)

    async def received(
        self, connection: AsyncConnection, contents: Mapping[UUID, Received], now: datetime
    ) -> dict[UUID, bytes]:
        """Records that these contents came in under these event keys; the leaf hash of each record, which for
        what came in before is that of then."""
        if not contents:
            return {}
        entries = [_received_entry(key, one, now) for key, one in sorted(contents.items())]
        await record(connection, entries)
        leaves = await leaf_hashes(connection, entries)
        return {entry.event_key: leaves[entry.record_key] for entry in entries if entry.event_key}

    async def refused(
        self, connection: AsyncConnection, party: str, refusals: Sequence[Refusal], now: datetime
    ) -> None:
        """Records that events were refused, and the codes of why; of what they say nothing, not even a hash,
        since the hub keeps no salt for it."""
        hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        if hour != self._hour:
            self._hour = hour
            self._refused.clear()
            self._secret = secrets.token_bytes(16)
        room = MOST_REFUSALS - self._refused[party]
        self._refused[party] += len(refusals)
        entries = [self._entry(party, one, now) for one in refusals[: max(room, 0)]]
        if room < len(refusals):
            facts = {"party": party, "hour": hour.isoformat()}
            entries.append(Entry("more-refused", (party, hour), None, now, facts))
        # In one order: who sends the same at the same time waits, and does not lock the other out.
        await record(connection, sorted(entries, key=lambda entry: entry.record_key))

    def _entry(self, party: str, refusal: Refusal, now: datetime) -> Entry:
        codes = sorted(set(refusal.codes))
        facts = {"party": party, "outcome": refusal.outcome, "codes": codes}
        # The same event refused again within the hour, for the same reasons, is one record. The key of a
        # record stays: it may not be one that can be tried out.
        which = committed(self._secret, _digest(refusal.event)).hex()
        return Entry("event-refused", (party, which, refusal.outcome, *codes), None, now, facts)

    def sign(self, leaf: bytes, event_key: UUID, now: datetime) -> str:
        """The receipt for a record. Raises NotConfigured."""
        return signed(Receipt(self._signer.name, leaf, event_key, now).text(), self._signer)


def _digest(event: Any) -> bytes:
    """The hash of an event; none when it has no canonical form."""
    try:
        return content_hash(event) if isinstance(event, dict) else b""
    except (Refused, ValueError):
        return b""
