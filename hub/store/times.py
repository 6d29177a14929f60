"""What may happen to one thing more than once: each time has a record of its own."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import any_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.identity import derived_key
from hub.rules.ledger.checking import said_in
from hub.store import tables
from hub.store.database import keys_of
from hub.store.tables.ledger import counts

_ledger = tables.ledger.c

Unique = tuple[object, ...]


def of_time(first: Unique, time: int) -> Unique:
    """What makes the record of the given time unique, by what makes the first one so."""
    return first if time == 1 else (*first, time)


async def times_of(
    connection: AsyncConnection, kind: str, firsts: Sequence[Unique]
) -> Mapping[Unique, list[tuple[UUID, bytes]]]:
    """By what makes the first time unique: the record of each time, with its key, in order; without what was
    set aside."""
    return {
        first: [(row.record_key, bytes(row.record)) for row in had if row.counts]
        for first, had in (await _all_times(connection, kind, firsts)).items()
    }


async def next_times(
    connection: AsyncConnection, kind: str, firsts: Sequence[Unique]
) -> dict[Unique, Unique]:
    """By what makes the first time unique: what makes the next one so; what was set aside keeps its place.
    Who asks holds what it happens to, so that nobody else takes the same time."""
    return {
        first: of_time(first, len(had) + 1)
        for first, had in (await _all_times(connection, kind, firsts)).items()
    }


async def _all_times(
    connection: AsyncConnection, kind: str, firsts: Sequence[Unique]
) -> dict[Unique, list[Any]]:
    """By what makes the first time unique: record_key, record and if it counts, of each time in order."""
    found: dict[Unique, list[Any]] = {first: [] for first in firsts}
    left = list(found)
    query = select(_ledger.record_key, _ledger.record, counts(_ledger.batch).label("counts"))
    while left:
        keys = {derived_key(kind, *of_time(first, len(found[first]) + 1)): first for first in left}
        rows = (await connection.execute(query.where(_ledger.record_key == any_(keys_of(list(keys)))))).all()
        left = [keys[row.record_key] for row in rows]
        for row in rows:
            found[keys[row.record_key]].append(row)
    return found


async def sendings_of(
    connection: AsyncConnection, mail_keys: Sequence[UUID]
) -> Mapping[UUID, Sequence[Mapping[str, Any]]]:
    """By mail: what the ledger says of each time that it was sent and did not come back, in order."""
    firsts = [(key,) for key in mail_keys]
    sent = await times_of(connection, "mail-sent", firsts)
    back = await times_of(connection, "mail-bounced", [first for first in firsts if sent[first]])
    return {
        key: [said_in(content) for _, content in sent[first][len(back.get(first, ())) :]]
        for first in firsts
        for key in first
    }
