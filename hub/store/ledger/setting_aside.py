"""Setting aside: a batch that the sequencer refuses stays as it is, without a number; a record says why."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import HubError
from hub.rules.identity import canonical_object
from hub.rules.ledger.checking import said_in
from hub.rules.ledger.records import is_canonical
from hub.store import tables
from hub.store.ledger.fitting import false_tellings, unlike_their_records
from hub.store.ledger.keys import false_handovers
from hub.store.ledger.records import Entry, find_records, record
from hub.store.tables.ledger import COUNTS

SET_ASIDE = "batch-set-aside"
_RECORDS = text(
    """
    SELECT batch, record_key, kind, event_key, record, leaf_hash FROM ledger
    WHERE batch = ANY (CAST(:batches AS bigint[])) ORDER BY record_key
    """
)
_LISTS = text(
    """
    SELECT batch, CAST(record_keys AS text) AS keys, leaf_hashes, first_number FROM ledger_batch
    WHERE batch = ANY (CAST(:batches AS bigint[]))
    """
)
_ASIDE = text(
    "SELECT batch, hash, record_key, set_aside_at FROM ledger_set_aside ORDER BY set_aside_at, hash"
)
_UNTRUE = text(
    f"""
    SELECT record_key FROM ledger l
    WHERE kind = 'batch-set-aside' AND {COUNTS}
      AND NOT EXISTS (SELECT FROM ledger_set_aside a WHERE a.record_key = l.record_key) LIMIT 100
    """  # noqa: S608 - of constants
)


class NotToSetAside(HubError):
    """A batch that is to stay where it is. The message says why."""


class Batch(NamedTuple):
    """A batch as it lies: its row (keys, leaf_hashes, first_number; None: not there), and the records that
    say they are of it."""

    number: int
    listed: Any | None
    records: Sequence[Any]

    @property
    def hash(self) -> bytes:
        """SHA-256 over all of it, as docs/explanation/ledger-format.md says."""
        records = [
            {
                "event": str(row.event_key) if row.event_key else None,
                "key": str(row.record_key),
                "kind": row.kind,
                "leaf": bytes(row.leaf_hash).hex(),
                "record": bytes(row.record).hex(),
            }
            for row in self.records
        ]
        listed = self.listed and {"keys": self.listed.keys, "leaves": bytes(self.listed.leaf_hashes).hex()}
        whole = canonical_object({"batch": self.number, "listed": listed, "records": records})
        return hashlib.sha256(whole).digest()


class Aside(NamedTuple):
    """A batch that was set aside: its number, when, and the record that tells why."""

    batch: int
    at: datetime
    said: dict[str, Any]


async def find_batches(connection: AsyncConnection, numbers: Collection[int]) -> list[Batch]:
    """These batches as they lie; one that is nowhere has neither row nor records."""
    asked = {"batches": list(numbers)}
    lists = {row.batch: row for row in await connection.execute(_LISTS, asked)}
    records: dict[int, list[Any]] = {number: [] for number in numbers}
    for row in await connection.execute(_RECORDS, asked):
        records[row.batch].append(row)
    return [Batch(number, lists.get(number), records[number]) for number in numbers]


async def wrongs_of(connection: AsyncConnection, batch: Batch) -> list[str]:
    """What is wrong with a batch without a number, in Dutch; nothing: it will get its number."""
    if batch.listed is None:
        return ["er zijn records, en geen groep die ze noemt"] if batch.records else []
    wrong = [
        f"record {row.record_key} is geen JSON-object in vaste vorm (RFC 8785)"
        for row in batch.records
        if not is_canonical(bytes(row.record))
    ]
    if not wrong and await unlike_their_records(connection, [batch.listed]):
        wrong.append("wat de groep noemt, past niet bij haar records")
    if await false_tellings(connection, [batch.listed]):
        wrong.append("een record zegt dat een groep apart is gezet, en dat is niet zo")
    if batch.number in await false_handovers(connection):
        wrong.append("een record draagt de sleutel van het grootboek niet goed over")
    return wrong


async def set_aside(
    connection: AsyncConnection, batch: Batch, wrong: Sequence[str], why: str, by: str, now: datetime
) -> None:
    """Keeps a batch with which this is wrong (`wrongs_of`, in the same transaction) from ever getting a
    number, and records that with the hash of all that is in it. `connection` is of the owner of the tables.
    Raises NotToSetAside for what has a number, for what nothing is wrong with, and for what was set aside as
    it is."""
    if batch.listed is not None and batch.listed.first_number is not None:
        raise NotToSetAside(
            f"Groep {batch.number} heeft al een nummer: wat een nummer heeft, blijft in het grootboek. Kijk "
            "wat er mis is met 'kernhub ledger verify', en zet een reservekopie terug die klopt."
        )
    before = [row for row in await connection.execute(_ASIDE) if row.batch == batch.number]
    whole = batch.hash
    if any(bytes(row.hash) == whole for row in before):
        raise NotToSetAside(f"Groep {batch.number} is al apart gezet, zoals zij nu is.")
    if not before and not wrong:
        raise NotToSetAside(
            f"Met groep {batch.number} is niets mis, of zij is er niet: zij blijft waar zij is."
        )
    facts = {
        "batch": batch.number,
        "hash": whole.hex(),
        "records": len(batch.records),
        "why": why,
        "by": by,
    }
    # By chance: a key that could be foreseen could be taken.
    entry = Entry(SET_ASIDE, (uuid4(),), None, now, facts)
    row = {"batch": batch.number, "hash": whole, "record_key": entry.record_key, "set_aside_at": now}
    await connection.execute(insert(tables.ledger_set_aside), row)
    await record(connection, [entry])


async def set_aside_before(connection: AsyncConnection) -> list[Aside]:
    """All that was set aside, in order."""
    return [Aside(row.batch, row.set_aside_at, said) for row, said in await _told(connection)]


async def faults_of_aside(connection: AsyncConnection) -> list[str]:
    """Batches that were set aside and are no longer what they were then, or of which no record tells; and
    records that tell so of a batch that was not."""
    told = await _told(connection)
    faults = []
    for row, said in told:
        if (said.get("kind"), said.get("batch"), said.get("hash")) != (SET_ASIDE, row.batch, row.hash.hex()):
            faults.append(f"groep {row.batch} is apart gezet, en geen record zegt dat")
    last = {row.batch: bytes(row.hash) for row, _ in told}
    for batch in await find_batches(connection, last) if last else []:
        if batch.listed is not None and batch.listed.first_number is not None:
            faults.append(f"groep {batch.number} is apart gezet, en heeft toch een nummer")
        if batch.hash != last[batch.number]:
            faults.append(f"groep {batch.number} is veranderd sinds zij apart is gezet")
    for key in (await connection.execute(_UNTRUE)).scalars():
        faults.append(f"record {key} zegt dat een groep apart is gezet, en dat is niet zo")
    return faults


async def _told(connection: AsyncConnection) -> list[tuple[Any, dict[str, Any]]]:
    """All that was set aside, in order, each with what its record says; nothing where there is none."""
    rows = (await connection.execute(_ASIDE)).all()
    found = await find_records(connection, [row.record_key for row in rows])
    return [(row, said_in(bytes(found.get(row.record_key, b"")))) for row in rows]
