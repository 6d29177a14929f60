"""Who may see an event at a moment, and who had it then: an auditor's question."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.register.model import Register
from hub.rules.relations import Reason, Relation, reasons_of
from hub.rules.seeing import may_see
from hub.store.register.registers import Registers, version_at
from hub.store.versions import newest_markings
from hub.store.views.events import deliveries_of_event, requests_of_event
from hub.store.views.knowing import knew_of
from schemas.catalogue import parse


class Seer(NamedTuple):
    """A party that may see an event at a moment, or had it then; since when, and by which way it heard
    first."""

    party: str
    may_see: bool
    since: datetime | None = None
    way: str | None = None


async def could_see(connection: AsyncConnection, row: Any, register: Register, at: datetime) -> set[str]:
    """The parties that could see an event (a row of it) at a moment, by the register of then: who published
    it, and who still might of those to whom it was delivered or asked until then."""
    event = parse(row.content)
    reasons: dict[str, list[Reason]] = {row.publisher: []}
    for one in await deliveries_of_event(connection, row.event_key):
        if one.planned_at <= at:
            reasons.setdefault(one.party, []).extend(reasons_of(one.reasons))
    for one in await requests_of_event(connection, row.event_key):
        is_withheld = one.state == "withheld" and (one.closed_at is None or one.closed_at <= at)
        if one.received_at <= at and not is_withheld:
            reasons.setdefault(one.operator, []).append(Reason(Relation.ASKED))
    newest = (await newest_markings(connection, [row.event_key], at)).get(row.event_key)
    return {
        party for party, why in reasons.items() if may_see(party, row.publisher, event, why, register, newest)
    }


async def seers_of(
    connection: AsyncConnection, row: Any, registers: Registers, now: datetime, at: datetime | None = None
) -> Sequence[Seer]:
    """Every party that could see an event at a moment (None: now), by the register of then and the rules of
    the hub, or had it then; by name."""
    newest = await registers.newest()
    version = newest.version if at is None or at >= now else await version_at(connection, at)
    at = at or now
    if row.accepted_at > at or version is None:
        return []
    could = await could_see(connection, row, await registers.of_version(connection, version), at)
    had = {one.party: one for one in await knew_of(connection, row.event_key, at)}
    had.pop(row.publisher, None)
    found = [Seer(row.publisher, row.publisher in could, row.accepted_at, "published")]
    found += [Seer(one.party, one.party in could, one.since, one.way) for one in had.values()]
    found += [Seer(party, may_see=True) for party in could - had.keys() - {row.publisher}]
    return sorted(found)
