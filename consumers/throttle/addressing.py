"""What an operator says of a request it was asked: about which item is that, may it be, and who hears it?"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.throttle.giving import at_once
from hub.register.model import Register
from hub.rules.answers import reasons_to_answer
from hub.rules.clearance import is_classified
from hub.rules.identity import event_key
from hub.rules.throttle.states import Not, State, Step, of_item
from hub.store.exchanges import plan_deliveries
from hub.store.ledger.records import Entry, record
from hub.store.throttle import requests
from hub.store.throttle.lines import Held, lock_operator
from schemas.catalogue import ByOperator


class Addressed(NamedTuple):
    """The item that this is about, with its requests that are open; the one that was named is `request`."""

    held: Held
    operator: str
    item: Any
    request: Any
    asking: Sequence[Any]


async def addressed(
    connection: AsyncConnection, key: UUID, event: ByOperator, operator: str, step: Step, now: datetime
) -> Addressed | None:
    """What this is about; None, with a record of why, when the step can't be taken. Holds the operator."""
    held = await lock_operator(connection, operator)
    reference = event.data.request
    request_key = event_key(reference.source, reference.id)
    request = await requests.find_request(connection, request_key, operator)
    if request is None:
        facts = {"operator": operator, "type": event.type, "request": str(request_key)}
        await record(connection, [Entry("steering-unasked", (key,), key, now, facts)])
        return None
    item = await requests.get_item(connection, request.item_key)
    step_taken = of_item(_state(item), step)
    if isinstance(step_taken, Not):
        facts = {"operator": operator, "type": event.type, "item": str(item.item_key), "why": step_taken}
        await record(connection, [Entry("steering-idle", (key, operator), key, now, facts)])
        return None
    rows = await requests.requests_of_item(connection, item.item_key)
    return Addressed(held, operator, item, request, [row for row in rows if row.state in requests.OPEN])


def _state(item: Any) -> State:
    return State.POSTPONED if item.not_before is not None else State(item.state)


async def tell(
    connection: AsyncConnection,
    key: UUID,
    event: ByOperator,
    about: Addressed,
    register: Register,
    now: datetime,
) -> list[str]:
    """Gives what the operator says to each asker that may have it, at once; who they are."""
    reasons = {
        asker: reasons_to_answer(event, asker, register, is_addressed=asker == about.request.asker)
        for asker in sorted({row.asker for row in about.asking})
    }
    told = {asker: why for asker, why in reasons.items() if why}
    await plan_deliveries(
        connection, [at_once(key, asker, why, register, now) for asker, why in told.items()]
    )
    return list(told)


def ending(event: ByOperator, about: Addressed, told: Iterable[str]) -> list[Any]:
    """The requests that this ends: for who may not know that it was said, all goes on as before."""
    knowing = set(told)
    return [row for row in about.asking if row.asker in knowing or not is_classified(event.tlp)]
