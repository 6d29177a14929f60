"""Slots are weeks on Dutch clocks and calendars."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.moments import AMSTERDAM, dutch_day
from hub.rules.throttle.policy import DEFAULT, Change, Policy, Quiet, policy_at
from hub.rules.throttle.slots import (
    FAR,
    Slots,
    closed,
    first_of_change,
    first_to_run,
    is_working_day,
    latest_slot,
    may,
    next_slot,
    slot_to_run,
    slots_of,
)
from tests.unit.rules.throttle.lines import FIRST

TUESDAY = Slots()
_slots = st.builds(Slots, st.integers(0, 4), st.integers(7, 17))
_weeks = st.integers(2900, 3600)  # 2025 until 2038


def _default(_: int) -> Policy:
    return DEFAULT


def _on(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=AMSTERDAM)


@given(_slots, _weeks)
def test_p04_each_week_has_one_slot_on_a_working_day_at_its_hour(slots: Slots, week: int) -> None:
    moment = slots.moment(week)
    assert is_working_day(dutch_day(moment))
    assert moment.astimezone(AMSTERDAM).hour == slots.hour
    assert slots.moment(week) < slots.moment(week + 1)
    assert slots.latest(moment) == week
    assert slots.latest(moment - timedelta(microseconds=1)) == week - 1


@given(_slots, _weeks, st.integers(0, 7 * 24 * 60))
def test_what_is_accepted_leaves_in_the_first_slot_whose_cut_off_is_later(
    slots: Slots, week: int, minutes: int
) -> None:
    accepted = slots.moment(week) + timedelta(minutes=minutes)
    first = slots.first_for(accepted)
    assert slots.cut_off(first - 1) <= accepted < slots.cut_off(first)


def test_summer_time_moves_the_hour_and_not_the_count() -> None:
    second, thirtieth = (TUESDAY.latest(_on(date(2027, 3, day))) for day in (2, 30))
    assert thirtieth - second == 4
    assert TUESDAY.moment(thirtieth) - TUESDAY.moment(second) == timedelta(days=27, hours=23)


def test_kings_day_moves_the_slot_to_wednesday_and_keeps_its_index() -> None:
    before = TUESDAY.latest(_on(date(2027, 4, 20)))
    days = [TUESDAY.day(before + n) for n in range(3)]
    assert days == [date(2027, 4, 20), date(2027, 4, 28), date(2027, 5, 4)]


def test_a_holiday_on_friday_moves_the_slot_over_the_weekend() -> None:
    friday = Slots(4, 10)
    good_friday = friday.latest(_on(date(2027, 3, 19))) + 1
    assert friday.day(good_friday) == date(2027, 3, 30)
    assert friday.day(good_friday + 1) == date(2027, 4, 2)


def test_a_slot_runs_on_its_own_day_only() -> None:
    at = TUESDAY.moment(FIRST)
    assert slot_to_run(at - timedelta(microseconds=1), None, _default) is None
    assert slot_to_run(at, None, _default) == FIRST
    assert slot_to_run(at + timedelta(hours=13, minutes=59), FIRST - 1, _default) == FIRST
    assert slot_to_run(at + timedelta(hours=14), FIRST - 1, _default) is None
    assert slot_to_run(at, FIRST, _default) is None


def test_a_missed_day_is_not_made_up_for() -> None:
    assert slot_to_run(TUESDAY.moment(FIRST + 1), FIRST - 1, _default) == FIRST + 1


@given(_slots, st.lists(st.integers(0, 7 * 24 * 60 * 60), max_size=60))
def test_p04_however_often_the_clock_is_read_no_slot_runs_twice(slots: Slots, steps: list[int]) -> None:
    now, last, ran = datetime(2027, 3, 1, tzinfo=UTC), None, []
    for seconds in steps:
        now += timedelta(seconds=seconds)
        slot = slot_to_run(now, last, lambda _: Policy(slots.weekday, slots.hour))
        if slot is not None:
            last = slot
            ran.append(slot)
    assert ran == sorted(set(ran))


@given(_slots, st.integers(0, 7 * 24 * 60))
def test_a_slot_that_is_still_to_be_run_is_the_one_of_today_or_the_next_one(
    slots: Slots, minutes: int
) -> None:
    policy = Policy(slots.weekday, slots.hour)
    now = slots.moment(FIRST) + timedelta(minutes=minutes)
    latest = latest_slot(now, lambda _: policy)
    assert latest == slots.latest(now)
    is_today = slots.day(latest) == dutch_day(now)
    assert first_to_run(now, None, lambda _: policy) == latest + (not is_today)
    assert first_to_run(now, latest, lambda _: policy) == latest + 1


@given(
    st.lists(st.tuples(_slots, st.integers(0, 20 * 24)), min_size=1, max_size=5),
    st.lists(st.integers(1, 5 * 24 * 60), max_size=80),
)
def test_p04_however_often_an_operator_moves_its_slot_each_runs_once_and_on_its_day(
    moves: list[tuple[Slots, int]], steps: list[int]
) -> None:
    start = datetime(2027, 3, 1, tzinfo=UTC)
    pending = sorted((start + timedelta(hours=hours), slots) for slots, hours in moves)
    changes: list[Change] = []
    now, last, ran = start, None, []
    for minutes in steps:
        now += timedelta(minutes=minutes)
        while pending and pending[0][0] <= now:
            at, slots = pending.pop(0)
            new = Policy(slots.weekday, slots.hour)
            since = first_of_change(at, lambda slot: policy_at(changes, slot), new)
            assert slots.moment(since) > at
            assert TUESDAY.moment(since) > at or changes
            changes.append(Change(since, new))
        slot = slot_to_run(now, last, lambda slot: policy_at(changes, slot))
        if slot is not None:
            mine = slots_of(policy_at(changes, slot))
            assert mine.moment(slot) <= now
            assert mine.day(slot) == dutch_day(now)
            last = slot
            ran.append(slot)
    assert ran == sorted(set(ran))


def test_p04_a_slot_that_moves_to_a_day_that_is_past_is_one_of_the_next_week() -> None:
    monday, before = Policy(weekday=0), TUESDAY.moment(FIRST) - timedelta(hours=12)
    assert first_of_change(before, _default, monday) == FIRST + 1
    assert first_of_change(before, _default, Policy(weekday=3)) == FIRST


@pytest.mark.parametrize(
    ("sent", "expected"), [((), FIRST), ((FIRST - 1,), FIRST + 1), ((FIRST,), FIRST + 2)]
)
def test_the_next_slot_is_the_first_one_that_the_budget_allows(sent: tuple[int, ...], expected: int) -> None:
    assert next_slot(FIRST, sent, lambda _: Policy()) == expected


def test_quiet_moves_the_next_slot_past_it() -> None:
    quiet = Quiet(TUESDAY.day(FIRST), TUESDAY.day(FIRST + 3))
    policy = Policy(quiet=(quiet,))
    assert next_slot(FIRST, (), lambda _: policy) == FIRST + 3
    assert not may(FIRST + 2, (), policy)
    assert closed(FIRST, (), policy) == (False, True, False)


def test_a_slot_may_never_come() -> None:
    policy = Policy(bundles=0)
    assert next_slot(FIRST, (), lambda _: policy) is None
    assert next_slot(FIRST, (), lambda slot: Policy() if slot == FIRST + FAR - 1 else policy) is not None
