"""Weekly moments on Dutch clocks, through summer time and the turn of the year."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.moments import AMSTERDAM, DIGEST, Weekly
from tests.unit.strategies import instants

TUESDAY = Weekly(weekday=1, hour=10)
_weeklies = st.builds(Weekly, weekday=st.integers(0, 6), hour=st.integers(0, 23))
_indexes = st.integers(0, 6000)
_nows = instants(datetime(1971, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC))


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@given(_weeklies, _indexes)
def test_latest_finds_back_the_index_of_a_moment(weekly: Weekly, index: int) -> None:
    assert weekly.latest(weekly.moment(index)) == index
    assert weekly.latest(weekly.moment(index) - timedelta(microseconds=1)) == index - 1


@given(_weeklies, _nows)
def test_now_lies_between_the_latest_moment_and_the_next(weekly: Weekly, now: datetime) -> None:
    index = weekly.latest(now)
    assert weekly.moment(index) <= now < weekly.moment(index + 1)


@given(_indexes)
def test_a_digest_is_on_monday_at_eight(index: int) -> None:
    digest = DIGEST.moment(index).astimezone(AMSTERDAM)
    assert (digest.weekday(), digest.hour, digest.minute) == (0, 8, 0)


@pytest.mark.parametrize(
    ("first", "second", "hours"),
    [
        ("2027-03-23T10:00:00+01:00", "2027-03-30T10:00:00+02:00", 7 * 24 - 1),
        ("2027-10-26T10:00:00+02:00", "2027-11-02T10:00:00+01:00", 7 * 24 + 1),
        ("2026-12-29T10:00:00+01:00", "2027-01-05T10:00:00+01:00", 7 * 24),
        ("2027-06-01T10:00:00+02:00", "2027-06-08T10:00:00+02:00", 7 * 24),
    ],
)
def test_one_week_is_one_index_whatever_the_clock_does(first: str, second: str, hours: int) -> None:
    index = TUESDAY.latest(_utc(first))
    assert TUESDAY.moment(index) == _utc(first)
    assert TUESDAY.moment(index + 1) == _utc(second)
    assert TUESDAY.moment(index + 1) - TUESDAY.moment(index) == timedelta(hours=hours)


def test_fifty_three_weeks_have_fifty_three_moments() -> None:
    first = TUESDAY.latest(_utc("2026-01-06T10:00:00+01:00"))
    moments = [TUESDAY.moment(first + week) for week in range(53)]
    assert moments[-1] == _utc("2027-01-05T10:00:00+01:00")
    assert all(earlier < later for earlier, later in pairwise(moments))


def test_a_moment_is_told_in_utc() -> None:
    assert TUESDAY.moment(0).tzinfo is UTC
    assert DIGEST.moment(0) == _utc("1970-01-05T08:00:00+01:00")
