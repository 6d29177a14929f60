"""Retrying waits longer each time, and ends."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile

from hub.rules.retry import next_attempt

NOW = datetime(2027, 6, 1, 10, tzinfo=UTC)


def _waits() -> list[timedelta]:
    moments = takewhile(lambda at: at is not None, (next_attempt(n, NOW) for n in range(1, 100)))
    return [at - NOW for at in moments if at]


def test_each_wait_is_longer_than_the_one_before() -> None:
    waits = _waits()
    assert waits[0] == timedelta(seconds=10)
    assert all(earlier < later for earlier, later in pairwise(waits))


def test_retrying_ends_for_good_after_about_two_days() -> None:
    waits = _waits()
    assert timedelta(days=1, hours=12) < sum(waits, timedelta()) < timedelta(days=2, hours=12)
    assert all(next_attempt(n, NOW) is None for n in range(len(waits) + 1, 100))
