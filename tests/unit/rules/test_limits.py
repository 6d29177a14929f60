"""The bucket of a party: what it may send in any stretch of time."""

from hypothesis import example, given
from hypothesis import strategies as st

from hub.rules.limits import WINDOW_SECONDS, Bucket, filled, full, taken, wait_seconds

_costs = st.floats(0, 500)
_pauses = st.floats(0, 30)
_most = st.integers(1, 1000)


@given(_most, st.lists(st.tuples(_pauses, _costs), max_size=60))
def test_in_any_stretch_of_time_no_more_than_a_bucket_and_what_flows_in_plus_one_thing(
    most: int, steps: list[tuple[float, float]]
) -> None:
    now, bucket, done = 0.0, full(most, 0.0), list[tuple[float, float]]()
    for pause, cost in steps:
        now += pause
        if wait_seconds(bucket, now) == 0:
            bucket = taken(bucket, cost, now)
            done.append((now, cost))
    for first, (begin, _) in enumerate(done):
        *before, last = done[first:]
        used = sum(cost for _, cost in before)
        assert used <= most + (last[0] - begin) * most / WINDOW_SECONDS + 1e-6


@given(_most, st.floats(0, 5000), st.floats(0, 1000))
@example(1, 0.05, 0.0)
def test_who_waits_as_long_as_was_said_may_go_on_and_no_sooner(most: int, cost: float, now: float) -> None:
    bucket = taken(full(most, now), cost, now)
    wait = wait_seconds(bucket, now)
    assert filled(bucket, now + wait).left >= 1 - 1e-6
    if wait > 1:
        assert filled(bucket, now + wait - 1).left < 1


@given(_most, st.floats(0, 100), st.floats(0, 100))
def test_a_clock_that_goes_back_gives_nothing(most: int, at: float, earlier: float) -> None:
    bucket = Bucket(most, 0.0, at)
    assert filled(bucket, at - earlier) == bucket
