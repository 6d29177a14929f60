"""Events, their deliveries, and the letters that could not be handled."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache, partial
from itertools import chain, islice
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import any_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.policy import Mode
from hub.rules.ties import Tied
from hub.store import tables
from hub.store.database import keys_of
from hub.store.deliveries.stream import new_planning


class NewEvent(NamedTuple):
    """An event to keep; `content` is its attributes and data as they came, as JSON."""

    event_key: UUID
    type: str
    subject: str
    functions: Sequence[str]
    areas: Sequence[str]
    tlp: str
    publisher: str
    accepted_at: datetime
    content: str
    register_version: int


class NewDeliveries(NamedTuple):
    """An event to parties over one channel, in one way and for the same reasons."""

    event_key: UUID
    tied: Tied
    mode: Mode
    register_version: int
    planned_at: datetime
    channel: str = "mail"


_KEEP = text(
    """
    INSERT INTO event (event_key, type, subject, functions, areas, tlp, publisher, accepted_at, content,
                       register_version)
    SELECT event_key, type, subject, string_to_array(functions, ','), string_to_array(areas, ','), tlp,
           publisher, accepted_at, CAST(content AS jsonb), register_version
    FROM unnest(CAST(:event_key AS uuid[]), CAST(:type AS text[]), CAST(:subject AS text[]),
                CAST(:functions AS text[]), CAST(:areas AS text[]), CAST(:tlp AS text[]),
                CAST(:publisher AS text[]), CAST(:accepted_at AS timestamptz[]), CAST(:content AS text[]),
                CAST(:register_version AS int[]))
         AS new (event_key, type, subject, functions, areas, tlp, publisher, accepted_at, content,
                 register_version)
    ON CONFLICT DO NOTHING
    RETURNING event_key
    """
)


async def keep_events(connection: AsyncConnection, events: Sequence[NewEvent]) -> set[UUID]:
    """Keeps the events that are new; the keys of those."""
    if not events:
        return set()
    rows = [(*e[:3], ",".join(e.functions), ",".join(e.areas), *e[5:]) for e in sorted(events)]
    columns = dict(zip(NewEvent._fields, map(list, zip(*rows, strict=True)), strict=True))
    return set((await connection.execute(_KEEP, columns)).scalars())


async def plan_deliveries(connection: AsyncConnection, deliveries: Iterable[NewDeliveries]) -> None:
    """Plans deliveries: each is made once, at once where any of its plans says so. Systems get them in this
    order."""
    rows = iter(deliveries)
    first = next(rows, None)
    if first is None:
        return
    planning = await new_planning(connection)
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    assert driver is not None  # noqa: S101 - a checked-out connection has its driver
    await driver.copy_to_table(
        "audience", source=_copy_text(chain([first], rows), planning), columns=_COLUMNS, format="text"
    )


_COLUMNS = (
    "event_key",
    "parties",
    "channel",
    "mode",
    "reasons",
    "register_version",
    "planned_at",
    "planning",
)
_AT_ONCE = 5_000


async def _copy_text(deliveries: Iterator[NewDeliveries], planning: int) -> AsyncIterator[bytes]:
    """Rows as COPY reads them, some at a time."""
    as_text = partial(_row_as_text, planning)
    while some := "".join(map(as_text, islice(deliveries, _AT_ONCE))):
        yield some.encode()


def _row_as_text(planning: int, row: NewDeliveries) -> str:
    key, tied, mode, version, planned_at, channel = row
    parties, reasons = tied.as_text
    return (
        f"{key.hex}\t{parties}\t{channel}\t{mode}\t{reasons}\t{version}\t{_written(planned_at)}\t{planning}\n"
    )


_written = lru_cache(maxsize=8)(str)
"""One moment stands in all rows of a batch."""


async def kept_type(connection: AsyncConnection, event_key: UUID) -> str | None:
    """The type of an event that the router has kept."""
    found: str | None = await connection.scalar(
        select(tables.event.c.type).where(tables.event.c.event_key == event_key)
    )
    return found


async def kept_contents(
    connection: AsyncConnection, keys: Iterable[UUID]
) -> dict[UUID, dict[str, Any] | None]:
    """The content of those of these events that the router has kept; None for those that it has buried."""
    wanted = any_(keys_of(sorted(keys)))
    letter = tables.dead_letter.c
    buried = await connection.execute(select(letter.event_key).where(letter.event_key == wanted))
    query = select(tables.event.c.event_key, tables.event.c.content).where(tables.event.c.event_key == wanted)
    kept = {row.event_key: row.content for row in await connection.execute(query)}
    return {**dict.fromkeys(buried.scalars()), **kept}


async def kept_keys(connection: AsyncConnection) -> set[UUID]:
    """The keys of all kept events."""
    return set((await connection.execute(select(tables.event.c.event_key))).scalars())


class DeadLetter(NamedTuple):
    """A record that a consumer could not handle, and why. `problems` are [field, code, detail]."""

    consumer: str
    topic: str
    partition: int
    offset: int
    event_key: UUID | None
    reason: str
    problems: Sequence[Sequence[str]]
    at: datetime


async def keep_dead_letters(connection: AsyncConnection, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
    """Keeps the letters that are new; those."""
    if not letters:
        return []
    letter = tables.dead_letter.c
    statement = insert(tables.dead_letter).on_conflict_do_nothing()
    kept = await connection.execute(
        statement.returning(letter.topic, letter.partition, letter.offset),
        [{**row._asdict(), "problems": [list(p) for p in row.problems]} for row in letters],
    )
    new = {tuple(row) for row in kept}
    return [row for row in letters if (row.topic, row.partition, row.offset) in new]


async def handled_before(connection: AsyncConnection, consumer: str, keys: Iterable[UUID]) -> set[UUID]:
    """Marks events as handled by a consumer in this transaction; those that it had handled before."""
    keys = set(keys)
    if not keys:
        return set()
    statement = insert(tables.handled).on_conflict_do_nothing().returning(tables.handled.c.event_key)
    rows = [{"consumer": consumer, "event_key": key} for key in sorted(keys)]
    new = await connection.execute(statement, rows)
    return keys - set(new.scalars())
