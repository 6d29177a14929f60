"""Throttle: operators are asked once, together, and not too often.

Requests join an item or open one; at each slot an operator's waiting items leave as one bundle.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from consumers.kafka.inbox import Arrival, Rejection, dead_letter, read, send_dead_letters, together_or_apart
from consumers.kafka.stream import Records
from consumers.throttle.noticing import tell_expired, tell_half_way
from consumers.throttle.placing import place_answer, place_request
from consumers.throttle.releasing import run_slots
from consumers.throttle.reminding import remind_alone
from consumers.throttle.sheets import end_due
from consumers.throttle.shelving import place_deposit, place_retraction
from consumers.throttle.situations import place_situation
from consumers.throttle.steering import place_steering, steer_early
from consumers.waiting import wait_or_stop
from hub import logs
from hub.errors import Unavailable
from hub.kafka.broker import Publisher
from hub.register.model import Register
from hub.settings import Settings
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.exchanges import (
    handled_before,
    keep_dead_letters,
    kept_type,
)
from hub.store.intake.claims import claim_content
from hub.store.ledger.records import Entry, record
from hub.store.register.registers import Registers
from hub.store.throttle import lines, requests
from hub.store.throttle.noticing import operators_half_way
from hub.store.throttle.reminders import operators_to_think_of
from hub.store.throttle.situations import operators_with_ended_sheets
from hub.store.wake import Channel, WakeUp, wake
from schemas.catalogue import BY_TYPE, Answer, LibraryChange, Request, Situation, Steering
from schemas.library import AnswerDeposited, AnswerRetracted

GROUP = "throttle"
_TOGETHER = 25
"""Operators whose slots are run in one transaction."""
_SIDE_BY_SIDE = 2
"""Transactions at once: while PostgreSQL works for one, Python works for the other."""
_Due = Callable[[AsyncConnection, datetime], Awaitable[Sequence[str]]]
_Ours = Request | Answer | LibraryChange | Steering | Situation

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
        """Places the requests, answers and deposits of a batch, each in its own transaction."""
        await together_or_apart(records, self._place_all, self._bury)

    async def _place_all(self, records: Records) -> None:
        register = await self._registers.newest()
        for reading in read(records, register, self._settings):
            if isinstance(reading, Rejection):
                if await self._is_ours(reading):
                    await self._bury([reading])
            elif isinstance(reading.event, _Ours):
                await self.place(reading, register)

    async def _is_ours(self, rejection: Rejection) -> bool:
        """What can't come in is the router's to bury, once. What the router let in under an earlier register
        would be forgotten here without a word."""
        if rejection.reason != "not-admitted" or rejection.key is None:
            return False
        async with transaction(self._pool) as connection:
            kept = await kept_type(connection, rejection.key)
        return kept is not None and issubclass(BY_TYPE[kept].model, _Ours)

    async def place(self, arrival: Arrival, register: Register) -> None:
        """Does what a request, an answer or what steers asks for. The same twice has no second effect."""
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
                await steer_early(connection, arrival.key, register, now)
            elif isinstance(arrival.event, AnswerDeposited):
                await place_deposit(connection, arrival.key, arrival.event, register, now)
            elif isinstance(arrival.event, AnswerRetracted):
                await place_retraction(connection, arrival.key, arrival.event, register, now)
            elif isinstance(arrival.event, Steering):
                await place_steering(
                    connection, arrival.key, arrival.event, arrival.attributes, register, now
                )
            elif isinstance(arrival.event, Situation):
                await place_situation(
                    connection, arrival.key, arrival.event, arrival.attributes, register, now
                )
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

    async def release_due(self, of: str | None = None) -> None:
        """Ends what has expired, sheets included, tells who waits long, runs the slots that are due,
        and reminds operators in slots without a bundle; all that only `of` one operator, if it is named."""
        now = await self._clock.now()
        register = await self._registers.newest()

        async def due_at(which: _Due) -> Sequence[str]:
            async with transaction(self._pool) as connection:
                found = await which(connection, now)
            return [one for one in found if of in (None, one)]

        ended = await due_at(operators_with_ended_sheets)
        await self._each(ended, lambda one, operator: end_due(one, operator, register, now))
        with_expired = await due_at(requests.operators_with_expired)
        await self._each(with_expired, lambda one, operator: _expire(one, operator, register, now))
        waiting_long = await due_at(operators_half_way)
        await self._each(waiting_long, lambda one, operator: tell_half_way(one, operator, register, now))
        batches = _together(await due_at(lines.operators_due))
        ran = await asyncio.gather(
            *(self._run_all(batches, now) for _ in range(_SIDE_BY_SIDE)), return_exceptions=True
        )
        for error in ran:
            if error is not None:
                raise error
        to_remind = await due_at(operators_to_think_of)
        await self._each(to_remind, lambda one, operator: remind_alone(one, operator, now))

    async def _run_all(self, batches: Iterator[Sequence[str]], now: datetime) -> None:
        for operators in batches:
            await self._run_slots(operators, now)

    async def _run_slots(self, operators: Sequence[str], now: datetime) -> None:
        """Runs the slots of some operators together; each alone when that fails: one that can't be run holds
        up no other."""
        try:
            async with transaction(self._pool) as connection:
                await run_slots(connection, operators, now)
        except Unavailable:
            raise
        except Exception as error:
            _log.warning(logs.line("slots are run one by one", error=type(error).__name__))
            await self._each(operators, lambda one, operator: run_slots(one, [operator], now))

    async def _each(
        self, operators: Iterable[str], work: Callable[[AsyncConnection, str], Awaitable[None]]
    ) -> None:
        """Does the work for each operator in a transaction of its own. One for which it fails holds up no
        other; it is tried again at the next wake-up."""
        for operator in operators:
            try:
                async with transaction(self._pool) as connection:
                    await work(connection, operator)
            except Unavailable:
                raise
            except Exception as error:
                _log.exception(
                    logs.line("an operator was passed over", operator=operator, error=type(error).__name__)
                )


def _together(operators: Sequence[str]) -> Iterator[Sequence[str]]:
    """Operators whose slots are run together."""
    return (operators[start : start + _TOGETHER] for start in range(0, len(operators), _TOGETHER))


async def _expire(connection: AsyncConnection, operator: str, register: Register, now: datetime) -> None:
    await lines.lock_operator(connection, operator)
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
    await tell_expired(connection, operator, expired, register, now)
