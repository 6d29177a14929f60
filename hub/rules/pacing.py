"""How many at once, and how far apart, for who takes so many a minute?"""

from typing import NamedTuple

_BURSTS = 10


class Burst(NamedTuple):
    """At most so many in one go, and so many seconds from its end to the next."""

    most: int
    seconds: float


def burst(rate: int) -> Burst:
    """Bursts of which no minute, wherever it begins, holds more than `rate` in all."""
    most = max(1, rate // _BURSTS)
    return Burst(most, 60 / (rate // most) + 0.01)
