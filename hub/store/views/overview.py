"""The numbers of the whole hub."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.register.model import Register
from hub.store import tables

_NUMBERS = text(
    """
    SELECT
      (SELECT count(*) FROM event) AS events,
      (SELECT count(*) FROM event JOIN outbox USING (event_key)
         JOIN claim USING (event_key) WHERE claim.publisher IS NULL) AS own_events,
      (SELECT count(*) FROM delivery) AS deliveries,
      (SELECT count(*) FROM delivery WHERE mail_key IS NULL AND withheld IS NULL) AS deliveries_waiting,
      (SELECT count(*) FROM delivery WHERE withheld IS NOT NULL) AS deliveries_withheld,
      (SELECT count(DISTINCT event_key) FROM request) AS requests,
      (SELECT count(DISTINCT asker) FROM request) AS askers,
      (SELECT count(*) FROM request) AS contacts_unmerged,
      (SELECT count(*) FROM request WHERE state = 'waiting') AS requests_waiting,
      (SELECT count(*) FROM request JOIN item USING (item_key)
         JOIN event answer ON answer.event_key = item.answer_key
         WHERE request.state = 'answered' AND request.received_at > answer.accepted_at) AS answered_at_once,
      (SELECT count(*) FROM item WHERE NOT EXISTS (
         SELECT FROM kept_answer deposit
         WHERE deposit.answer_key = item.answer_key AND deposit.item_key IS NULL)) AS items,
      (SELECT count(*) FROM kept_answer WHERE item_key IS NULL) AS deposits,
      (SELECT count(*) FROM bundle WHERE withheld IS NULL) AS bundles,
      (SELECT count(DISTINCT operator) FROM bundle WHERE withheld IS NULL) AS operators_bundled,
      (SELECT count(*) FROM mail WHERE kind = 'digest' AND state = 'sent') AS digests_sent,
      (SELECT count(*) FROM mail WHERE state = 'sent') AS mails_sent,
      (SELECT count(*) FROM mail WHERE state = 'queued') AS mails_queued,
      (SELECT count(*) FROM mail WHERE state = 'failed') AS mails_failed,
      (SELECT count(*) FROM dead_letter) AS dead_letters
    """
)
OPEN_BOTTLENECKS = """
    SELECT found.functions
    FROM event found
    WHERE found.type = 'nl.vitale-functies.bottleneck.found.v1'
      AND NOT EXISTS (SELECT FROM resolution r WHERE r.found_key = found.event_key AND r.closes)
"""
"""Bottlenecks that no event closes."""


async def get_numbers(connection: AsyncConnection) -> Row[Any]:
    """How much came in, went out, waits and failed."""
    return (await connection.execute(_NUMBERS)).one()


async def count_open_bottlenecks(connection: AsyncConnection) -> int:
    """How many bottlenecks are open."""
    query = text(f"SELECT count(*) FROM ({OPEN_BOTTLENECKS}) AS bottleneck")  # noqa: S608 - own text
    return await connection.scalar(query) or 0


async def deliveries_by_kind(connection: AsyncConnection, register: Register) -> Mapping[str, int]:
    """The number of deliveries per kind of party; '' for parties that are no longer in the register."""
    delivery = tables.delivery.c
    counted = await connection.execute(select(delivery.party, func.count()).group_by(delivery.party))
    found: Counter[str] = Counter()
    for party, deliveries in counted:
        found[register.parties[party].kind if party in register.parties else ""] += deliveries
    return found
