"""Who may see an event today, and who had it: an auditor's question."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.register.model import Register
from hub.rules.relations import Reason, Relation
from hub.rules.seeing import may_see
from hub.store.versions import newest_markings
from hub.store.views.events import deliveries_of_event, requests_of_event
from hub.store.views.knowing import knew_of
from schemas.catalogue import parse


class Seer(NamedTuple):
    """A party that may see an event today, or had it; since when, and by which way it heard first."""

    party: str
    may_see: bool
    since: datetime | None = None
    way: str | None = None


async def could_see(connection: AsyncConnection, row: Any, register: Register) -> set[str]:
    """The parties that may see an event (a row of it) today: who published it, and who still may of those to
    whom it was delivered or asked."""
    event = parse(row.content)
    reasons: dict[str, list[Reason]] = {row.publisher: []}
    for one in await deliveries_of_event(connection, row.event_key):
        found = (Reason(Relation(relation), *rest) for relation, *rest in one.reasons)
        reasons.setdefault(one.party, []).extend(found)
    for one in await requests_of_event(connection, row.event_key):
        if one.state != "withheld":
            reasons.setdefault(one.operator, []).append(Reason(Relation.ASKED))
    newest = (await newest_markings(connection, [row.event_key])).get(row.event_key)
    return {
        party for party, why in reasons.items() if may_see(party, row.publisher, event, why, register, newest)
    }


async def seers_of(
    connection: AsyncConnection, row: Any, register: Register, now: datetime
) -> Sequence[Seer]:
    """Every party that may see an event today or had it, by name."""
    could = await could_see(connection, row, register)
    had = {one.party: one for one in await knew_of(connection, row.event_key, now)}
    had.pop(row.publisher, None)
    found = [Seer(row.publisher, row.publisher in could, row.accepted_at, "published")]
    found += [Seer(one.party, one.party in could, one.since, one.way) for one in had.values()]
    found += [Seer(party, may_see=True) for party in could - had.keys() - {row.publisher}]
    return sorted(found)
