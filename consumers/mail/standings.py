"""Where the open requests of askers stand, for all digests of one moment."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.mailbox.texts import OpenRequest
from hub.rules.throttle.standing import Standing, leaves
from hub.store.throttle import lines
from schemas.catalogue import parse


class Standings:
    """The lines of operators, each read once."""

    def __init__(self, now: datetime):
        self.now = now
        self._read: dict[str, Standing] = {}

    async def open_request(self, connection: AsyncConnection, row: Any, asker: str) -> OpenRequest:
        """A request as its asker reads where it stands."""
        if row.state != "waiting":
            return OpenRequest(parse(row.content), row.operator, row.state, None)
        if row.operator not in self._read:
            self._read[row.operator] = await lines.find_standing(connection, row.operator, self.now)
        when = leaves(self._read[row.operator], row.item_key, asker)
        return OpenRequest(parse(row.content), row.operator, row.state, when)
