"""When is an operator's slot, and which one may it use next?

A slot is counted by its week: summer time moves the hour and a holiday moves the day, never the count.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from hub.rules.moments import AMSTERDAM, EPOCH_MONDAY, dutch_day
from hub.rules.throttle.policy import Policy

CUT_OFF = timedelta(hours=1)
"""What is accepted in the last hour before a slot waits for the next one."""

FAR = 520
"""Slots (ten years) after which a slot that did not come counts as one that never comes."""


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    # Imported when a date is asked for: it loads the calendars of the whole world.
    import holidays

    return frozenset(holidays.country_holidays("NL", years=year))


def is_working_day(day: date) -> bool:
    """Monday to Friday, but for the public holidays of the Netherlands."""
    return day.weekday() < 5 and day not in _holidays(day.year)


@lru_cache(maxsize=4096)
def _working_day(day: date) -> date:
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


class Slots(NamedTuple):
    """The slots of an operator: a weekday (Monday is 0) and hour in Amsterdam."""

    weekday: int = 1
    hour: int = 10

    def day(self, slot: int) -> date:
        """The day of a slot: a holiday moves it to the next working day."""
        return _working_day(EPOCH_MONDAY + timedelta(weeks=slot, days=self.weekday))

    def moment(self, slot: int) -> datetime:
        """The moment of a slot, in UTC."""
        return datetime.combine(self.day(slot), time(self.hour), AMSTERDAM).astimezone(UTC)

    def cut_off(self, slot: int) -> datetime:
        """What is accepted before this moment may leave in the slot."""
        return self.moment(slot) - CUT_OFF

    def latest(self, now: datetime) -> int:
        """The last slot at or before `now`."""
        slot = (dutch_day(now) - EPOCH_MONDAY).days // 7
        while self.moment(slot) > now:
            slot -= 1
        return slot

    def first_for(self, accepted: datetime) -> int:
        """The first slot in which what was accepted then may leave."""
        return self.latest(accepted + CUT_OFF) + 1


def slots_of(policy: Policy) -> Slots:
    """The slots that an operator chose."""
    return Slots(policy.weekday, policy.hour)


def latest_slot(now: datetime, policy_of: Callable[[int], Policy]) -> int:
    """The last slot at or before `now`, where each slot has the day and hour of its own policy."""
    slot = (dutch_day(now) - EPOCH_MONDAY).days // 7
    while slots_of(policy_of(slot)).moment(slot) > now:
        slot -= 1
    return slot


def slot_to_run(now: datetime, last_run: int | None, policy_of: Callable[[int], Policy]) -> int | None:
    """The slot to run now: the latest one, on its own day only. A slot missed for a whole day is skipped: no
    operator gets a burst because the hub was away."""
    slot = latest_slot(now, policy_of)
    is_new = last_run is None or slot > last_run
    return slot if is_new and slots_of(policy_of(slot)).day(slot) == dutch_day(now) else None


def first_to_run(now: datetime, last_run: int | None, policy_of: Callable[[int], Policy]) -> int:
    """The first slot that is still to be run."""
    due = slot_to_run(now, last_run, policy_of)
    return latest_slot(now, policy_of) + 1 if due is None else due


def first_of_change(now: datetime, policy_of: Callable[[int], Policy], new: Policy) -> int:
    """The first slot for which a policy that is set now can hold: one that is still to come, by the day and
    hour of before and by those of the new policy."""
    return max(latest_slot(now, policy_of), slots_of(new).latest(now)) + 1


class Closed(NamedTuple):
    """Why no routine bundle may leave in a slot: by quiet, by the budget, or because there is none ever."""

    never: bool
    quiet: bool
    spent: bool


def closed(slot: int, sent: Sequence[int], policy: Policy) -> Closed:
    """What stands in the way of a routine bundle in this slot, after those sent before."""
    never = policy.gap is None
    return Closed(never, policy.is_quiet(slots_of(policy).day(slot)), not policy.allows(slot, sent))


def may(slot: int, sent: Sequence[int], policy: Policy) -> bool:
    """Whether a routine bundle may leave in this slot."""
    return not any(closed(slot, sent, policy))


def next_slot(from_slot: int, sent: Sequence[int], policy_of: Callable[[int], Policy]) -> int | None:
    """The first slot from this one on that the operator may use; None: it never comes."""
    slots = range(from_slot, from_slot + FAR)
    return next((slot for slot in slots if may(slot, sent, policy_of(slot))), None)
