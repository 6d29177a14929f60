"""Throttle: operators are asked once, together, and not too often.

Requests join an item or open one; at each slot an operator's waiting items leave as one bundle.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from consumers.inbox import Arrival, Rejection, dead_letter, read, send_dead_letters, together_or_apart
from consumers.stream import Records
from consumers.waiting import wait_or_stop
from hub import logs
from hub.broker import Publisher
from hub.errors import Unavailable
from hub.register.model import Register
from hub.rules.answers import may_receive_answer, serves
from hub.rules.asking import AskedOperator, asked_operators, merge_key
from hub.rules.identity import derived_key, event_key
from hub.rules.moments import AMSTERDAM
from hub.rules.placing import Place, place
from hub.rules.policy import Mode
from hub.rules.recipients import publisher as publisher_of
from hub.rules.relations import Reason, Relation
from hub.rules.release import BUDGET, release, slot_to_run
from hub.settings import Settings
from hub.store import requests
from hub.store.claims import claim_content
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.exchanges import NewDelivery, add_deliveries, handled_before, keep_dead_letters
from hub.store.ledgers import Entry, record
from hub.store.registers import Registers
from hub.store.wake import Channel, WakeUp, wake
from schemas.catalogue import Answer, Request, parse
from schemas.question import QuestionAnswered

GROUP = "throttle"

_log = logging.getLogger(__name__)


class Throttle:
    """Takes requests and answers from Kafka, and releases bundles at their slots."""

    def __init__(
        self, settings: Settings, pool: AsyncEngine, registers: Registers, publisher: Publisher, clock: Clock
    ):
        self._settings = settings
        self._pool = pool
        self._registers = registers
        self._publisher = publisher
        self._clock = clock

    async def on_records(self, records: Records) -> None:
        """Places the requests and answers of a batch, each in its own transaction."""
        await together_or_apart(records, self._place_all, self._bury)

    async def _place_all(self, records: Records) -> None:
        register = await self._registers.newest()
        for one in records:
            reading = read(one, register)
            # What can't be read is the router's to bury: once is enough.
            if isinstance(reading, Arrival) and isinstance(reading.event, Request | Answer):
                await self._place_one(reading, register)

    async def _place_one(self, arrival: Arrival, register: Register) -> None:
        now = await self._clock.now()
        async with transaction(self._pool) as connection:
            claims = await claim_content(connection, {arrival.key: arrival.digest}, now)
            claim = claims[arrival.key]
            if claim.content_hash != arrival.digest:
                return
            if await handled_before(connection, GROUP, [arrival.key]):
                return
            if isinstance(arrival.event, Answer):
                await _on_answer(connection, arrival.key, arrival.event, register, now)
            elif isinstance(arrival.event, Request):
                await _on_request(connection, arrival.key, arrival.event, claim.accepted_at, register, now)
            await wake(connection, Channel.MAIL)

    async def _bury(self, rejections: Sequence[Rejection]) -> None:
        now = await self._clock.now()
        async with transaction(self._pool) as connection:
            await send_dead_letters(self._publisher, self._settings, GROUP, rejections)
            await keep_dead_letters(connection, [dead_letter(GROUP, r, now) for r in rejections])

    async def keep_releasing(self, wake_up: WakeUp, stop: asyncio.Event) -> None:
        """Runs every slot on its day, until `stop`."""
        while not stop.is_set():
            try:
                await self.release_due()
            except Unavailable as error:
                _log.warning(logs.line("a part is away, waiting", error=type(error).__name__))
                await wait_or_stop(stop, 1.0)
            await wake_up.wait()

    async def release_due(self) -> None:
        """Ends what has expired, and runs the slot that is due, operator by operator."""
        now = await self._clock.now()
        async with transaction(self._pool) as connection:
            await _expire(connection, now)
            slot = slot_to_run(now, await requests.last_slot_run(connection))
            operators = await requests.operators_waiting(connection) if slot is not None else []
        if slot is None:
            return
        for operator in operators:
            async with transaction(self._pool) as connection:
                await _release(connection, operator, slot, now)
                await wake(connection, Channel.MAIL)
        async with transaction(self._pool) as connection:
            await requests.mark_slot_run(connection, slot)


async def _on_request(
    connection: AsyncConnection,
    key: UUID,
    request: Request,
    accepted_at: datetime,
    register: Register,
    now: datetime,
) -> None:
    asker = publisher_of(request.source, register) or ""
    for asked in sorted(asked_operators(request, register)):
        await _ask(connection, key, request, asker, asked, accepted_at, now)


async def _ask(
    connection: AsyncConnection,
    key: UUID,
    request: Request,
    asker: str,
    asked: AskedOperator,
    accepted_at: datetime,
    now: datetime,
) -> None:
    same = merge_key(request, asked)
    await requests.lock_operator(connection, asked.operator)
    open_item = await requests.find_open_item(connection, asked.operator, same)
    today = now.astimezone(AMSTERDAM).date()
    answered = next(
        (
            row
            for row in await requests.answered_items(connection, asked.operator, same)
            if _answer_serves(parse(row.answer), asker, asked, today)
        ),
        None,
    )
    where = place(open_item.state if open_item else None, answer_serves=answered is not None)
    item = answered if where is Place.ANSWERED else open_item
    if where is Place.NEW or item is None:
        item_key = derived_key("item", asked.operator, key)
        new = requests.NewItem(
            item_key,
            asked.operator,
            same,
            asked.functions,
            str(request.tlp),
            request.data.needed_by,
            accepted_at,
        )
        await requests.open_item(connection, new)
    else:
        item_key = item.item_key
    state = "waiting" if where is Place.NEW else str(where)
    await requests.add_request(
        connection,
        requests.NewRequest(
            key,
            asked.operator,
            asker,
            item_key,
            asked.areas,
            request.data.needed_by,
            request.expirytime,
            state,
            accepted_at,
        ),
    )
    if answered is not None and where is Place.ANSWERED:
        await add_deliveries(connection, [_to_asker(answered.answer_key, asker, now)])
    facts = {"operator": asked.operator, "asker": asker, "item": str(item_key), "state": state}
    await record(connection, [Entry("request-placed", (key, asked.operator), key, now, facts)])


def _answer_serves(answer: object, asker: str, asked: AskedOperator, today: date) -> bool:
    if not isinstance(answer, QuestionAnswered):
        return False
    may = may_receive_answer(answer.tlp, asker, is_addressed=False, named=answer.data.recipients)
    return may and serves(answer.data, asked.areas, today)


async def _on_answer(
    connection: AsyncConnection, key: UUID, answer: Answer, register: Register, now: datetime
) -> None:
    operator = publisher_of(answer.source, register) or ""
    asked_by = event_key(answer.data.answered.source, answer.data.answered.id)
    await requests.lock_operator(connection, operator)
    request = await requests.find_request(connection, asked_by, operator)
    if request is None:
        entry = Entry("answer-unasked", (key,), key, now, {"operator": operator, "question": str(asked_by)})
        await record(connection, [entry])
        return
    askers = {row.asker for row in await requests.requests_of_item(connection, request.item_key)}
    served = {
        asker
        for asker in askers
        if may_receive_answer(
            answer.tlp, asker, is_addressed=asker == request.asker, named=answer.data.recipients
        )
    }
    await requests.answer_item(connection, request.item_key, key)
    await requests.set_request_state(connection, request.item_key, served, "answered")
    await requests.set_request_state(connection, request.item_key, askers - served, "not-shared")
    await add_deliveries(connection, [_to_asker(key, asker, now) for asker in sorted(served)])
    facts = {"operator": operator, "item": str(request.item_key), "served": sorted(served)}
    await record(connection, [Entry("item-answered", (key,), key, now, facts)])


def _to_asker(answer_key: UUID, asker: str, now: datetime) -> NewDelivery:
    reasons = (Reason(Relation.ASKER),)
    return NewDelivery(answer_key, asker, "mail", Mode.IMMEDIATE, reasons, 0, now)


async def _release(connection: AsyncConnection, operator: str, slot: int, now: datetime) -> None:
    last_slot = await requests.lock_operator(connection, operator)
    decision = release(await requests.waiting_items(connection, operator), last_slot, slot, BUDGET)
    if not decision.items:
        return
    bundle_key = derived_key("bundle", operator, slot)
    await requests.release_bundle(connection, bundle_key, operator, slot, decision.items, now)
    facts = {"operator": operator, "slot": slot, "items": [str(item) for item in decision.items]}
    await record(connection, [Entry("bundle-released", (operator, slot), None, now, facts)])


async def _expire(connection: AsyncConnection, now: datetime) -> None:
    expired = await requests.expire_requests(connection, now)
    await record(
        connection,
        [
            Entry(
                "request-expired",
                (row.event_key, row.operator),
                row.event_key,
                now,
                {"operator": row.operator, "item": str(row.item_key)},
            )
            for row in expired
        ],
    )
