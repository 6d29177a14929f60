"""How much may a party send for now? A bucket that fills in time, from which each thing it does takes.

Time is in seconds, of any clock that does not go back."""

import math
from typing import NamedTuple

WINDOW_SECONDS = 60
_NO_NOISE = 1 - 1e-12
"""What rounding of the last digits adds to a whole number of seconds is no second more."""


class Bucket(NamedTuple):
    """What is left, of `most`, as it was at `at`. Below zero: more was used than there was, and that is
    waited for."""

    most: float
    left: float
    at: float


def full(most: float, now: float) -> Bucket:
    """A bucket that nothing was taken from; it fills in WINDOW_SECONDS."""
    return Bucket(most, most, now)


def filled(bucket: Bucket, now: float) -> Bucket:
    """The same bucket now."""
    gained = max(0.0, now - bucket.at) * bucket.most / WINDOW_SECONDS
    return Bucket(bucket.most, min(bucket.most, bucket.left + gained), max(now, bucket.at))


def taken(bucket: Bucket, cost: float, now: float) -> Bucket:
    """The bucket after what cost this. How much something cost is only known afterwards: so it may go below
    zero, and who has nothing left waits."""
    most, left, at = filled(bucket, now)
    return Bucket(most, left - cost, at)


def wait_seconds(bucket: Bucket, now: float) -> int:
    """How many whole seconds to wait before there is something left; 0: none."""
    lacking = 1 - filled(bucket, now).left
    return max(0, math.ceil(lacking * WINDOW_SECONDS / bucket.most * _NO_NOISE)) if lacking > 0 else 0


def seconds_to_full(bucket: Bucket) -> int:
    """How many whole seconds until nothing is lacking."""
    return math.ceil((bucket.most - bucket.left) * WINDOW_SECONDS / bucket.most)
