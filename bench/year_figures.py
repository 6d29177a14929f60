"""What is told of a played year: how much less operators were asked, and how long askers waited."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bench.year_demand import BEGIN, FLOOD_WEEKS, Ask
from bench.year_play import Played, Variant
from hub.rules.throttle.slots import Slots

_CALM, _IN_FLOOD = timedelta(days=28), timedelta(days=14)
_ENOUGH = 10
"""Requests of an asker, before its share of what was served counts."""
_MONTH = 4
"""Weeks."""


class Figures(NamedTuple):
    """One year. `fewer_mails` and `fewer_questions`: how many there are without a hub for each one with it;
    `expired`, `calm`, `flood` and `jain` are shares; `calm_p95` is in days, infinite when so many were never
    served; `busiest` are the most contacts of one operator in four weeks; `broken` windows hold too many."""

    mails: float
    questions: float
    fewer_mails: float
    fewer_questions: float
    flood_month: float
    expired: float
    calm: float
    flood: float
    jain: float
    calm_p95: float
    busiest: float
    broken: float


def figures(asks: Sequence[Ask], played: Played, variant: Variant) -> Figures:
    """The figures of a year that was played with this much of the throttle."""
    mails = {(ask.campaign, ask.operator): ask.at for ask in asks}
    waits = [None if at is None else at - ask.at for ask, at in zip(asks, played.served, strict=True)]
    calm = [wait for ask, wait in zip(asks, waits, strict=True) if not ask.is_flood]
    flood = [wait for ask, wait in zip(asks, waits, strict=True) if ask.is_flood]
    days = sorted(float("inf") if wait is None else wait / timedelta(days=1) for wait in calm)
    return Figures(
        len(mails),
        len(asks),
        len(mails) / len(played.contacts),
        len(asks) / played.questions,
        _in_flood_month(mails.values()) / _in_flood_month(at for _, at in played.contacts),
        sum(wait is None for wait in waits) / len(waits),
        _share(calm, _CALM),
        _share(flood, _IN_FLOOD),
        _jain(asks, waits),
        days[int(0.95 * len(days))],
        _busiest(played.contacts),
        sum(_broken(played, variant)),
    )


def without_hub(years: Iterable[Sequence[Ask]]) -> int:
    """The most mails to one operator in four weeks, when everyone mails for himself."""
    return max(
        _busiest(
            [(operator, at) for (_, operator), at in {(a.campaign, a.operator): a.at for a in asks}.items()]
        )
        for asks in years
    )


def _share(waits: Sequence[timedelta | None], most: timedelta) -> float:
    return sum(wait is not None and wait <= most for wait in waits) / len(waits)


def _jain(asks: Sequence[Ask], waits: Sequence[timedelta | None]) -> float:
    """Jain's index over the askers: of each the share of its requests that was served within 28 days."""
    own: defaultdict[str, list[timedelta | None]] = defaultdict(list)
    for ask, wait in zip(asks, waits, strict=True):
        own[ask.asker].append(wait)
    shares = [_share(found, _CALM) for found in own.values() if len(found) >= _ENOUGH]
    return sum(shares) ** 2 / (len(shares) * sum(share**2 for share in shares))


def _in_flood_month(moments: Iterable[datetime]) -> int:
    first = BEGIN + FLOOD_WEEKS[0]
    return sum(first <= _week(at) < first + _MONTH for at in moments)


def _busiest(contacts: Sequence[tuple[str, datetime]]) -> int:
    weeks = Counter((operator, _week(at)) for operator, at in contacts)
    return max(sum(weeks[operator, week - back] for back in range(_MONTH)) for operator, week in weeks)


def _week(at: datetime) -> int:
    """The index of the slot in the calendar week of a moment."""
    return Slots(0, 0).latest(at)


def _broken(played: Played, variant: Variant) -> Iterator[bool]:
    """P1: of each window that ends with a contact whether it holds more than its operator allows."""
    policy = variant.policy
    for slots in played.routine.values():
        for at in slots:
            yield sum(at - policy.window < slot <= at for slot in slots) > policy.bundles
    for contacts in played.urgent.values():
        for one in contacts:
            here = [other for other in contacts if one.slot - policy.window < other.slot <= one.slot]
            confirmed = sum(other.confirmed for other in here)
            yield confirmed > policy.confirmed or len(here) - confirmed > policy.urgent
