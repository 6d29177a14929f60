"""What askers, operators and coordinators say of requests, in a transaction of the caller.

Either may come first: what is said of a request that is not here yet is kept, and done when it comes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.throttle import urgency
from consumers.throttle.asking_again import ask_confirmed
from consumers.throttle.declining import decline
from consumers.throttle.merging import say
from consumers.throttle.postponing import postpone
from consumers.throttle.referring import refer
from consumers.throttle.withdrawing import withdraw
from hub.register.model import Register
from hub.rules.identity import event_key
from hub.rules.relations import publisher
from hub.store.ledger.records import Entry, record
from hub.store.throttle.steering import keep_steering, lock_steered, steering_of
from schemas.catalogue import Steering, parse
from schemas.steering import (
    OfRequest,
    QuestionsMerged,
    QuestionsSeparated,
    RequestConfirmed,
    RequestDeclined,
    RequestPostponed,
    RequestReferred,
    RequestWithdrawn,
)


async def place_steering(
    connection: AsyncConnection,
    key: UUID,
    event: Steering,
    attributes: dict[str, Any],
    register: Register,
    now: datetime,
) -> None:
    """Keeps what is said, and does it where its request is here."""
    party = publisher(event.source, register) or ""
    facts = {"party": party, "type": event.type}
    await record(connection, [Entry("request-steered", (key,), key, now, facts)])
    if isinstance(event, QuestionsMerged | QuestionsSeparated):
        await say(connection, key, event, party, attributes, now)
    if isinstance(event.data, OfRequest):
        reference = event.data.request
        request_key = event_key(reference.source, reference.id)
        await lock_steered(connection, request_key)
        await keep_steering(connection, key, request_key, party, attributes, now)
    await _steer(connection, key, event, party, register, now)


async def steer_early(
    connection: AsyncConnection,
    request_key: UUID,
    register: Register,
    now: datetime,
    by: str | None = None,
) -> None:
    """Does what was said of a request before it came, in the order of its coming: by all, or by one party."""
    for row in await steering_of(connection, request_key):
        event = parse(row.content)
        # Who asks again says that of its earlier request too.
        if isinstance(event, Steering) and (by is None or row.party == by):
            await _steer(connection, row.by_key, event, row.party, register, now)


async def _steer(
    connection: AsyncConnection, key: UUID, event: Steering, party: str, register: Register, now: datetime
) -> None:
    """Does what one event says, by its type; nothing while its request is not here. Twice is once."""
    match event:
        case RequestConfirmed():
            request_key = event_key(event.data.request.source, event.data.request.id)
            await ask_confirmed(connection, request_key, register, now)
            await urgency.press_again(connection, request_key, register, now)
        case RequestDeclined():
            await decline(connection, key, event, party, register, now)
        case RequestPostponed():
            await postpone(connection, key, event, party, register, now)
        case RequestReferred():
            for request_key in await refer(connection, key, event, party, register, now):
                await steer_early(connection, request_key, register, now, by=event.data.to)
        case RequestWithdrawn():
            await withdraw(connection, key, event, party, now)
