"""May a program show a secret once more, after wrong ones? Of each client, of each place on the network and
of each client at each place, a bucket of wrong ones that fills in time.

Nobody keeps a client out from elsewhere: where nothing was wrong for a while, one try is always heard. Nor
does who shares its place: a client that showed its own secret there is held to its own mistakes alone."""

from typing import NamedTuple

from hub.rules.limits import WINDOW_SECONDS, Bucket, wait_seconds

MOST_HERE, MOST_AT_PLACE, MOST_OF_CLIENT = 10, 30, 60
"""Wrong secrets in WINDOW_SECONDS: of a client at a place, of all at a place, of a client at all places."""


class Wrong(NamedTuple):
    """What is left to a client at a place, and of both alone; None: nothing was wrong lately. `is_known`: the
    client showed its own secret here."""

    here: Bucket | None
    at_place: Bucket | None
    of_client: Bucket | None
    is_known: bool = False


def seconds_to_wait(wrong: Wrong, now: float) -> int:
    """How long until the next try; 0: it may be now."""
    counts = [wrong.here]
    if not wrong.is_known:
        counts.append(wrong.at_place)
        if wrong.here and now < wrong.here.at + WINDOW_SECONDS:
            counts.append(wrong.of_client)
    return max((wait_seconds(one, now) for one in counts if one), default=0)
