"""The ledger: records written with their effect, numbered later by one sequencer."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.identity import canonical_object, content_hash, derived_key
from hub.rules.ledger.tree import Tree, leaf_hash
from hub.store import tables
from hub.store.wake import Channel, wake

_LOCK = 7_301_003
SCHEMA_VERSION = 1


class Entry(NamedTuple):
    """Something that happened in the hub. `unique` makes writing it twice one record."""

    kind: str
    unique: tuple[object, ...]
    event_key: UUID | None
    at: datetime
    facts: dict[str, Any]


_COLUMNS = ("record_key", "kind", "event_key", "record", "leaf_hash")
_RECORD = text(
    """
    INSERT INTO ledger (record_key, kind, event_key, record, leaf_hash)
    SELECT * FROM unnest(CAST(:record_key AS uuid[]), CAST(:kind AS text[]), CAST(:event_key AS uuid[]),
                         CAST(:record AS bytea[]), CAST(:leaf_hash AS bytea[]))
    ON CONFLICT DO NOTHING
    """
)


async def record(connection: AsyncConnection, entries: Sequence[Entry]) -> None:
    """Writes the entries in the transaction of their effect, still without a number."""
    if not entries:
        return
    rows = []
    for entry in entries:
        own = {
            "schema": SCHEMA_VERSION,
            "kind": entry.kind,
            "event": str(entry.event_key) if entry.event_key else None,
            "at": entry.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        }
        if doubled := own.keys() & entry.facts.keys():
            raise ValueError(f"facts may not be named {sorted(doubled)}")
        content = canonical_object(own | entry.facts)
        key = derived_key(entry.kind, *entry.unique)
        rows.append((key, entry.kind, entry.event_key, content, leaf_hash(content)))
    columns = zip(_COLUMNS, map(list, zip(*rows, strict=True)), strict=True)
    await connection.execute(_RECORD, dict(columns))
    await wake(connection, Channel.RECORD)


async def number_next(connection: AsyncConnection, now: datetime, most: int = 1000) -> int:
    """Numbers committed records that have none yet and keeps the new tree head; how many it numbered.

    One sequencer at a time: another one that tries waits for this transaction.
    """
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    unnumbered = (
        await connection.execute(
            select(tables.ledger.c.record_key, tables.ledger.c.leaf_hash)
            .where(tables.ledger.c.number.is_(None))
            .order_by(tables.ledger.c.record_key)
            .limit(most)
        )
    ).all()
    if not unnumbered:
        return 0
    head = (
        await connection.execute(select(tables.tree_head).order_by(tables.tree_head.c.size.desc()).limit(1))
    ).first()
    tree = Tree(head.size, tuple(head.subtrees)) if head else Tree()
    numbers = []
    for row in unnumbered:
        numbers.append({"key": row.record_key, "number_given": tree.size})
        tree = tree.append(row.leaf_hash)
    await connection.execute(
        update(tables.ledger)
        .where(tables.ledger.c.record_key == bindparam("key"))
        .values(number=bindparam("number_given")),
        numbers,
    )
    await connection.execute(
        insert(tables.tree_head),
        {"size": tree.size, "root": tree.root(), "subtrees": list(tree.subtrees), "made_at": now},
    )
    await wake(connection, Channel.PROGRESS)
    return len(numbers)


class Check(NamedTuple):
    """The outcome of reading the whole ledger again: the faults found, none when it holds."""

    size: int
    root: bytes
    faults: list[str]


async def check_ledger(connection: AsyncConnection) -> Check:
    """Hashes every record again; compares each kept tree head, and each record with its columns and event.

    It can't see a tail that was cut off with its tree heads: for that someone else must hold a head."""
    head = tables.tree_head.c
    heads = {row.size: row for row in await connection.execute(select(tables.tree_head).order_by(head.size))}
    faults: list[str] = []
    tree = Tree()
    ledger = tables.ledger.c
    rows = await connection.stream(
        select(tables.ledger, tables.event.c.content)
        .outerjoin(tables.event, (tables.event.c.event_key == ledger.event_key))
        .order_by(ledger.number.nulls_last(), ledger.record_key)
    )
    async for row in rows:
        name = row.number if row.number is not None else row.record_key
        faults += [f"record {name} {what}" for what in _faults_of(row)]
        if row.number is None:
            continue
        if row.number != tree.size:
            faults.append(f"record {tree.size} ontbreekt")
            break
        tree = tree.append(leaf_hash(row.record))
        kept = heads.get(tree.size)
        if kept and (
            bytes(kept.root) != tree.root() or list(map(bytes, kept.subtrees)) != list(tree.subtrees)
        ):
            faults.append(f"de boomkop bij {tree.size} records klopt niet")
    if max(heads, default=0) != tree.size:
        faults.append(f"de laatste boomkop telt {max(heads, default=0)} records, gevonden: {tree.size}")
    return Check(tree.size, tree.root(), faults)


def _faults_of(row: Any) -> list[str]:
    faults = []
    if leaf_hash(row.record) != bytes(row.leaf_hash):
        faults.append("is veranderd")
    try:
        said = json.loads(row.record)
    except ValueError:
        return [*faults, "is geen JSON"]
    if (said.get("kind"), said.get("event")) != (row.kind, str(row.event_key) if row.event_key else None):
        faults.append("heeft kolommen die iets anders zeggen")
    if row.kind == "event-routed" and (
        row.content is None or content_hash(row.content).hex() != said.get("content")
    ):
        faults.append("hoort bij een gebeurtenis die veranderd of weg is")
    return faults


async def count_records(connection: AsyncConnection, kind: str) -> int:
    """How many records of a kind there are, numbered or not."""
    query = select(func.count()).select_from(tables.ledger).where(tables.ledger.c.kind == kind)
    return await connection.scalar(query) or 0
