"""An operator refers to another: its item ends, and the other is asked the same as if it had been asked."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.throttle.addressing import addressed, ending, tell
from consumers.throttle.declining import end_as_declined
from consumers.throttle.placing import ask
from hub.errors import Unavailable
from hub.register.kinds import RoleKind
from hub.register.model import Register, Role
from hub.rules.asking import AskedOperator, may_be_asked
from hub.rules.identity import event_key
from hub.rules.throttle.states import Step
from hub.store.exchanges import kept_contents
from hub.store.intake.claims import find_claims
from hub.store.ledger.records import Entry, record
from hub.store.throttle import requests
from hub.store.throttle.lines import lock_operators, next_step
from hub.store.throttle.steering import referred_to
from schemas.catalogue import Event, Request, parse
from schemas.steering import RequestReferred
from schemas.terms import Tlp


class NotAsked(StrEnum):
    """Why the other operator is not asked something that was referred to it."""

    UNKNOWN = "is-not-in-the-register"
    ITS_OWN = "is-its-own-request"
    ALREADY = "was-asked-already"
    MAY_NOT_KNOW = "may-not-know"
    BURIED = "request-could-not-be-handled"


_STAYS = {NotAsked.UNKNOWN, NotAsked.MAY_NOT_KNOW}
"""Then the operator keeps the whole item: nobody may read that another is asked who is not."""


async def refer(
    connection: AsyncConnection,
    key: UUID,
    event: RequestReferred,
    operator: str,
    register: Register,
    now: datetime,
) -> list[UUID]:
    """Ends the item at this operator and asks the other; the requests that the other has now. Where the other
    may not have all of it, nothing changes. Raises Unavailable while the router has not kept what was
    asked."""
    to = event.data.to
    named = event.data.request
    further = await referred_to(connection, event_key(named.source, named.id))
    await lock_operators(connection, {operator, to} | further)
    about = await addressed(connection, key, event, operator, Step.DECLINE, now)
    if about is None:
        return []
    asked = await _contents(connection, [row.event_key for row in about.asking])
    whys = {
        row.event_key: await _why_not(connection, row, asked.get(row.event_key), to, register)
        for row in about.asking
    }
    if stays := _STAYS.intersection(whys.values()):
        item = str(about.item.item_key)
        idle = {"operator": operator, "type": event.type, "item": item, "why": min(stays)}
        await record(connection, [Entry("steering-idle", (key, operator), key, now, idle)])
        return []
    told = await tell(connection, key, event, about, register, now)
    ended = ending(event, about, told)
    moves = await end_as_declined(connection, about, ended, now)
    placed, left = [], {}
    for row in ended:
        request, why = asked.get(row.event_key), whys[row.event_key]
        if why is not None:
            left[str(row.event_key)] = why
            continue
        assert request is not None  # noqa: S101 - else there is a why not
        placed.append(row.event_key)
        await _place(connection, key, row, request, to, register, now)
    facts = {
        "operator": operator,
        "item": str(about.item.item_key),
        "ended": [str(row.event_key) for row in ended],
        "to": to,
        "placed": [str(one) for one in placed],
        "not_placed": left,
        "told": told,
        "moves": moves,
        "register": register.version,
        "step": await next_step(connection, operator),
    }
    await record(connection, [Entry("item-referred", (key,), key, now, facts)])
    return placed


async def _contents(connection: AsyncConnection, keys: list[UUID]) -> Mapping[UUID, Event]:
    kept = await kept_contents(connection, keys)
    if any(key not in kept for key in keys):
        raise Unavailable("De router heeft nog niet alles verwerkt waarnaar is doorverwezen.")
    return {key: parse(content) for key, content in kept.items() if content is not None}


async def _why_not(
    connection: AsyncConnection, row: Any, request: Event | None, to: str, register: Register
) -> NotAsked | None:
    if not isinstance(request, Request):
        return NotAsked.BURIED
    if to not in register.parties:
        return NotAsked.UNKNOWN
    if to == row.asker:
        return NotAsked.ITS_OWN
    if not may_be_asked(request, to, register) or not _is_concerned(request, to, register):
        return NotAsked.MAY_NOT_KNOW
    if await requests.find_request(connection, row.event_key, to) is not None:
        return NotAsked.ALREADY
    return None


def _is_concerned(request: Request, to: str, register: Register) -> bool:
    """What is for who needs it there (AMBER) goes to an operator of its functions, or to who is named."""
    if request.tlp is not Tlp.AMBER or to in (*request.data.asked, *request.data.recipients):
        return True
    return any(Role(to, one, RoleKind.OPERATOR) in register.held_roles for one in request.functions)


async def _place(
    connection: AsyncConnection,
    key: UUID,
    row: Any,
    request: Event,
    to: str,
    register: Register,
    now: datetime,
) -> None:
    assert isinstance(request, Request)  # noqa: S101 - checked before
    claims = await find_claims(connection, [key, row.event_key])
    accepted_at = max((claim.accepted_at for claim in claims.values()), default=now)
    held = [one for one in request.functions if Role(to, one, RoleKind.OPERATOR) in register.held_roles]
    served = [area for area in row.areas if register.meeting_area(register.parties[to].areas, [area])]
    asked = AskedOperator(to, tuple(held) or (request.lead_function,), tuple(served or row.areas))
    await ask(
        connection, row.event_key, request, row.asker, asked, accepted_at, register, now, referred_by=key
    )
