"""What an operator was asked: by the records of it, with where it stands."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import any_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.ledger.checking import said_in
from hub.store import tables
from hub.store.database import keys_of
from hub.store.tables.ledger import COUNTS, OF_OPERATOR, OPERATOR_OF, counts
from hub.store.views import audit
from hub.store.views.gotten import Cursor

LOST = "lost"
"""The state of a request of which there is a record and nothing else."""
_ledger = tables.ledger.c
_ANSWERED = ("item-answered", "sheet-answered", "request-served", "request-placed")
# What waits on a situation sheet goes with its contact, and is not told in its bundle.
_ASKED = text(
    f"""
    WITH placed AS MATERIALIZED (
        SELECT event_key, record_key, convert_from(record, 'UTF8')::jsonb AS said FROM ledger
        WHERE {OF_OPERATOR} AND {OPERATOR_OF} = :operator AND {COUNTS}
    ), asked AS (
        SELECT event_key, record_key, said->>'asker' AS asker,
               (said->>'accepted')::timestamptz AS received_at FROM placed)
    SELECT asked.*, r.state, e.content, b.released_at, i.answer_key, a.accepted_at AS answered_at
    FROM asked
    LEFT JOIN request r ON r.event_key = asked.event_key AND r.operator = :operator
    LEFT JOIN item i ON i.item_key = r.item_key
    LEFT JOIN event e ON e.event_key = asked.event_key
    LEFT JOIN bundle b ON b.bundle_key = i.bundle_key AND b.kind <> 'crisis'
    LEFT JOIN event a ON a.event_key = i.answer_key AND r.state = 'answered'
    WHERE (CAST(:since AS timestamptz) IS NULL OR asked.received_at >= :since)
      AND (CAST(:until AS timestamptz) IS NULL OR asked.received_at < :until)
      AND (CAST(:after AS timestamptz) IS NULL
           OR (asked.received_at, asked.event_key) > (:after, CAST(:key AS uuid)))
    ORDER BY asked.received_at, asked.event_key LIMIT :most
    """  # noqa: S608 - no words from outside
).columns(
    event_key=tables.event.c.event_key.type,
    record_key=_ledger.record_key.type,
    received_at=tables.moment,
    released_at=tables.moment,
    content=tables.event.c.content.type,
    answer_key=tables.event.c.event_key.type,
    answered_at=tables.moment,
)


class Asked(NamedTuple):
    """A request to an operator. `record` and `answer_record`: the numbers of the records that prove it and
    its answer, None as long as they have none; an answer that no record tells of is none."""

    received_at: datetime
    event_key: UUID
    asker: str
    state: str
    content: dict[str, Any] | None
    released_at: datetime | None
    record: int | None
    answer_key: UUID | None = None
    answered_at: datetime | None = None
    answer_record: int | None = None


async def asked_of(
    connection: AsyncConnection,
    operator: str,
    period: tuple[datetime | None, datetime | None],
    after: Cursor | None = None,
) -> Sequence[Asked]:
    """A page of what an operator was asked in a period, oldest first. By whom and when, and when it was
    answered, as the records say; in which bundle it left and where it stands, as the tables do. What the
    tables have lost stands there too."""
    since, until = period
    at, key, _ = after or (None, None, "")
    asked = {
        "operator": operator,
        "since": since,
        "until": until,
        "after": at,
        "key": key,
        "most": audit.PER_PAGE,
    }
    rows = (await connection.execute(_ASKED, asked)).all()
    answers = await _answers(connection, operator, [row for row in rows if row.answered_at])
    proofs = [row.record_key for row in rows] + [proof for proof, _ in answers.values()]
    numbers = await audit.numbers_of(connection, proofs)
    found = []
    for row in rows:
        one = Asked(
            row.received_at,
            row.event_key,
            row.asker,
            row.state or LOST,
            row.content,
            row.released_at,
            numbers.get(row.record_key),
        )
        if row.event_key in answers:
            proof, when = answers[row.event_key]
            one = one._replace(answer_key=row.answer_key, answered_at=when, answer_record=numbers.get(proof))
        found.append(one)
    return found


async def _answers(
    connection: AsyncConnection, operator: str, rows: Sequence[Any]
) -> Mapping[UUID, tuple[UUID, datetime]]:
    """By request: the first record that tells of its answer, and when that was."""
    about = {key for row in rows for key in (row.event_key, row.answer_key)}
    query = select(_ledger.event_key, _ledger.record_key, _ledger.record).where(
        _ledger.event_key == any_(keys_of(list(about))), _ledger.kind.in_(_ANSWERED), counts(_ledger.batch)
    )
    records = [
        (row.event_key, row.record_key, said_in(bytes(row.record))) for row in await connection.execute(query)
    ]
    found = {}
    for row in rows:
        telling = [
            (datetime.fromisoformat(str(said["at"])), proof)
            for about_key, proof, said in records
            if said.get("operator") == operator
            and about_key in (row.event_key, row.answer_key)
            and _tells(said, row)
        ]
        if telling:
            when, proof = min(telling)
            found[row.event_key] = proof, when
    return found


def _tells(said: Mapping[str, Any], row: Any) -> bool:
    """Whether a record tells that this request was answered."""
    match said.get("kind"):
        case "item-answered":
            return said["event"] == str(row.answer_key) and row.asker in said.get("served", ())
        case "sheet-answered":
            return str(row.event_key) in said.get("answered", ())
        case "request-served":
            return said["event"] == str(row.event_key) and not said.get("gap")
        case kind:
            is_own = kind == "request-placed" and said["event"] == str(row.event_key)
            return is_own and said.get("state") == "answered"
