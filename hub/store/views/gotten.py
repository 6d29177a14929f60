"""All that a party got, over every way out, from the records that tell of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Self
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.ledger.heads import written
from hub.store import tables
from hub.store.tables.ledger import COUNTS, OF_PARTY, PARTY_OF
from schemas.terms import of_our_time


class Cursor(NamedTuple):
    """Where the next page begins: after this moment, key and, where one may come more than once, way."""

    at: datetime
    key: UUID
    way: str = ""

    def __str__(self) -> str:
        return "~".join([written(self.at), str(self.key), *([self.way] if self.way else [])])

    @classmethod
    def read(cls, text: str) -> Self:
        """A cursor as `str` writes it. Raises ValueError."""
        at, _, rest = text.partition("~")
        key, _, way = rest.partition("~")
        moment = of_our_time(datetime.fromisoformat(at))
        if moment.tzinfo is None or "\0" in way:
            raise ValueError("no cursor of ours")
        return cls(moment, UUID(key), way)


_SAID = f"""
    SELECT record_key, kind, event_key, convert_from(record, 'UTF8')::jsonb AS said
    FROM ledger WHERE {OF_PARTY} AND {PARTY_OF} = :party AND {COUNTS}
"""  # noqa: S608 - no words from outside
_GOT = """
    SELECT (said->>'at')::timestamptz AS got_at, event_key, coalesce(said->>'channel', 'feed') AS way,
           record_key
    FROM said WHERE kind IN ('delivery-sent', 'delivery-replayed', 'bottleneck-read', 'content-read')
    UNION ALL
    SELECT (said->>'at')::timestamptz, told::uuid,
           CASE mail.kind WHEN 'immediate' THEN 'mail' ELSE mail.kind END, record_key
    FROM said JOIN mail ON mail.mail_key = (said->>'mail')::uuid,
         jsonb_array_elements_text(coalesce(said->'events', '[]')) AS told
    WHERE said.kind = 'mail-sent'
"""
_RECEIVED = text(
    f"""
    WITH said AS ({_SAID}), got AS ({_GOT})
    SELECT got.*, e.type, e.content, e.tlp
    FROM got JOIN event e ON e.event_key = got.event_key
    WHERE (CAST(:since AS timestamptz) IS NULL OR got_at >= :since)
      AND (CAST(:until AS timestamptz) IS NULL OR got_at < :until)
      AND (CAST(:function AS text) IS NULL OR :function = ANY(e.functions))
      AND (CAST(:after AS timestamptz) IS NULL
           OR (got_at, got.event_key, way) > (:after, CAST(:key AS uuid), CAST(:way AS text)))
    ORDER BY got_at, got.event_key, way
    LIMIT :most
    """  # noqa: S608 - nor here
).columns(
    got_at=tables.moment,
    event_key=tables.event.c.event_key.type,
    record_key=tables.ledger.c.record_key.type,
    content=tables.event.c.content.type,
)


async def received_by(
    connection: AsyncConnection,
    party: str,
    function: str | None,
    period: tuple[datetime | None, datetime | None],
    after: Cursor | None = None,
    most: int | None = None,
) -> Sequence[Any]:
    """What a party got in a period, oldest first, `most` of it: got_at, event_key, way, record_key, type,
    content, tlp. What it got by two ways, or twice, stands there twice."""
    since, until = period
    at, key, way = after or (None, None, "")
    asked = {"party": party, "function": function, "since": since, "until": until, "most": most}
    return (await connection.execute(_RECEIVED, {**asked, "after": at, "key": key, "way": way})).all()
