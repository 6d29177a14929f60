"""What parties themselves asked that an event is an answer to."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_OWN = text(
    """
    SELECT DISTINCT ON (request.asker) request.asker, event.content
    FROM request JOIN event USING (event_key) JOIN item USING (item_key)
    WHERE request.asker = ANY (CAST(:parties AS text[])) AND event.content IS NOT NULL
      AND (item.answer_key = :answer
           OR request.event_key IN (SELECT event_key FROM served WHERE answer_key = :answer)
           OR item_key IN (SELECT same.item_key FROM request same
                           WHERE same.event_key = :named AND same.operator = :operator))
    ORDER BY request.asker, request.event_key = :named DESC, request.received_at DESC, request.event_key
    """
)


async def own_questions(
    connection: AsyncConnection, answer: UUID, named: UUID | None, operator: str, parties: Collection[str]
) -> dict[str, Any]:
    """The content of what each of these parties asked that this event of an operator is about: by the request
    that the event names, or from the library. Of several, the one that it names, else the last."""
    values = {"answer": answer, "named": named, "operator": operator, "parties": sorted(parties)}
    return {row.asker: row.content for row in await connection.execute(_OWN, values)}
