"""An operator postpones: its item waits again, for the first bundle on or after a day."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.throttle.addressing import addressed, tell
from consumers.throttle.merging import settle
from hub.register.model import Register
from hub.rules.throttle.postponing import slot_from
from hub.rules.throttle.states import Step
from hub.store.ledger.records import Entry, record
from hub.store.throttle import grouping
from hub.store.throttle.lines import next_step
from hub.store.throttle.policies import policy_by_slot
from schemas.steering import RequestPostponed


async def postpone(
    connection: AsyncConnection,
    key: UUID,
    event: RequestPostponed,
    operator: str,
    register: Register,
    now: datetime,
) -> None:
    """What the operator has of the item waits for the slot; when its requests end does not move."""
    about = await addressed(connection, key, event, operator, Step.POSTPONE, now)
    if about is None:
        return
    policy_of = await policy_by_slot(connection, operator)
    slot = slot_from(event.data.until, now, about.held.last_run, policy_of)
    item_key, waiting = about.item.item_key, [row.event_key for row in about.asking]
    await grouping.postpone_item(connection, item_key, slot)
    await grouping.refresh_items(connection, [item_key])
    facts = {
        "operator": operator,
        "item": str(item_key),
        "not_before": slot,
        "waiting": [str(one) for one in waiting],
        "told": await tell(connection, key, event, about, register, now),
        "register": register.version,
        "step": await next_step(connection, operator),
    }
    await record(connection, [Entry("item-postponed", (key,), key, now, facts)])
    await settle(connection, operator, key, now)
