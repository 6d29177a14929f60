"""What is remembered of wrong secrets."""

from contextlib import suppress

import pytest

from hub.identity.tries import ClientUnknown, TooManyTries, Tries
from hub.rules.tries import MOST_HERE


def test_a_long_name_takes_no_more_memory_than_a_real_one_and_waits_as_well() -> None:
    tries = Tries()
    for _ in range(MOST_HERE):
        with suppress(ClientUnknown), tries.trying("x" * 16_000, "203.0.113.1"):
            raise ClientUnknown
    assert max(len(str(key)) for key in tries._wrong) < 200
    with pytest.raises(TooManyTries), tries.trying("x" * 16_000, "203.0.113.1"):
        pass
