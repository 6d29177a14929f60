"""Deliveries of before that go out once more, in the order in which they were planned, by today's rights."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.replay.sinks import MAIL, Replay, Sink
from consumers.say import tell, warn
from hub.errors import HubError
from hub.outlets.handing import Handed, Kept, Next, next_deliveries
from hub.rules.handing import marked
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.deliveries.received import Got, got, had_by
from hub.store.deliveries.stream import Place
from hub.store.ledger.records import Entry, record
from hub.store.register.registers import Registers
from hub.words import wording
from schemas.catalogue import parse

_AT_ONCE = 64
_TELL_EACH = 1000
_Result = TypeVar("_Result")


class Busy(HubError):
    """Another replay to the same party is under way. The message says what to do."""

    try_again = True


class Stretch(NamedTuple):
    """From where to where in the stream: after `start`, up to and with `end`."""

    start: Place
    end: Place


class Replaying:
    """Sends a party once more what it missed, or all; without a sink it only tells what would go."""

    def __init__(
        self, pool: AsyncEngine, registers: Registers, clock: Clock, replay: Replay, *, is_exercise: bool
    ):
        self._pool, self._registers, self._clock = pool, registers, clock
        self._replay = replay
        self._is_exercise = is_exercise
        self.counts: Counter[str] = Counter()
        self.stopped = ""

    async def run(self, stretch: Stretch, sink: Sink | None, *, again: bool) -> None:
        """Goes through a stretch. `again`: also what was got before. What is in hand is finished when it is
        broken off. Raises Unavailable."""
        async for found in self._parts(stretch):
            wanted = list(found.handed) if again else await self._missed(found.handed)
            self.counts["got"] += len(found.handed) - len(wanted)
            self.counts["withheld"] += len(found.kept)
            if sink is None:
                for one in wanted:
                    tell(_line(one))
                self.counts["went"] += len(wanted)
            else:
                await finished(self._put(sink, wanted, found.kept))
            total = self.counts.total()
            if total // _TELL_EACH != (total - len(found.handed) - len(found.kept)) // _TELL_EACH:
                warn(f"{total} bezorgingen bekeken \u2026")
            if self.stopped:
                return

    async def _put(self, sink: Sink, wanted: list[Handed], kept: Any) -> None:
        kind = "exercise" if self._is_exercise else "catch-up"
        register, now = await self._registers.newest(), await self._clock.now()
        if wanted:
            some = [one._replace(event=marked(one.event, kind)) for one in wanted]
            went = await sink.put(self._replay, some, register, now)
            self.counts["went"] += went.sent
            self.stopped = went.why
        async with transaction(self._pool) as connection:
            await record(connection, [self._withheld(one, register.version, now) for one in kept])

    def _withheld(self, one: Kept, version: int, now: Any) -> Entry:
        facts = {
            "party": self._replay.party,
            "channel": self._replay.way,
            "delivery": str(one.key),
            "register": version,
            "why": one.why,
            "replay": str(self._replay.key),
        }
        return Entry("delivery-withheld", (self._replay.key, one.key), one.event_key, now, facts)

    async def _parts(self, stretch: Stretch) -> AsyncIterator[Next]:
        place, is_end = stretch.start, False
        while place < stretch.end and not is_end:
            register = await self._registers.newest()
            async with transaction(self._pool) as connection:
                found = await next_deliveries(connection, self._replay.party, place, register, _AT_ONCE)
            place, is_end = found.reached, found.is_end
            yield found._replace(
                handed=[one for one in found.handed if one.place <= stretch.end],
                kept=[one for one in found.kept if one.place <= stretch.end],
            )

    async def _missed(self, handed: Sequence[Handed]) -> list[Handed]:
        """By mail: what the party got by no way at all; to a system or topic: what that did not get."""
        party, way = self._replay.party, self._replay.way
        async with transaction(self._pool) as connection:
            if way == MAIL:
                known = await got(connection, party, [(one.event_key, one.channel) for one in handed])
                return [one for one in handed if known[one.key] is Got.MISSED]
            had = await had_by(connection, party, way, [one.event_key for one in handed])
            return [one for one in handed if one.key not in had]


def _line(one: Handed) -> str:
    told = parse(one.event)
    what = f"{wording.type_name(told)}: {wording.title(told)} (TLP:{told.tlp}; {one.event_key})"
    return f"{wording.moment(one.planned_at)}  {what}"


@asynccontextmanager
async def alone(pool: AsyncEngine, party: str) -> AsyncIterator[None]:
    """No other replay to this party meanwhile. Raises Busy."""
    query = text("SELECT pg_try_advisory_xact_lock(hashtextextended('replay ' || :party, 0))")
    async with transaction(pool) as connection:
        if not await connection.scalar(query, {"party": party}):
            raise Busy(f"Er loopt al een nazending aan {party}. Probeer het later nog eens.")
        yield


async def finished(work: Coroutine[Any, Any, _Result]) -> _Result:
    """What `work` gives; when this is cancelled, only after `work` has ended."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
