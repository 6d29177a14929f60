"""What is left to do, and what was done: counted from the tables."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.flooding import GATHERING, HOUR
from hub.rules.preferences import USUAL, latest_digest
from hub.store.mail import mail_in
from hub.store.mail.preferences import all_preferences
from hub.store.tables.ledger import COUNTS
from hub.store.throttle.lines import operators_due
from schemas.catalogue import CATALOGUE, Answer, Request

_THROTTLED = [row.type for row in CATALOGUE if issubclass(row.model, Request | Answer)]


class WorkLeft(NamedTuple):
    """How much each worker still has to do at this moment."""

    router: int
    throttle: int
    mailer: int
    ledger: int
    outbox: int
    outlets: int = 0
    inbound: int = 0

    def total(self) -> int:
        return sum(self)


_NOT_ROUTED = """
    NOT EXISTS (SELECT FROM event e WHERE e.event_key = c.event_key)
    AND NOT EXISTS (SELECT FROM dead_letter d WHERE d.event_key = c.event_key)
"""
_LEFT = text(
    f"""
    SELECT
      (SELECT count(*) FROM claim c WHERE c.acknowledged_at IS NOT NULL AND {_NOT_ROUTED}) AS router,
      (SELECT count(*) FROM event e WHERE e.type = ANY(:throttled)
         AND NOT EXISTS (SELECT FROM handled h
                         WHERE h.consumer = 'throttle' AND h.event_key = e.event_key)
         AND NOT EXISTS (SELECT FROM dead_letter d
                         WHERE d.consumer = 'throttle' AND d.event_key = e.event_key)) AS throttle,
      (SELECT count(*) FROM delivery d CROSS JOIN LATERAL (
           SELECT CASE WHEN d.party = ANY(:parties) THEN (
             SELECT own.until FROM unnest(CAST(:parties AS text[]), CAST(:untils AS timestamptz[]))
               AS own (party, until) WHERE own.party = d.party)
           ELSE CAST(:digest AS timestamptz) END AS until) AS digest_of
         WHERE d.mail_key IS NULL AND d.withheld IS NULL
         AND (d.mode = 'immediate'
              OR d.mode = 'together' AND d.planned_at <= :together
              OR d.mode = 'digest' AND (d.planned_at < digest_of.until
                -- What was planned at the moment of a digest that is there already waits for the next.
                OR d.planned_at = digest_of.until
                AND NOT EXISTS (SELECT FROM mail m WHERE m.party = d.party AND m.kind = 'digest'
                                AND m.made_at >= digest_of.until))))
      + (SELECT count(*) FROM bundle WHERE mail_key IS NULL AND withheld IS NULL)
      + (SELECT count(*) FROM mail WHERE state = 'queued') AS mailer,
      (SELECT count(*) FROM ledger_batch WHERE first_number IS NULL AND {COUNTS}) AS ledger,
      (SELECT count(*) FROM outbox WHERE published_at IS NULL) AS outbox,
      -- Not those that wait to be tried again: a system that is away would never be quiet.
      (SELECT count(*) FROM outlet o WHERE o.state <> 'stopped'
         AND (o.due_at <= clock_timestamp()
                AND (o.failures = 0 OR coalesce(o.not_before <= clock_timestamp(), true))
              OR EXISTS (SELECT FROM planning p JOIN audience a ON a.planning = p.planning
                         WHERE coalesce(p.number > o.wanted, true) AND a.parties @> ARRAY[o.party])
         )) AS outlets
    """  # noqa: S608 - of constants
)


_UNSURE = text(f"SELECT count(*) FROM claim c WHERE c.acknowledged_at IS NULL AND {_NOT_ROUTED}")  # noqa: S608 - of constants


async def unsure_claims(connection: AsyncConnection) -> int:
    """How many events were claimed and are not known to be in Kafka: what was taken in is noted a moment
    later, and what Kafka did not confirm waits for its sender to try again."""
    return await connection.scalar(_UNSURE) or 0


async def work_left(connection: AsyncConnection, now: datetime) -> WorkLeft:
    """What the workers still have to do at `now`; nothing: the hub is quiet. In a snapshot, else what one
    worker hands to another between two queries is missed."""
    own = {party: latest_digest(wanted, now) for party, wanted in (await all_preferences(connection)).items()}
    moments = {
        "digest": latest_digest(USUAL, now),
        "together": now - HOUR - GATHERING,
        "parties": list(own),
        "untils": list(own.values()),
    }
    row = (await connection.execute(_LEFT, {"throttled": _THROTTLED, **moments})).one()
    due = await operators_due(connection, now)
    unread, untold = await mail_in.count_left(connection, now)
    return WorkLeft(
        row.router,
        row.throttle + len(due),
        row.mailer + untold,
        row.ledger,
        row.outbox,
        row.outlets,
        unread,
    )
