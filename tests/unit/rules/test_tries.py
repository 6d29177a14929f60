"""Wrong secrets are held back, and no good one is by what somebody does elsewhere."""

import pytest

from hub.rules.limits import WINDOW_SECONDS, Bucket, full, taken
from hub.rules.tries import MOST_AT_PLACE, MOST_HERE, MOST_OF_CLIENT, Wrong, seconds_to_wait


def _after(most: int, times: int, now: float = 0.0) -> Bucket:
    bucket = full(most, now)
    for _ in range(times):
        bucket = taken(bucket, 1, now)
    return bucket


def _wrong(here: int, at_place: int, of_client: int, *, is_known: bool = False) -> Wrong:
    return Wrong(
        _after(MOST_HERE, here) if here else None,
        _after(MOST_AT_PLACE, at_place),
        _after(MOST_OF_CLIENT, of_client),
        is_known,
    )


def test_wrong_secrets_wait_by_client_and_by_place() -> None:
    assert seconds_to_wait(Wrong(None, None, None), 0) == 0
    assert seconds_to_wait(_wrong(MOST_HERE - 1, MOST_HERE - 1, MOST_HERE - 1), 0) == 0
    assert seconds_to_wait(_wrong(MOST_HERE, MOST_HERE, MOST_HERE), 0) == WINDOW_SECONDS / MOST_HERE
    assert seconds_to_wait(_wrong(0, MOST_AT_PLACE, 0), 0) == WINDOW_SECONDS / MOST_AT_PLACE
    assert seconds_to_wait(_wrong(1, 1, MOST_OF_CLIENT), 0) == WINDOW_SECONDS / MOST_OF_CLIENT
    assert seconds_to_wait(_wrong(1, 1, MOST_OF_CLIENT), 1) == 0


@pytest.mark.parametrize("elsewhere", [0, 1, 30, 1000])
def test_what_is_wrong_elsewhere_keeps_no_client_out(elsewhere: int) -> None:
    assert seconds_to_wait(_wrong(0, 0, elsewhere), 0) == 0
    known = _wrong(MOST_HERE - 1, elsewhere, elsewhere, is_known=True)
    assert seconds_to_wait(known, 0) == 0


def test_own_mistakes_wait_where_a_client_is_known_too() -> None:
    assert seconds_to_wait(_wrong(MOST_HERE, 0, 0, is_known=True), 0) > 0
