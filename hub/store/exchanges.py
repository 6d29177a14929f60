"""Events, their deliveries, and the letters that could not be handled."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.policy import Mode
from hub.rules.relations import Reason
from hub.store import tables


class NewEvent(NamedTuple):
    """An event to keep; `content` is its attributes and data as they came."""

    event_key: UUID
    type: str
    subject: str
    functions: Sequence[str]
    areas: Sequence[str]
    tlp: str
    publisher: str
    accepted_at: datetime
    content: dict[str, Any]
    register_version: int


class NewDeliveries(NamedTuple):
    """An event to parties over one channel, in one way and for the same reasons."""

    event_key: UUID
    parties: Sequence[str]
    channel: str
    mode: Mode
    reasons: tuple[Reason, ...]
    register_version: int
    planned_at: datetime


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
    rows = [
        (*e[:3], ",".join(e.functions), ",".join(e.areas), *e[5:8], json.dumps(e.content), e.register_version)
        for e in sorted(events)
    ]
    columns = dict(zip(NewEvent._fields, map(list, zip(*rows, strict=True)), strict=True))
    return set((await connection.execute(_KEEP, columns)).scalars())


async def plan_deliveries(connection: AsyncConnection, deliveries: Iterable[NewDeliveries]) -> None:
    """Copies deliveries of events that this transaction keeps, so that none can exist yet.

    Answers may have some from the throttle: those go through `add_deliveries`."""
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    assert driver is not None  # noqa: S101 - a checked-out connection has its driver
    source = _copy_text(deliveries)
    await driver.copy_to_table("delivery", source=source, columns=_COLUMNS, format="text")


_GROUPS_AT_ONCE = 500


async def _copy_text(deliveries: Iterable[NewDeliveries]) -> AsyncIterator[bytes]:
    """Rows as COPY reads them. What a group has in common is written once, since parties may be many."""
    groups = iter(deliveries)
    while some := "".join(map(_rows_as_text, islice(groups, _GROUPS_AT_ONCE))):
        yield some.encode()


def _rows_as_text(deliveries: NewDeliveries) -> str:
    event_key, parties, channel, mode, reasons, version, planned_at = deliveries
    why = _as_json(reasons).replace("\\", "\\\\")
    begin = f"{event_key}\t"
    end = f"\t{channel}\t{mode}\t{why}\t{version}\t{planned_at.isoformat()}\n"
    return begin + f"{end}{begin}".join(parties) + end


@lru_cache(maxsize=10_000)
def _as_json(reasons: tuple[Reason, ...]) -> str:
    return json.dumps(reasons)


_COLUMNS = ("event_key", "party", "channel", "mode", "reasons", "register_version", "planned_at")
_ADD = text(
    """
    INSERT INTO delivery (event_key, party, channel, mode, reasons, register_version, planned_at)
    SELECT event_key, party, channel, mode, reasons, register_version, planned_at
    FROM unnest(CAST(:event_key AS uuid[]), CAST(:party AS text[]), CAST(:channel AS text[]),
                CAST(:mode AS text[]), CAST(:reasons AS text[]), CAST(:register_version AS int[]),
                CAST(:planned_at AS timestamptz[]))
         AS new (event_key, party, channel, mode, reasons, register_version, planned_at)
    ON CONFLICT (event_key, party, channel) DO UPDATE
    SET mode = excluded.mode,
        reasons = CAST(CAST(delivery.reasons AS jsonb) || CAST(excluded.reasons AS jsonb) AS text)
    WHERE delivery.mail_key IS NULL AND excluded.mode = 'immediate'
    """
)


async def add_deliveries(connection: AsyncConnection, deliveries: Iterable[NewDeliveries]) -> None:
    """Adds deliveries, each party once per event; one that exists and waits for a digest becomes immediate
    when this one is."""
    if rows := sorted(_rows(deliveries)):
        columns = zip(_COLUMNS, map(list, zip(*rows, strict=True)), strict=True)
        await connection.execute(_ADD, dict(columns))


def _rows(deliveries: Iterable[NewDeliveries]) -> Iterator[tuple[object, ...]]:
    for event_key, parties, channel, mode, reasons, *rest in deliveries:
        why = _as_json(reasons)
        for party in parties:
            yield (event_key, party, channel, mode, why, *rest)


async def kept_type(connection: AsyncConnection, event_key: UUID) -> str | None:
    """The type of an event that the router has kept."""
    found: str | None = await connection.scalar(
        select(tables.event.c.type).where(tables.event.c.event_key == event_key)
    )
    return found


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
