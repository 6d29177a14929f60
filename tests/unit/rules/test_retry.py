"""Retrying waits longer each time, and ends; who asks to be left alone is."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.retry import LONGEST_WAIT, asked_to_wait, is_busy, is_wary, next_attempt, next_look

NOW = datetime(2027, 6, 1, 10, tzinfo=UTC)


def _waits(jitter: float = 0.0) -> list[timedelta]:
    moments = takewhile(lambda at: at is not None, (next_attempt(n, NOW, jitter) for n in range(1, 100)))
    return [at - NOW for at in moments if at]


def test_each_wait_is_longer_than_the_one_before() -> None:
    waits = _waits()
    assert waits[0] == timedelta(seconds=10)
    assert all(earlier < later for earlier, later in pairwise(waits))


def test_retrying_ends_for_good_after_about_three_days() -> None:
    waits = _waits()
    assert timedelta(days=3) < sum(waits, timedelta()) < timedelta(days=3, hours=12)
    assert all(next_attempt(n, NOW) is None for n in range(len(waits) + 1, 100))


@given(st.floats(0, 1))
def test_jitter_only_lengthens_a_wait_by_a_fifth_at_most(jitter: float) -> None:
    for plain, shaken in zip(_waits(), _waits(jitter), strict=True):
        assert plain <= shaken <= plain * 1.2 + timedelta(microseconds=1)


def test_a_server_that_is_back_is_found_within_half_an_hour() -> None:
    looks = [next_look(failures, NOW, 1.0) - NOW for failures in range(1, 2000)]
    assert looks == sorted(looks)
    assert looks[-1] <= timedelta(minutes=36)


def test_a_server_that_turns_down_mails_of_one_domain_is_not_busy() -> None:
    assert not is_busy(100, 1, None)
    assert is_busy(3, 2, None)
    assert not is_busy(2, 2, None)
    assert is_busy(1, 1, timedelta(minutes=9))
    assert not is_busy(1, 1, timedelta(minutes=11))


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Tue, 01 Jun 2027 10:05:00 GMT", 300),
        ("Tue, 01 Jun 2027 12:05:00 +0200", 300),
        ("Tue, 01 Jun 2021 10:05:00 GMT", 0),
        ("999999999999999999", LONGEST_WAIT.total_seconds()),
        ("Tue, 01 Jun 2199 10:05:00 GMT", LONGEST_WAIT.total_seconds()),
    ],
)
def test_retry_after_is_read_as_it_is_written_and_never_beyond_a_day(said: str, seconds: float) -> None:
    assert asked_to_wait(said, NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("said", [None, "", "-5", "1.5", "straks", "١٢", "Tue, 99 Jun 2027 10:05:00 GMT"])
def test_a_retry_after_that_can_not_be_read_says_nothing(said: str | None) -> None:
    assert asked_to_wait(said, NOW) is None


def test_a_server_that_turned_down_the_last_mail_or_was_busy_lately_is_sent_one_at_a_time() -> None:
    assert not is_wary(0, None)
    assert is_wary(1, None)
    assert is_wary(0, timedelta(minutes=9))
    assert not is_wary(0, timedelta(minutes=11))
