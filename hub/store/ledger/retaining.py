"""Which contents are past their term, and which of those are still needed?"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.moments import dutch_day
from hub.rules.retention import Cutoff
from hub.store import tables

_VALID = """
    kept_answer k WHERE k.valid_until >= :today
      AND NOT EXISTS (SELECT FROM lapse l WHERE l.answer_key = k.answer_key AND l.operator = k.operator)
"""
_OPEN_REQUEST = """
    request r WHERE r.state NOT IN ('answered', 'not-shared', 'declined', 'expired', 'withdrawn', 'withheld')
"""
_OPEN_BOTTLENECK = """
    event f WHERE f.type = 'nl.vitale-functies.bottleneck.found.v1'
      AND NOT EXISTS (SELECT FROM resolution s WHERE s.found_key = f.event_key AND s.closes)
"""
_QUOTING = """
    'nl.vitale-functies.request.progressed.v1', 'nl.vitale-functies.bundle.released.v1',
    'nl.vitale-functies.answer.withheld.v1'
"""
_WAITING = f"""
    waiting AS (
      SELECT a.event_key FROM audience a WHERE a.is_open
      UNION SELECT u.event_key FROM unsent u WHERE NOT u.is_given_up
      UNION SELECT o.event_key FROM outbox o WHERE o.published_at IS NOT NULL
              AND NOT EXISTS (SELECT FROM event x WHERE x.event_key = o.event_key)
      UNION SELECT o.event_key FROM outcome o JOIN mail m ON m.mail_key = o.mail_key WHERE m.state = 'queued'
      UNION SELECT r.event_key FROM request r JOIN item i ON i.item_key = r.item_key
            JOIN bundle b ON b.bundle_key = i.bundle_key LEFT JOIN mail m ON m.mail_key = b.mail_key
            WHERE m.state = 'queued' OR (b.mail_key IS NULL AND b.withheld IS NULL)
      UNION SELECT b.cause FROM bundle b LEFT JOIN mail m ON m.mail_key = b.mail_key
            WHERE b.cause IS NOT NULL AND (m.state = 'queued' OR (b.mail_key IS NULL AND b.withheld IS NULL))
      UNION SELECT r.event_key FROM mail m JOIN request r ON m.made_at >= r.received_at
              AND (m.kind = 'reminder' AND r.operator = m.party OR m.kind = 'digest' AND r.asker = m.party)
            WHERE m.state = 'queued'
      UNION SELECT k.event_key FROM mail_in n JOIN mail m ON m.mail_key = n.mail_key AND m.state = 'queued'
            CROSS JOIN unnest(n.event_keys) AS k (event_key)
    ),
    quoted AS (
      SELECT r.reference->>'source' AS source, r.reference->>'id' AS id
      FROM (SELECT event_key, content FROM event WHERE type IN ({_QUOTING})
            UNION ALL SELECT event_key, content FROM outbox WHERE content->>'type' IN ({_QUOTING})) AS p
      CROSS JOIN LATERAL (
        SELECT p.content->'data'->'request' UNION ALL SELECT p.content->'data'->'answer'
        UNION ALL SELECT jsonb_path_query(p.content, '$.data.questions[*].request')) AS r (reference)
      WHERE r.reference IS NOT NULL AND p.event_key IN (SELECT event_key FROM waiting)
    )
"""  # noqa: S608 - no words from outside
"""What is still to be told, or told of, and the events that the hub quotes in what is still to be told."""
_PAST = f"""
    WITH {_WAITING}
    SELECT e.event_key, e.type, e.tlp, e.content, e.accepted_at, CASE
      WHEN e.event_key IN (SELECT w.event_key FROM waiting w)
        OR (e.content->>'source', e.content->>'id') IN (SELECT q.source, q.id FROM quoted q) THEN 'delivery'
      WHEN e.event_key IN (SELECT r.event_key FROM {_OPEN_REQUEST})
        OR e.event_key IN (SELECT w.by_key FROM steering w JOIN (SELECT r.event_key FROM {_OPEN_REQUEST}) r
                           ON r.event_key = w.request_key) THEN 'request'
      WHEN e.event_key IN (SELECT f.event_key FROM {_OPEN_BOTTLENECK})
        OR (e.content->'data'->'bottleneck'->>'source', e.content->'data'->'bottleneck'->>'id')
           IN (SELECT f.content->>'source', f.content->>'id' FROM {_OPEN_BOTTLENECK}) THEN 'bottleneck'
      WHEN e.event_key IN (SELECT k.answer_key FROM {_VALID})
        OR e.event_key IN (SELECT q.event_key FROM request q JOIN (SELECT k.item_key FROM {_VALID}) v
                           ON v.item_key = q.item_key) THEN 'answer'
      WHEN e.event_key IN (SELECT s.situation_key FROM sheet s WHERE s.until >= :now)
        OR e.event_key IN (SELECT s.report_key FROM sheet s WHERE s.until >= :now) THEN 'sheet'
      END AS held
    FROM event e
    JOIN unnest(CAST(:types AS text[]), CAST(:tlps AS text[]), CAST(:befores AS timestamptz[]))
         AS c (type, tlp, before) ON c.type = e.type AND c.tlp = e.tlp AND e.accepted_at < c.before
    WHERE NOT EXISTS (SELECT FROM removal WHERE removal.event_key = e.event_key)
"""  # noqa: S608 - no words from outside
_MOMENTS = [
    bindparam("now", type_=tables.moment),
    bindparam("today", type_=tables.kept_answer.c.valid_until.type),
]
_COUNTS = text(
    f"SELECT type, tlp, held, count(*) AS many FROM ({_PAST}) AS past GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"  # noqa: S608
).bindparams(*_MOMENTS)
_BETWEEN = text(
    f"SELECT min(accepted_at) AS first, max(accepted_at) AS last FROM ({_PAST}) AS past WHERE held IS NULL"  # noqa: S608
).bindparams(*_MOMENTS)
_NEXT = (
    text(
        f"SELECT event_key, content FROM ({_PAST}) AS past WHERE held IS NULL "  # noqa: S608
        "ORDER BY accepted_at, event_key LIMIT :most"
    )
    .bindparams(*_MOMENTS)
    .columns(event_key=tables.event.c.event_key.type, content=tables.event.c.content.type)
)


def _asked(past: Sequence[Cutoff], now: datetime) -> dict[str, Any]:
    return {
        "types": [one.type for one in past],
        "tlps": [one.tlp for one in past],
        "befores": [one.before for one in past],
        "now": now,
        "today": dutch_day(now),
    }


async def count_past(connection: AsyncConnection, past: Sequence[Cutoff], now: datetime) -> Sequence[Any]:
    """How many contents are past their term: type, tlp, held, many. `held`: what still needs them (delivery,
    request, bottleneck, answer or sheet), or None."""
    return (await connection.execute(_COUNTS, _asked(past, now))).all()


async def time_of_past(
    connection: AsyncConnection, past: Sequence[Cutoff], now: datetime
) -> tuple[datetime, datetime] | None:
    """When the oldest and the newest content that goes were accepted; None: nothing goes."""
    row = (await connection.execute(_BETWEEN, _asked(past, now))).one()
    return (row.first, row.last) if row.first else None


async def next_past(
    connection: AsyncConnection, past: Sequence[Cutoff], now: datetime, most: int
) -> dict[Any, dict[str, Any]]:
    """The oldest contents that are past their term and that nothing needs, by event."""
    rows = await connection.execute(_NEXT, {**_asked(past, now), "most": most})
    return {row.event_key: row.content for row in rows}
