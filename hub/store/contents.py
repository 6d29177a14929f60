"""Contents of events as they were read last: digests tell many parties the same."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, any_, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables
from hub.store.database import keys_of

_MOST = 2000


def version_of(event: str) -> ColumnElement[str]:
    """Of the row of an event, called so in the query: another one when it was erased or changed since."""
    return literal_column(f"{event}.xmin::text").label("version")


class Contents:
    """Those of some events, not more than can be kept in memory."""

    def __init__(self) -> None:
        self._known: dict[UUID, tuple[str, Any]] = {}

    async def read(self, connection: AsyncConnection, versions: Mapping[UUID, str]) -> dict[UUID, Any]:
        """The content of each of these events, at the version of its row or later."""
        found = {}
        for key, version in versions.items():
            known = self._known.get(key)
            if known is not None and known[0] == version:
                found[key] = known[1]
        missing = [key for key in versions if key not in found]
        if not missing:
            return found
        event = tables.event.c
        query = select(event.event_key, event.content, version_of("event")).where(
            event.event_key == any_(keys_of(missing))
        )
        if len(self._known) + len(missing) > _MOST:
            self._known.clear()
        for row in await connection.execute(query):
            found[row.event_key] = row.content
            if len(self._known) < _MOST:
                self._known[row.event_key] = row.version, row.content
        return found
