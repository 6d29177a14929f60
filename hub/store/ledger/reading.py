"""Numbered records in order, some at a time."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Text, any_, cast, exists, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import HubError
from hub.rules.ledger.heads import TreeHead, head_in
from hub.rules.ledger.keys import KEY_KIND, Keyring
from hub.rules.ledger.notes import NoteWrong
from hub.store import tables
from hub.store.database import keys_of
from hub.store.ledger.keys import key_rows
from hub.store.tables.ledger import counts

_ledger, _batch, _head = tables.ledger.c, tables.ledger_batch.c, tables.tree_head.c
_BATCHES_AT_ONCE = 20


class RecordMissing(HubError):
    """A record that has a number is not there. The message says which."""

    def __init__(self, number: int):
        super().__init__(
            f"Record {number} ontbreekt in het grootboek, en dan is er geen volledig antwoord. Kijk wat er "
            "nog meer mis is met: kernhub ledger verify"
        )


class Numbered(NamedTuple):
    """A record with its number, and mostly the key under which it is kept."""

    number: int
    kind: str
    event_key: UUID | None
    record: bytes
    record_key: UUID | None = None


async def numbered_records(
    connection: AsyncConnection, start: int, until: int, function: str | None = None
) -> AsyncIterator[Numbered]:
    """The records from `start` up to `until`; with a function: those of events that are about it. Raises
    RecordMissing when one is not there, whatever it was about."""
    expected = start
    after = await connection.scalar(select(func.max(_batch.first_number)).where(_batch.first_number <= start))
    after = -1 if after is None else after - 1
    while True:
        query = select(_batch.first_number, _batch.record_keys).where(
            _batch.first_number > after, _batch.first_number < until
        )
        batches = (
            await connection.execute(query.order_by(_batch.first_number).limit(_BATCHES_AT_ONCE))
        ).all()
        if not batches:
            if expected < until:
                raise RecordMissing(expected)
            return
        after = batches[-1].first_number
        rows = await _rows(connection, [key for one in batches for key in one.record_keys], function)
        for batch in batches:
            for number, key in enumerate(batch.record_keys, batch.first_number):
                if not start <= number < until:
                    continue
                row = rows.get(key)
                if number > expected or row is None:
                    raise RecordMissing(min(number, expected))
                expected = number + 1
                if row.is_of_function:
                    yield Numbered(number, row.kind, row.event_key, bytes(row.record), key)


async def _rows(connection: AsyncConnection, keys: list[UUID], function: str | None) -> dict[UUID, Any]:
    of_function: ColumnElement[bool] = literal(value=True)
    if function is not None:
        about = tables.event.c.functions.contains(cast(array([function]), ARRAY(Text)))
        of_function = exists().where(tables.event.c.event_key == _ledger.event_key, about)
    query = select(
        _ledger.record_key,
        _ledger.kind,
        _ledger.event_key,
        _ledger.record,
        of_function.label("is_of_function"),
    ).where(_ledger.record_key == any_(keys_of(keys)))
    return {row.record_key: row for row in await connection.execute(query)}


async def is_unnumbered(connection: AsyncConnection) -> bool:
    """Whether there are records that wait for their number."""
    query = select(_batch.batch).where(_batch.first_number.is_(None), counts(_batch.batch)).limit(1)
    return await connection.scalar(query) is not None


async def key_numbers(connection: AsyncConnection, until: int) -> AsyncIterator[Numbered]:
    """The records that introduce a key, in order, up to a number."""
    for row in await key_rows(connection):
        if row.number is not None and row.number < until:
            yield Numbered(row.number, KEY_KIND, None, bytes(row.record))


async def first_number_since(connection: AsyncConnection, since: datetime) -> int:
    """Records of before this number are of before this moment: they were counted then."""
    return await connection.scalar(select(func.max(_head.size)).where(_head.made_at < since)) or 0


async def proper_head(connection: AsyncConnection, keys: Keyring) -> tuple[TreeHead, str] | None:
    """The newest head that is signed with the key of the last handover before it, with its note."""
    query = (
        select(_head.size, _head.note).where(_head.note.is_not(None)).order_by(_head.size.desc()).limit(20)
    )
    for row in await connection.execute(query):
        key = keys.in_force(row.size)
        try:
            return head_in(row.note, [key] if key else [])[0], row.note
        except NoteWrong:
            continue
    return None
