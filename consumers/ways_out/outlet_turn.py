"""One turn of an outlet: read, decide, send, keep."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.outlets.channel import Target, WayOut, Welcome
from hub.outlets.handing import Handed, Kept, deliveries_at, entries, next_deliveries
from hub.parsed import Parsed
from hub.register.model import Register
from hub.rules.outlets import After, Health, Outcome, Sent, StopReason, after_turn
from hub.rules.pacing import burst
from hub.rules.retry import next_attempt
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.deliveries import turns
from hub.store.deliveries.stream import Place
from hub.store.deliveries.turns import Ended, Missed
from hub.store.ledger.records import Entry, record
from hub.store.register.registers import Registers
from hub.store.wake import Channel, wake

_AT_ONCE = 64
_MOST_WAITING = 100
"""So many deliveries may wait to be tried again; then nothing new is begun, and the place stands still. So a
system that is dead costs a hundred rows, however much comes for it."""
_PROBES = 1
_NOTHING_YET_SECONDS = 1.0
"""What is next waits for another worker."""


class _Work(NamedTuple):
    """What is tried in a turn: what failed before, then what is new. `again`: how often each of the first
    failed; `reached`: the place after all of it."""

    again: Sequence[Any]
    deliveries: Sequence[Handed]
    kept: Sequence[Kept]
    ended: Sequence[Place]
    reached: Place
    is_at_end: bool
    is_full: bool


class Turn:
    """Takes turns for a worker. `wall` is the time of the machine: waits are in real time."""

    def __init__(
        self,
        pool: AsyncEngine,
        registers: Registers,
        clock: Clock,
        worker: UUID,
        wall: Callable[[], datetime],
        chance: Callable[[], float],
    ):
        self._pool = pool
        self._registers = registers
        self._clock = clock
        self._worker = worker
        self._wall = wall
        self._chance = chance
        self._parsed = Parsed()

    async def take(self, row: Any, way: WayOut) -> None:
        """One turn of a claimed outlet. Raises Unavailable; then it is another's when it is let go."""
        target = Target(row.party, row.name, row.target, row.secrets)
        if row.state == "new":
            await self._greet(row, await way.greet(target))
            return
        register = await self._registers.newest()
        pace = burst(row.rate) if row.rate else None
        work = await self._read(row, register, min(_AT_ONCE, pace.most) if pace else _AT_ONCE)
        sent = await way.send(target, work.deliveries) if work.deliveries else []
        pause = pace.seconds if pace and sent else 0.0
        if work.reached == _place(row) and row.wanted > row.number and not (work.deliveries or work.kept):
            pause = _NOTHING_YET_SECONDS
        await self._keep(row, work, sent, register, pause)

    async def _greet(self, row: Any, answer: Welcome | Sent) -> None:
        wall = self._wall()
        async with transaction(self._pool) as connection:
            if not await turns.hold_on(connection, row.outlet_key, self._worker):
                return
            if isinstance(answer, Welcome):
                await turns.greeted(connection, row.outlet_key, answer.rate, wall)
                return
            after = after_turn(Health(row.failures, row.failing_since), [answer], wall, self._chance())
            await self._end(connection, row, after, answer.why, _place(row), wall, is_at_end=False)

    async def _read(self, row: Any, register: Register, most: int) -> _Work:
        place = Place(row.number, row.position)
        is_failing = row.failures > 0
        async with transaction(self._pool) as connection:
            again, waiting = await turns.unsent_due(
                connection, row.outlet_key, _PROBES if is_failing else most, self._wall()
            )
            places = [Place(one.number, one.position) for one in again]
            old = await deliveries_at(connection, row.party, places, register)
            room = min(_PROBES if is_failing else most, most - len(old), _MOST_WAITING - waiting)
            found = (
                await next_deliveries(connection, row.party, place, register, room, self._parsed)
                if room > 0
                else None
            )
        fresh: list[Handed | Kept] = [*found.handed, *found.kept] if found else []
        handed = [one for one in (*old, *fresh) if isinstance(one, Handed)]
        kept = [one for one in (*old, *fresh) if isinstance(one, Kept)]
        # A retry that is in neither list has nothing to tell any more: planned before, and went out.
        ended = set(places) - {one.place for one in old}
        return _Work(
            again,
            handed,
            kept,
            [*ended, *(one.place for one in kept)],
            found.reached if found else place,
            found.is_end if found else False,
            waiting >= _MOST_WAITING,
        )

    async def _keep(
        self, row: Any, work: _Work, sent: Sequence[Sent], register: Register, pause: float
    ) -> None:
        wall, now = self._wall(), await self._clock.now()
        tried = list(zip(work.deliveries, sent, strict=False))
        after = After(Health(row.failures, row.failing_since))
        if work.deliveries:
            after = after_turn(after.health, sent, wall, self._chance())
        untried = [one.place for one in work.deliveries[len(sent) :] if one.place > _place(row)]
        # What was not tried is read again the next time; so is what comes after it.
        reached = _before(min(untried)) if untried else work.reached
        kept = [one for one in work.kept if not one.place > reached]
        taken = [one for one, result in tried if result.outcome is Outcome.TAKEN]
        refused = [Kept(*one[:6], result.why) for one, result in tried if result.outcome is Outcome.KEPT]
        missed = self._missed(row, work, tried, wall)
        async with transaction(self._pool) as connection:
            if not await turns.hold_on(connection, row.outlet_key, self._worker):
                return
            way = f"{row.channel}:{row.name}"
            told = entries(way, row.party, [*taken, *kept, *refused], register, now)
            given_up = [
                Entry(
                    "delivery-given-up",
                    (row.outlet_key, *one.place, wall),
                    one.event_key,
                    now,
                    {"party": row.party, "channel": way, "attempts": one.attempts},
                )
                for one in missed
                if one.due_at is None
            ]
            await record(connection, [*told, *given_up])
            gone = [*work.ended, *(one.place for one in taken), *(one.place for one in refused)]
            await turns.forget_missed(connection, row.outlet_key, gone)
            await turns.keep_missed(connection, row.outlet_key, missed, wall)
            if after.is_back:
                await turns.retry_now(connection, row.outlet_key, wall)
            not_before = max(
                (at for at in (after.not_before, _later(wall, pause)) if at is not None), default=None
            )
            why = next((result.why for result in reversed(sent) if result.why), "")
            await self._end(
                connection,
                row,
                after._replace(not_before=not_before),
                why,
                reached,
                wall,
                is_at_end=work.is_at_end and not untried,
                is_full=work.is_full,
                taken_at=wall if taken else None,
            )

    def _missed(
        self, row: Any, work: _Work, tried: Sequence[tuple[Handed, Sent]], wall: datetime
    ) -> list[Missed]:
        before = {Place(one.number, one.position): one.attempts for one in work.again}
        missed = []
        for one, result in tried:
            if result.outcome in (Outcome.TAKEN, Outcome.KEPT):
                continue
            attempts = before.get(one.place, 0)
            due: datetime | None
            if result.until is not None or result.outcome is Outcome.GONE:
                # It was not refused: the system asked us to wait, or has moved.
                due = result.until or wall
            else:
                attempts += 1
                due = next_attempt(attempts, wall, self._chance())
            if due is None and row.failing_since is not None:
                # The system as a whole is away: what waits for it waits until it is back, or stopped.
                due = next_attempt(max(attempts - 1, 1), wall)
            missed.append(Missed(one.place, one.event_key, one.key, attempts, due, result.why))
        return missed

    async def _end(
        self,
        connection: AsyncConnection,
        row: Any,
        after: After,
        why: str,
        place: Place,
        wall: datetime,
        *,
        is_at_end: bool,
        is_full: bool = False,
        taken_at: datetime | None = None,
    ) -> None:
        stop = after.stop
        if stop is StopReason.FAILING and row.state == "new":
            stop = StopReason.REFUSED
        state = "stopped" if stop else row.state
        ended = Ended(
            place,
            is_at_end,
            is_full,
            state,
            stop,
            after.health.failures,
            after.health.failing_since,
            why or None,
            after.not_before,
            taken_at,
        )
        await turns.end_turn(connection, row.outlet_key, ended, wall)
        if stop:
            facts = {"party": row.party, "channel": row.channel, "name": row.name, "why": str(stop)}
            moment = await self._clock.now()
            entry = Entry("outlet-stopped", (row.outlet_key, wall.isoformat()), None, moment, facts)
            await record(connection, [entry])
            await wake(connection, Channel.MAIL)


def _place(row: Any) -> Place:
    return Place(row.number, row.position)


def _before(place: Place) -> Place:
    return Place(place.number, place.position - 1)


def _later(wall: datetime, seconds: float) -> datetime | None:
    return wall + timedelta(seconds=seconds) if seconds else None
