"""A request ends by its time, whatever else happens."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.rules.throttle.expiry import expires_at, half_way, is_to_be_told
from hub.rules.throttle.policy import Policy
from tests.unit.rules.throttle.lines import FIRST, SLOTS, START


def test_what_is_needed_ends_two_weeks_after_that_day() -> None:
    ends = expires_at(START, date(2027, 6, 1), Policy())
    assert ends == datetime(2027, 6, 15, 22, tzinfo=UTC)


def test_what_has_no_date_ends_after_twenty_six_slots() -> None:
    assert expires_at(START + timedelta(hours=1), None, Policy()) == SLOTS.moment(FIRST + 27)


def test_what_is_needed_at_the_end_of_the_calendar_has_an_end() -> None:
    assert expires_at(START, date(9999, 12, 31), Policy()) == expires_at(START, date(2199, 12, 31), Policy())


def test_an_asker_may_end_it_sooner_and_not_later() -> None:
    for stated in (START + timedelta(days=3), START + timedelta(days=999)):
        assert expires_at(START, None, Policy(), stated) == min(stated, expires_at(START, None, Policy()))


@given(st.integers(0, 40_000), st.none() | st.integers(-20, 300))
def test_p06_the_end_does_not_depend_on_budget_or_quiet(minutes: int, needed_in: int | None) -> None:
    accepted = START + timedelta(minutes=minutes)
    needed_by = None if needed_in is None else accepted.date() + timedelta(days=needed_in)
    ends = expires_at(accepted, needed_by, Policy())
    assert ends == expires_at(accepted, needed_by, Policy(bundles=0, places=1, reserve=0))
    # A holiday or the clock moves a slot within its week.
    assert ends - accepted < timedelta(weeks=28) if needed_by is None else ends.date() >= needed_by


def test_half_way_asker_and_coordinator_are_told_once() -> None:
    ends = START + timedelta(days=10)
    assert half_way(START, ends) == START + timedelta(days=5)
    assert not is_to_be_told(START, ends, START + timedelta(days=4), was_told=False)
    assert is_to_be_told(START, ends, START + timedelta(days=5), was_told=False)
    assert not is_to_be_told(START, ends, START + timedelta(days=6), was_told=True)
    assert not is_to_be_told(START, ends, ends, was_told=False)
