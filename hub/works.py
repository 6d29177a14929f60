"""Stress tests and measures that a party may see, as they are now."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.open_bottlenecks import reasons_in
from hub.register.model import Register
from hub.rules.identity import event_key
from hub.rules.seeing import may_see
from hub.store.views.bottlenecks import open_bottlenecks
from schemas.catalogue import parse
from schemas.measure import MeasureAdopted, MeasureImplemented
from schemas.stress_test import StressTestCompleted, StressTestPlanned

_PREFIX = "nl.vitale-functies."
_STRESS_TESTS = (f"{_PREFIX}stress-test.planned.v1", f"{_PREFIX}stress-test.completed.v1")
_MEASURES = (f"{_PREFIX}measure.adopted.v1", f"{_PREFIX}measure.implemented.v1")


class StressTest(NamedTuple):
    """A stress test: what is newest of its case."""

    event_key: UUID
    publisher: str
    event: StressTestPlanned | StressTestCompleted

    @property
    def seen(self) -> list[UUID]:
        """The events that tell of it."""
        return [self.event_key]


class Measure(NamedTuple):
    """A measure, and what says that it is implemented."""

    event_key: UUID
    publisher: str
    event: MeasureAdopted
    done: MeasureImplemented | None = None

    @property
    def seen(self) -> list[UUID]:
        """The events that tell of it."""
        done = [event_key(self.done.source, self.done.id)] if self.done else []
        return [self.event_key, *done]


Work = StressTest | Measure


async def find_stress_tests(
    connection: AsyncConnection, party: str, areas: Sequence[str] | None, register: Register
) -> list[StressTest]:
    """Those that a party may see today, in any of these areas, oldest first: completed ones in place of what
    the same publisher planned in the same case."""
    found: dict[tuple[str, str, bool], StressTest] = {}
    for row, event in await _seen(connection, party, _STRESS_TESTS, register):
        if not isinstance(event, StressTestPlanned | StressTestCompleted):
            continue
        if not _is_in(event.areas, areas, register):
            continue
        is_done = isinstance(event, StressTestCompleted)
        found[row.publisher, event.subject, is_done] = StressTest(row.event_key, row.publisher, event)
    return [one for (of, case, is_done), one in found.items() if is_done or (of, case, True) not in found]


async def find_measures(
    connection: AsyncConnection, party: str, areas: Sequence[str] | None, register: Register
) -> list[Measure]:
    """Those that a party may see today, in any of these areas, oldest first."""
    seen = await _seen(connection, party, _MEASURES, register)
    found = {
        row.event_key: Measure(row.event_key, row.publisher, event)
        for row, event in seen
        if isinstance(event, MeasureAdopted) and _is_in(event.areas, areas, register)
    }
    for row, event in seen:
        if isinstance(event, MeasureImplemented):
            of = found.get(event_key(event.data.measure.source, event.data.measure.id))
            if of and of.publisher == row.publisher:
                found[of.event_key] = of._replace(done=event)
    return list(found.values())


async def _seen(
    connection: AsyncConnection, party: str, types: Sequence[str], register: Register
) -> list[tuple[Any, Any]]:
    rows = [(row, parse(row.content)) for row in await open_bottlenecks(connection, party, types)]
    return [
        (row, event) for row, event in rows if may_see(party, row.publisher, event, reasons_in(row), register)
    ]


def _is_in(places: Sequence[str], areas: Sequence[str] | None, register: Register) -> bool:
    return areas is None or any(register.meet(own, area) for own in areas for area in places)
