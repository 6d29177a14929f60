"""Throttle: operators are asked once, together, and not too often.

Requests join an item or open one; at each slot an operator's waiting items leave as one bundle.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from consumers.inbox import Arrival, Rejection, dead_letter, read, send_dead_letters, together_or_apart
from consumers.placing import place_answer, place_request
from consumers.stream import Records
from consumers.waiting import wait_or_stop
from hub import logs
from hub.broker import Publisher
from hub.errors import Unavailable
from hub.register.model import Register
from hub.rules.identity import derived_key
from hub.rules.release import BUDGET, release, slot_to_run
from hub.settings import Settings
from hub.store import requests
from hub.store.claims import claim_content
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.exchanges import (
    handled_before,
    keep_dead_letters,
    kept_type,
)
from hub.store.ledgers import Entry, record
from hub.store.registers import Registers, newest_version
from hub.store.wake import Channel, WakeUp, wake
from schemas.catalogue import BY_TYPE, Answer, Request

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
        for reading in read(records, register, self._settings):
            if isinstance(reading, Rejection):
                if await self._is_ours(reading):
                    await self._bury([reading])
            elif isinstance(reading.event, Request | Answer):
                await self._place_one(reading, register)

    async def _is_ours(self, rejection: Rejection) -> bool:
        """What can't come in is the router's to bury, once. What the router let in under an earlier register
        would be forgotten here without a word."""
        if rejection.reason != "not-admitted" or rejection.key is None:
            return False
        async with transaction(self._pool) as connection:
            kept = await kept_type(connection, rejection.key)
        return kept is not None and issubclass(BY_TYPE[kept].model, Request | Answer)

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
                await place_answer(connection, arrival.key, arrival.event, arrival.attributes, register, now)
            elif isinstance(arrival.event, Request):
                await place_request(connection, arrival.key, arrival.event, claim.accepted_at, register, now)
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
            with_expired = await requests.operators_with_expired(connection, now)
        for operator in with_expired:
            async with transaction(self._pool) as connection:
                await _expire(connection, operator, now)
        async with transaction(self._pool) as connection:
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


async def _release(connection: AsyncConnection, operator: str, slot: int, now: datetime) -> None:
    last_slot = await requests.lock_operator(connection, operator)
    decision = release(await requests.waiting_items(connection, operator), last_slot, slot, BUDGET)
    if not decision.items:
        return
    bundle_key = derived_key("bundle", operator, slot)
    await requests.release_bundle(connection, bundle_key, operator, slot, decision.items, now)
    facts = {
        "operator": operator,
        "slot": slot,
        "items": [str(item) for item in decision.items],
        "register": await newest_version(connection),
    }
    await record(connection, [Entry("bundle-released", (operator, slot), None, now, facts)])


async def _expire(connection: AsyncConnection, operator: str, now: datetime) -> None:
    await requests.lock_operator(connection, operator)
    expired = await requests.expire_requests(connection, operator, now)
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
