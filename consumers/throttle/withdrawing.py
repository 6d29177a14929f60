"""An asker no longer needs an answer: its request ends, at every operator, and nobody else's."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.register.model import Register
from hub.rules.identity import event_key
from hub.rules.relations import publisher
from hub.rules.throttle.states import State, Step, item_without_askers
from hub.store.ledger.records import Entry, record
from hub.store.throttle import requests
from hub.store.throttle.grouping import refresh_items
from hub.store.throttle.lines import lock_operator
from hub.store.throttle.steering import steering_of
from schemas.catalogue import BY_TYPE, Request
from schemas.steering import RequestWithdrawn

_ENDS = {Step.WITHDRAW: "withdrawn", Step.EXPIRE: "expired"}


async def is_withdrawn(connection: AsyncConnection, key: UUID, request: Request, register: Register) -> bool:
    """Whether its asker withdrew a request before it came. The caller holds what is said of it."""
    asker = publisher(request.source, register)
    return any(
        BY_TYPE[word.content["type"]].model is RequestWithdrawn and word.party == asker
        for word in await steering_of(connection, key)
    )


async def withdraw(
    connection: AsyncConnection, key: UUID, event: RequestWithdrawn, party: str, now: datetime
) -> None:
    """Ends what is open of a request to each operator; an item that nobody asks any more ends too. What left
    has left: no budget comes back. `key` is that of the withdrawal."""
    reference = event.data.request
    request_key = event_key(reference.source, reference.id)
    done: set[str] = set()
    while rows := [
        row
        for row in await requests.requests_of_event(connection, request_key)
        if row.operator not in done  # a referral may have brought it to another operator meanwhile
    ]:
        row = rows[0]
        done.add(row.operator)
        if row.asker != party:
            continue
        await lock_operator(connection, row.operator)
        item_key = await requests.withdraw_request(connection, request_key, row.operator, now)
        if item_key is None:
            continue
        asked = await requests.requests_of_item(connection, item_key)
        left = await refresh_items(connection, [item_key])
        if step := item_without_askers(State(one.state) for one in asked):
            await requests.end_items(connection, [item_key], _ENDS[step])
        facts = {
            "operator": row.operator,
            "item": str(item_key),
            "by": str(key),
            "not_before": left.get(item_key),
        }
        entry = Entry("request-withdrawn", (request_key, row.operator), request_key, now, facts)
        await record(connection, [entry])
