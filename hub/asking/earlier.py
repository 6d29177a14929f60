"""What the library has for a request, and what goes before one that its asker asks again.

Only read: who does something with it holds the operator."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.register.model import Register
from hub.rules.clearance import is_classified
from hub.rules.identity import event_key
from hub.rules.moments import dutch_day
from hub.rules.relations import publisher
from hub.rules.steering import coordinates
from hub.rules.throttle.answered import Again, may_ask_again
from hub.rules.throttle.library import Kind, Reuse, reuse
from hub.store.intake.claims import find_claims
from hub.store.throttle import library
from hub.store.throttle.steering import find_said, steering_of
from schemas.catalogue import BY_TYPE, Request, parse
from schemas.steering import RequestConfirmed
from schemas.terms import FunctionSlug


class Found(NamedTuple):
    """What the library has for a request, and the gap; `not_again`: why what was declined is not asked once
    more."""

    reuse: Reuse
    not_again: Again | None = None

    @property
    def is_declined(self) -> bool:
        """Whether declines are all that there is."""
        served = self.reuse.served
        return not self.reuse.gap and all(one.kept.kind is Kind.DECLINE for one in served)

    @property
    def in_confidence(self) -> bool:
        """Whether something of this is for names only."""
        return any(one.kept.tlp is not None and is_classified(one.kept.tlp) for one in self.reuse.served)


async def look_up(
    connection: AsyncConnection,
    key: UUID,
    request: Request,
    operator: str,
    about: tuple[Collection[str], Sequence[str], Sequence[str]],
    register: Register,
    now: datetime,
) -> Found:
    """What the library has for a request with this key; `about` are the keys of its question, its functions
    and its areas. An asker that asks again does not get what it had."""
    keys, functions, areas = about
    asker = publisher(request.source, register) or ""
    kept = await library.kept_for(connection, operator, keys)
    declines = {one.answer for one in kept if one.kind is Kind.DECLINE}
    had = await answers_had(connection, key, request, operator) - declines
    found = reuse(kept, keys, areas, asker, dutch_day(now), register, not_enough=had)
    again = request.data.again
    if again is None or all(one.kept.answer not in declines for one in found.served):
        return Found(found)
    reasons = await _reasons_before(connection, key, request)
    confirmed = await is_confirmed(connection, key, functions, register)
    why = may_ask_again(reasons, again.reason, is_confirmed=confirmed)
    if why is not Again.MAY:
        return Found(found, why)
    without = had | declines
    return Found(reuse(kept, keys, areas, asker, dutch_day(now), register, not_enough=without))


async def answers_had(connection: AsyncConnection, key: UUID, request: Request, operator: str) -> set[UUID]:
    """The answers of an operator that were not enough: those to the earlier requests, and what replaced
    those, but for what came after it was asked again."""
    if request.data.again is None:
        return set()
    had: set[UUID] = set()
    for earlier in await _before(connection, request):
        had |= await library.given_to(connection, earlier, operator)
    had |= {one for answer in had for one in await library.lapsed_by(connection, answer, operator)}
    claims = await find_claims(connection, {key, *had})
    asked_at = claims[key].accepted_at if key in claims else None
    return {
        one for one in had if asked_at is None or one not in claims or claims[one].accepted_at <= asked_at
    }


async def is_confirmed(
    connection: AsyncConnection, key: UUID, functions: Collection[str], register: Register
) -> bool:
    """Whether who coordinates these functions confirmed a request."""
    about = tuple(map(FunctionSlug, functions))
    return any(
        BY_TYPE[word.content["type"]].model is RequestConfirmed and coordinates(word.party, about, register)
        for word in await steering_of(connection, key)
    )


async def find_again(connection: AsyncConnection, key: UUID) -> Request | None:
    """A request that goes on from an earlier one; None: it does not, or is not here."""
    said = await find_said(connection, key)
    request = parse(said.content) if said else None
    return request if isinstance(request, Request) else None


async def _before(connection: AsyncConnection, request: Request | None) -> list[UUID]:
    """The earlier requests that a request goes on from, the last one first."""
    found: list[UUID] = []
    while request is not None and request.data.again is not None:
        reference = request.data.again.request
        key = event_key(reference.source, reference.id)
        if key in found:
            break
        found.append(key)
        request = await find_again(connection, key)
    return found


async def _reasons_before(connection: AsyncConnection, key: UUID, request: Request) -> list[str]:
    """The reasons with which it was asked again before."""
    reasons = []
    for earlier in await _before(connection, request):
        for said in await steering_of(connection, earlier):
            if said.by_key == key:
                break
            event = parse(said.content)
            if isinstance(event, Request) and event.data.again is not None:
                reasons.append(event.data.again.reason)
    return reasons
