"""Transactions of others that are under way: what they read before a change they may still write after it."""

import asyncio
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.store.database import transaction

_UNDER_WAY = text(
    """
    SELECT l.virtualxid FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'virtualxid' AND l.granted AND l.pid <> pg_backend_pid()
      AND a.datname = current_database() AND a.usename IS NOT NULL
    """
)
"""Those of programs and people; each holds a lock on its own number, also before it wrote anything."""
_BETWEEN_LOOKS = 0.1


async def outlast(pool: AsyncEngine, longest: timedelta) -> bool:
    """Waits until every transaction of this moment has ended; False: one lasted longer than that. Raises
    DatabaseUnavailable."""
    waiting = await _under_way(pool)
    until = asyncio.get_running_loop().time() + longest.total_seconds()
    while waiting:
        if asyncio.get_running_loop().time() >= until:
            return False
        await asyncio.sleep(_BETWEEN_LOOKS)
        waiting &= await _under_way(pool)
    return True


async def _under_way(pool: AsyncEngine) -> set[str]:
    async with transaction(pool) as connection:
        return set((await connection.execute(_UNDER_WAY)).scalars())
