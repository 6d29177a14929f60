"""The budget of an operator is an invariant: laws that hold over many slots, whatever comes in."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.moments import SLOT
from hub.rules.release import (
    BUDGET,
    CUT_OFF,
    PATIENCE,
    Budget,
    Release,
    ReleaseReason,
    Waiting,
    expected_moment,
    expected_slot,
    release,
    slot_to_run,
)

FIRST = SLOT.latest(datetime(2027, 1, 6, tzinfo=UTC))
START = SLOT.moment(FIRST)
WEEKS = 16

budgets = st.builds(Budget, gap=st.integers(1, 4), items=st.integers(1, 5))
_around_slots = st.builds(
    lambda week, minutes: SLOT.moment(FIRST + week) + timedelta(minutes=minutes),
    st.integers(1, WEEKS),
    st.integers(-90, 30),
)
_moments = _around_slots | st.integers(0, WEEKS * 7 * 24).map(lambda hours: START + timedelta(hours=hours))
_needs = st.none() | st.dates(date(2027, 1, 1), date(2027, 12, 31))


class Bundle(NamedTuple):
    slot: int
    items: tuple[UUID, ...]


@st.composite
def arrivals(draw: st.DrawFn, *, urgent: bool = True) -> list[Waiting]:
    """Items that come in over sixteen weeks, in any order."""
    found = draw(st.lists(st.tuples(_moments, _needs if urgent else st.none()), max_size=40))
    return [Waiting(UUID(int=n), since, needed) for n, (since, needed) in enumerate(found)]


def year(items: list[Waiting], budget: Budget) -> list[Bundle]:
    """Every bundle that goes out, slot by slot, until long after the last arrival."""
    bundles: list[Bundle] = []
    sent: set[UUID] = set()
    for slot in range(FIRST, FIRST + WEEKS + 2 + budget.gap * (len(items) + 1)):
        here = [w for w in items if w.since <= SLOT.moment(slot) and w.item not in sent]
        decision = release(here, bundles[-1].slot if bundles else None, slot, budget)
        if decision.items:
            bundles.append(Bundle(slot, decision.items))
            sent |= set(decision.items)
    return bundles


@given(arrivals(), budgets)
def test_a_bundle_is_never_empty_and_never_over_budget(items: list[Waiting], budget: Budget) -> None:
    assert all(1 <= len(bundle.items) <= budget.items for bundle in year(items, budget))


@given(arrivals(), budgets)
def test_two_bundles_are_never_closer_than_the_gap(items: list[Waiting], budget: Budget) -> None:
    slots = [bundle.slot for bundle in year(items, budget)]
    assert all(later - earlier >= budget.gap for earlier, later in pairwise(slots))


@given(arrivals())
def test_no_four_weeks_hold_more_than_two_bundles(items: list[Waiting]) -> None:
    slots = {bundle.slot for bundle in year(items, Budget(gap=BUDGET.gap, items=1))}
    assert all(len(slots & set(range(s, s + 4))) <= 2 for s in range(FIRST, FIRST + WEEKS))


@given(arrivals(), budgets)
def test_every_item_leaves_once_and_none_starves(items: list[Waiting], budget: Budget) -> None:
    bundles = year(items, budget)
    assert sorted(item for bundle in bundles for item in bundle.items) == sorted(w.item for w in items)
    if items:
        last_arrival = SLOT.latest(max(w.since for w in items))
        assert bundles[-1].slot <= last_arrival + 2 + -(-len(items) // budget.items) * budget.gap


@given(arrivals(), budgets)
def test_nothing_leaves_before_it_was_there_or_past_the_cut_off(items: list[Waiting], budget: Budget) -> None:
    since = {w.item: w.since for w in items}
    for bundle in year(items, budget):
        assert all(since[item] <= SLOT.moment(bundle.slot) - CUT_OFF for item in bundle.items)


@given(arrivals(), budgets, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(items: list[Waiting], budget: Budget, chance: Random) -> None:
    shuffled = list(items)
    chance.shuffle(shuffled)
    late = FIRST + WEEKS + 2
    assert release(shuffled, None, late, budget) == release(items, None, late, budget)


@given(arrivals(), budgets)
def test_the_earliest_needed_goes_first_and_then_the_oldest(items: list[Waiting], budget: Budget) -> None:
    late = FIRST + WEEKS + 2
    chosen = release(items, None, late, budget).items
    rank = {w.item: (min(w.needed_by or date.max, (w.since + PATIENCE).date()), w.since) for w in items}
    assert [rank[item] for item in chosen] == sorted(rank.values())[: budget.items]


@pytest.mark.parametrize("needed_by", [None, date(2099, 1, 1)])
def test_nothing_is_overtaken_for_ever(needed_by: date | None) -> None:
    patient = Waiting(UUID(int=0), START, needed_by)
    weeks = 0
    while True:
        weeks += 1
        now = START + timedelta(weeks=weeks)
        newer = [Waiting(UUID(int=weeks), now, (now + timedelta(weeks=1)).date())]
        slot = SLOT.latest(now + timedelta(days=7))
        if patient.item in release([patient, *newer], None, slot, Budget(gap=1, items=1)).items:
            break
        assert weeks < 10
    assert weeks > 1


def test_an_expected_moment_is_never_past() -> None:
    later = START + timedelta(weeks=5)
    assert expected_moment(START, None, later) >= later
    assert expected_moment(START, None, START) >= START


def test_what_comes_in_the_last_hour_waits_for_the_next_slot() -> None:
    cut_off = SLOT.moment(FIRST + 1) - timedelta(hours=1)
    just_in_time = Waiting(UUID(int=1), cut_off, None)
    too_late = Waiting(UUID(int=2), cut_off + timedelta(microseconds=1), None)
    assert release([just_in_time, too_late], None, FIRST + 1, BUDGET).items == (just_in_time.item,)
    assert release([too_late], None, FIRST + 1, BUDGET).reason is ReleaseReason.NOTHING_WAITING
    assert release([too_late], None, FIRST + 2, BUDGET).items == (too_late.item,)


def test_a_release_says_why() -> None:
    waiting = [Waiting(UUID(int=1), START, None)]
    assert release([], FIRST, FIRST + 9, BUDGET) == Release((), ReleaseReason.NOTHING_WAITING)
    assert release(waiting, FIRST + 1, FIRST + 2, BUDGET) == Release((), ReleaseReason.TOO_SOON)
    assert release(waiting, FIRST + 1, FIRST + 3, BUDGET).reason is ReleaseReason.RELEASED
    assert release(waiting, None, FIRST + 1, BUDGET).reason is ReleaseReason.RELEASED


def test_a_slot_that_ran_gives_no_second_bundle() -> None:
    waiting = [Waiting(UUID(int=1), START, None)]
    assert release(waiting, FIRST + 1, FIRST + 1, BUDGET).reason is ReleaseReason.TOO_SOON


@given(arrivals(urgent=False), budgets)
def test_an_item_leaves_no_later_than_its_asker_was_told(items: list[Waiting], budget: Budget) -> None:
    bundles = year(items, budget)
    left = {item: bundle.slot for bundle in bundles for item in bundle.items}
    for one in items:
        before = [b.slot for b in bundles if SLOT.moment(b.slot) < one.since]
        ahead = [w for w in items if (w.since, w.item) < (one.since, one.item) and left[w.item] not in before]
        told = expected_slot(one.since, before[-1] if before else None, len(ahead), budget)
        assert told >= left[one.item]


@given(_moments, st.none() | st.integers(FIRST - 8, FIRST), budgets)
def test_with_nobody_ahead_the_forecast_is_exact(
    since: datetime, last_slot: int | None, budget: Budget
) -> None:
    told = expected_slot(since, last_slot, 0, budget)
    waiting = [Waiting(UUID(int=1), since, None)]
    ready = (slot for slot in range(FIRST, told + 1) if release(waiting, last_slot, slot, budget).items)
    assert next(ready) == told


@given(budgets, st.integers(0, 60))
def test_who_stands_behind_full_bundles_waits_for_them(budget: Budget, ahead: int) -> None:
    told = expected_slot(START + timedelta(days=1), None, ahead, budget)
    assert told == FIRST + 1 + (ahead // budget.items) * budget.gap


def test_a_slot_runs_on_its_own_day_only() -> None:
    slot = FIRST + 10
    at = SLOT.moment(slot)
    assert slot_to_run(at - timedelta(microseconds=1), None) is None
    assert slot_to_run(at, None) == slot
    assert slot_to_run(at + timedelta(hours=13, minutes=59), None) == slot
    assert slot_to_run(at + timedelta(hours=14), None) is None


def test_a_missed_day_is_not_made_up_for() -> None:
    slot = FIRST + 10
    wednesday = SLOT.moment(slot) + timedelta(days=1)
    assert slot_to_run(wednesday, slot - 1) is None
    assert slot_to_run(SLOT.moment(slot + 1), slot - 1) == slot + 1


def test_a_slot_runs_once() -> None:
    slot = FIRST + 10
    assert slot_to_run(SLOT.moment(slot), slot) is None
    assert slot_to_run(SLOT.moment(slot), slot - 1) == slot


@given(st.lists(st.integers(0, 7 * 24 * 60 * 60), max_size=60))
def test_however_often_the_clock_is_read_no_slot_runs_twice(gaps: list[int]) -> None:
    now, last, ran = START, None, []
    for seconds in gaps:
        now += timedelta(seconds=seconds)
        slot = slot_to_run(now, last)
        if slot is not None:
            last = slot
            ran.append(slot)
    assert ran == sorted(set(ran))
