"""Bursts keep to what a receiver takes in a minute."""

from hypothesis import given
from hypothesis import strategies as st

from hub.rules.pacing import burst


@given(st.integers(1, 5000))
def test_no_minute_holds_more_than_the_rate_and_little_is_left_unused(rate: int) -> None:
    most, seconds = burst(rate)
    bursts_in_a_minute = int(60 / seconds) + 1
    assert bursts_in_a_minute * most <= rate
    assert most * 60 / seconds > rate * 0.5
