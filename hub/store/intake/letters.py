"""Dead letters that are sent again after repair."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables

_letter = tables.dead_letter.c


class LetterKey(NamedTuple):
    """Which record it was, and who could not handle it; written `router:TOPIC:PARTITION:OFFSET`."""

    consumer: str
    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return ":".join(map(str, self))


def read_key(written: str) -> LetterKey | None:
    """The key as it is written; None: it is none."""
    parts = written.split(":")
    if len(parts) != 4 or not all(one.isascii() and one.isdigit() and len(one) < 19 for one in parts[2:]):
        return None
    partition = int(parts[2])
    return LetterKey(parts[0], parts[1], partition, int(parts[3])) if partition < 2**31 else None


def key_of(row: Any) -> LetterKey:
    """The key of a row."""
    return LetterKey(row.consumer, row.topic, row.partition, row.offset)


async def lock_letter(connection: AsyncConnection, key: LetterKey) -> Any | None:
    """The letter, held until the transaction ends."""
    where = [_letter[name] == value for name, value in key._asdict().items()]
    return (await connection.execute(select(tables.dead_letter).where(*where).with_for_update())).first()


async def mark_sent_again(connection: AsyncConnection, key: LetterKey, now: datetime) -> None:
    """The letter stands on its topic again."""
    where = [_letter[name] == value for name, value in key._asdict().items()]
    await connection.execute(update(tables.dead_letter).where(*where).values(sent_again_at=now))
