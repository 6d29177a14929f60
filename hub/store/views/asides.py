"""What was set aside and bears on an event: shown beside an answer, and no part of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.ledger.setting_aside import set_aside_before

_MOST = 100
# By the batch too: a record that names another event in its column, or none, may still tell of this one.
_ABOUT = text(
    """
    SELECT record_key, kind, record, batch FROM ledger l
    WHERE l.batch IN (SELECT batch FROM ledger_set_aside)
      AND (l.event_key = :event_key
           OR l.record_key IN (SELECT unnest(b.record_keys) FROM ledger_batch b
                               WHERE b.batch IN (SELECT batch FROM ledger_set_aside))
              AND position(convert_to(:event, 'UTF8') IN l.record) > 0)
    ORDER BY batch, record_key LIMIT :most
    """
)


class Aside(NamedTuple):
    """A record that was set aside, so that it proves nothing: what somebody wrote as `kind` and `record`,
    when its batch was set aside, and why."""

    record_key: UUID
    kind: str
    record: bytes
    batch: int
    at: datetime
    why: str

    @property
    def written(self) -> str:
        """What was written, whether or not it is text."""
        return self.record.decode(errors="backslashreplace")


async def asides_of(connection: AsyncConnection, event_key: UUID) -> Sequence[Aside]:
    """The first hundred records about an event that were set aside."""
    asked = {"event_key": event_key, "event": str(event_key), "most": _MOST}
    if not (rows := (await connection.execute(_ABOUT, asked)).all()):
        return []
    told = {one.batch: one for one in await set_aside_before(connection)}
    return [
        Aside(
            row.record_key,
            row.kind,
            bytes(row.record),
            row.batch,
            told[row.batch].at,
            str(told[row.batch].said.get("why", "")),
        )
        for row in rows
    ]
