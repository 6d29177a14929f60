"""What may happen to one thing more than once: each time has a record of its own."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.identity import derived_key
from hub.rules.ledger.checking import said_in
from hub.store.ledger.records import find_records

Unique = tuple[object, ...]


def of_time(first: Unique, time: int) -> Unique:
    """What makes the record of the given time unique, by what makes the first one so."""
    return first if time == 1 else (*first, time)


async def times_of(
    connection: AsyncConnection, kind: str, firsts: Sequence[Unique]
) -> Mapping[Unique, list[tuple[UUID, bytes]]]:
    """By what makes the first time unique: the record of each time, with its key, in order."""
    found: dict[Unique, list[tuple[UUID, bytes]]] = {first: [] for first in firsts}
    left = list(found)
    while left:
        keys = {derived_key(kind, *of_time(first, len(found[first]) + 1)): first for first in left}
        records = await find_records(connection, list(keys))
        for key, content in records.items():
            found[keys[key]].append((key, bytes(content)))
        left = [keys[key] for key in records]
    return found


async def next_times(
    connection: AsyncConnection, kind: str, firsts: Sequence[Unique]
) -> dict[Unique, Unique]:
    """By what makes the first time unique: what makes the next one so. Who asks holds what it happens to, so
    that nobody else takes the same time."""
    return {
        first: of_time(first, len(had) + 1)
        for first, had in (await times_of(connection, kind, firsts)).items()
    }


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
