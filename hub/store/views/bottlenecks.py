"""Bottlenecks that are open, as one party may see them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables

_OPEN = text(
    """
    SELECT e.event_key, e.type, e.publisher, e.accepted_at, e.content,
           (SELECT array_agg(a.reasons) FROM audience a
            WHERE a.event_key = e.event_key AND a.channel = 'mail' AND :party = ANY(a.parties)) AS reasons
    FROM event e
    WHERE e.type = ANY(:types)
      AND NOT EXISTS (SELECT FROM resolution r WHERE r.found_key = e.event_key AND r.closes)
      AND (e.publisher = :party
           OR EXISTS (SELECT FROM audience a WHERE a.event_key = e.event_key AND a.channel = 'mail'
                        AND :party = ANY(a.parties)))
    ORDER BY e.accepted_at, e.event_key
    """
).columns(content=tables.event.c.content.type)


async def open_bottlenecks(connection: AsyncConnection, party: str, types: Sequence[str]) -> Sequence[Any]:
    """Events of these types that a party published or was to receive, but for bottlenecks that are closed,
    oldest first; `reasons`: those of each plan, as JSON."""
    return (await connection.execute(_OPEN, {"party": party, "types": list(types)})).all()
