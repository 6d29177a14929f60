"""An operator declines: its item ends, who asked hears why, and who asks the same later hears it at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.throttle.addressing import Addressed, addressed, ending, tell
from consumers.throttle.placing import reopen
from hub.register.model import Register
from hub.rules.clearance import is_classified
from hub.rules.moments import dutch_day
from hub.rules.throttle.library import Kept, Kind, valid_until
from hub.rules.throttle.slots import latest_slot
from hub.rules.throttle.states import Step
from hub.store.ledger.records import Entry, record
from hub.store.throttle import grouping, library, requests
from hub.store.throttle.lines import next_step
from hub.store.throttle.policies import policy_by_slot
from schemas.steering import RequestDeclined
from schemas.terms import Tlp


async def decline(
    connection: AsyncConnection,
    key: UUID,
    event: RequestDeclined,
    operator: str,
    register: Register,
    now: datetime,
) -> None:
    """The item of the request ends as declined, with its requests; the decline is kept in the library."""
    about = await addressed(connection, key, event, operator, Step.DECLINE, now)
    if about is None:
        return
    told = await tell(connection, key, event, about, register, now)
    ended = ending(event, about, told)
    moves = await end_as_declined(connection, about, ended, now)
    kept = await _keep(connection, key, event, about, now)
    facts = {
        "operator": operator,
        "item": str(about.item.item_key),
        "ended": [str(row.event_key) for row in ended],
        "told": told,
        "moves": moves,
        "areas": sorted(kept.areas),
        "valid_until": str(kept.valid_until),
        "register": register.version,
        "step": await next_step(connection, operator),
    }
    await record(connection, [Entry("item-declined", (key,), key, now, facts)])


async def end_as_declined(
    connection: AsyncConnection, about: Addressed, ended: Sequence[Any], now: datetime
) -> list[dict[str, Any]]:
    """The item has ended at this operator, and so have these requests on it. Others that wait, for who may
    not know of that, wait on as an item of their own; where they went, for the ledger."""
    await grouping.end_item(connection, about.item.item_key, "declined")
    keys = [row.event_key for row in ended]
    await requests.close_requests(connection, about.operator, keys, "declined", now)
    left = [row for row in about.asking if row.state == "waiting" and row.event_key not in keys]
    if not left:
        return []
    item_key = await reopen(connection, about.item.item_key, left)
    return [{"events": [str(row.event_key) for row in left], "item": str(item_key), "state": "waiting"}]


async def _keep(
    connection: AsyncConnection, key: UUID, event: RequestDeclined, about: Addressed, now: datetime
) -> Kept:
    item, today = about.item, dutch_day(now)
    policy_of = await policy_by_slot(connection, about.operator)
    validity = policy_of(latest_slot(now, policy_of)).validity
    kept = Kept(
        key,
        item.merge_key if is_classified(Tlp(item.tlp)) else item.library_key,
        Kind.DECLINE,
        tuple(item.functions),
        frozenset(area for row in about.asking for area in row.areas),
        today,
        valid_until(Kind.DECLINE, today, event.data.valid_until, validity),
        event.tlp,
        frozenset(event.data.recipients),
    )
    await library.keep(connection, about.operator, kept, item.item_key)
    return kept
