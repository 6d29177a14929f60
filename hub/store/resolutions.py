"""Which event closes which bottleneck, kept as soon as both are known."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import any_, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables
from hub.store.database import keys_of

_resolution, _event = tables.resolution.c, tables.event.c
_LOCK = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('bottleneck ' || key, 0))"
    " FROM unnest(CAST(:keys AS text[])) AS key"
)


async def lock_bottlenecks(connection: AsyncConnection, found_keys: Collection[UUID]) -> None:
    """Nobody else decides on these bottlenecks until the transaction ends: so its finding and its end do not
    miss one another."""
    await connection.execute(_LOCK, {"keys": sorted(map(str, found_keys))})


async def contents_of(connection: AsyncConnection, keys: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """The events that are kept of these."""
    query = select(_event.event_key, _event.content).where(_event.event_key == any_(keys_of(sorted(keys))))
    return {row.event_key: row.content for row in await connection.execute(query)}


async def early_ends(connection: AsyncConnection, found_keys: Collection[UUID]) -> dict[UUID, UUID]:
    """What called these bottlenecks resolved before they were found: which event, and the bottleneck."""
    query = select(_resolution.resolved_key, _resolution.found_key).where(
        _resolution.found_key == any_(keys_of(sorted(found_keys))), _resolution.closes.is_(None)
    )
    return {row.resolved_key: row.found_key for row in await connection.execute(query)}


async def closed_of(connection: AsyncConnection, found_keys: Collection[UUID]) -> set[UUID]:
    """Those of these bottlenecks that are closed."""
    query = select(_resolution.found_key).where(
        _resolution.found_key == any_(keys_of(sorted(found_keys))), _resolution.closes
    )
    return set((await connection.execute(query)).scalars())


async def keep_ends(connection: AsyncConnection, ends: Mapping[UUID, tuple[UUID, bool | None]]) -> None:
    """Keeps for each event which bottleneck it calls resolved and whether it closes it; None: that is not
    known yet, and may be filled in later."""
    if not ends:
        return
    rows = [
        {"resolved_key": key, "found_key": found, "closes": closes}
        for key, (found, closes) in sorted(ends.items())
    ]
    new = insert(tables.resolution)
    await connection.execute(
        new.on_conflict_do_update(
            index_elements=["resolved_key"],
            set_={"closes": func.coalesce(_resolution.closes, new.excluded.closes)},
        ),
        rows,
    )
