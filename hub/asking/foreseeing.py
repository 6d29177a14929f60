"""What would a request come to, at each operator that it asks? Told to its asker before it sends: nothing is
kept or held up, and only what that asker may know decides."""

import asyncio
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.asking.earlier import look_up
from hub.asking.question_keys import keys_of_request
from hub.asking.said import find_item_to_be_with, find_library_keys
from hub.register.model import Register
from hub.rules.asking import AskedOperator, asked_operators
from hub.rules.clearance import is_classified
from hub.rules.identity import event_key
from hub.rules.placing import Place, place
from hub.rules.relations import publisher
from hub.rules.throttle.answered import Again
from hub.rules.throttle.expiry import expires_at
from hub.rules.throttle.library import Kind
from hub.rules.throttle.line import Asking
from hub.rules.throttle.slots import latest_slot
from hub.rules.throttle.standing import Leaves, Standing, as_leaves
from hub.rules.throttle.telling import before_asking, next_day
from hub.rules.throttle.urgent import Urgent, urgent
from hub.store.throttle import lines, requests
from hub.store.throttle.pressing import urgent_contacts
from schemas.catalogue import Request


class Foreseen(NamedTuple):
    """Where a request would go at one operator, what it costs that operator (0: no contact and no place in a
    bundle), with how many others, and when it leaves. `answered` are the areas that the library answers at
    once; `declined`: it says at once that the operator declines, and `not_again` why asking again does not
    help. `urgent`: what comes of it when it can't wait, as far as the asker may know: urgent contacts of
    others are not counted."""

    operator: str
    place: Place
    cost: int
    others: int
    leaves: Leaves | None
    answered: tuple[str, ...] = ()
    declined: bool = False
    not_again: Again | None = None
    urgent: Urgent | None = None


class Foresight:
    """Looks ahead at one moment; the line of each operator is read once."""

    def __init__(self, register: Register, now: datetime):
        self._register = register
        self._now = now
        self._standings: dict[str, Standing] = {}

    async def of(self, connection: AsyncConnection, request: Request) -> tuple[Foreseen, ...]:
        """What the request would come to at each operator, by operator."""
        asked = sorted(asked_operators(request, self._register))
        return tuple([await self._at(connection, request, one) for one in asked])

    async def _at(self, connection: AsyncConnection, request: Request, asked: AskedOperator) -> Foreseen:
        operator, asker = asked.operator, publisher(request.source, self._register) or ""
        same, in_library = await keys_of_request(connection, request, asked)
        keys = (in_library, same, *await find_library_keys(connection, operator, same))
        about = (keys, asked.functions, asked.areas)
        key = event_key(request.source, request.id)
        looked = await look_up(connection, key, request, operator, about, self._register, self._now)
        found = looked.reuse
        answers = [one for one in found.served if one.kept.kind is not Kind.DECLINE]
        answered = tuple(area for one in answers for area in one.areas)
        open_item = await find_item_to_be_with(connection, operator, same)
        where = place(open_item.state if open_item else None, answer_serves=not found.gap)
        if where is Place.ANSWERED:
            return Foreseen(operator, where, 0, 0, None, answered, looked.is_declined, looked.not_again)
        if where is Place.JOINED_SENT and open_item is not None:
            askers = {row.asker for row in await requests.open_on_item(connection, open_item.item_key)}
            pressing = Urgent.ALREADY_SENT if request.data.urgent else None
            return Foreseen(operator, where, 0, len(askers - {asker}), None, answered, urgent=pressing)
        if operator not in self._standings:
            self._standings[operator] = await lines.find_standing(connection, operator, self._now)
        line, first, policy_of = self._standings[operator]
        item_key = (
            open_item.item_key if open_item else await requests.new_item_key(connection, operator, same)
        )
        needed_by, policy = request.data.needed_by, policy_of(latest_slot(self._now, policy_of))
        expires = expires_at(self._now, needed_by, policy, request.expirytime)
        # A long line takes a while, and others wait for none of it.
        told = await asyncio.to_thread(
            before_asking,
            line,
            item_key,
            Asking(asker, self._now, needed_by, expires),
            where,
            first,
            policy_of,
            classified=is_classified(request.tlp),
        )
        leaves = as_leaves(told.expected, policy_of) if told.expected else None
        pressing = await self._urgent(connection, request, operator, asker)
        return Foreseen(operator, where, told.cost, told.others, leaves, answered, urgent=pressing)

    async def _urgent(
        self, connection: AsyncConnection, request: Request, operator: str, asker: str
    ) -> Urgent | None:
        reason, needed_by = request.data.urgent, request.data.needed_by
        if reason is None:
            return None
        line, first, policy_of = self._standings[operator]
        slot = latest_slot(self._now, policy_of)
        own = [one for one in await urgent_contacts(connection, operator, slot) if one.asker == asker]
        slot = max([slot, *(one.slot for one in own)])
        day = next_day(line, first, self._now, policy_of)
        return urgent(reason, needed_by, day, asker, slot, own, policy_of(slot))
