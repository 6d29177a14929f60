"""A worker that keeps crashing is not started for ever."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from consumers.up import gives_up

_moments = st.lists(st.floats(0, 600), max_size=40).map(sorted)


def test_the_sixth_crash_within_a_minute_is_one_too_many() -> None:
    crashes: deque[float] = deque()
    assert [gives_up(crashes, now) for now in (0, 1, 2, 3, 60, 60)] == [False] * 5 + [True]


def test_crashes_of_more_than_a_minute_ago_are_forgotten() -> None:
    crashes: deque[float] = deque()
    assert [gives_up(crashes, now) for now in (0, 0, 0, 0, 0, 60.1)] == [False] * 6
    assert not any(gives_up(deque(), now) for now in range(0, 10_000, 13))


@given(_moments)
def test_giving_up_is_more_than_five_crashes_in_the_last_minute(moments: list[float]) -> None:
    crashes: deque[float] = deque()
    for count, now in enumerate(moments, 1):
        recent = [moment for moment in moments[:count] if now - moment <= 60]
        assert gives_up(crashes, now) is (len(recent) > 5)
