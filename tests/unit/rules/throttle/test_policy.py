"""The limits of an operator, and what binds around a change of them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.throttle.line import Item, Line
from hub.rules.throttle.policy import DEFAULT, Change, Limit, Policy, Quiet, Validity, policy_at
from hub.rules.throttle.policy_problems import problems
from tests.unit.rules.throttle.lines import FIRST, bundles, changes, items, policies

_DAY = date(2027, 7, 1)


@given(st.integers(1, 60), st.integers(1, 60), st.lists(st.integers(0, 200)))
def test_bundles_a_gap_apart_keep_the_budget_of_any_window(window: int, most: int, tried: list[int]) -> None:
    limit = Limit(window, most)
    sent: list[int] = []
    for slot in sorted(tried):
        if all(slot - earlier >= (limit.gap or 0) for earlier in sent):
            sent.append(slot)
            assert limit.allows(slot, sent[:-1])
    assert all(sum(b <= s < b + window for s in sent) <= most for b in range(-window, 201))


def test_by_default_there_are_two_bundles_in_four_weeks_two_weeks_apart() -> None:
    assert (DEFAULT.limit, DEFAULT.gap) == (Limit(4, 2), 2)
    assert [Limit(window, most).gap for window, most in ((5, 2), (7, 3), (4, 3), (3, 7))] == [3, 3, 2, 1]
    assert problems(DEFAULT) == ()


def test_without_a_budget_nothing_routine_is_ever_allowed() -> None:
    assert DEFAULT._replace(bundles=0).gap is None
    assert not DEFAULT._replace(bundles=0).allows(10**6, ())


@given(policies(quiet=False))
def test_what_an_operator_may_set_is_without_problems(policy: Policy) -> None:
    assert problems(policy) == ()


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"weekday": 5}, "weekday", "weekday-out-of-range"),
        ({"hour": 3}, "hour", "hour-out-of-range"),
        ({"window": 0}, "window", "window-out-of-range"),
        ({"bundles": -1}, "bundles", "bundles-out-of-range"),
        ({"bundles": 5}, "bundles", "more-bundles-than-slots"),
        ({"places": 0}, "places", "places-out-of-range"),
        ({"max_wait": -1}, "max_wait", "max-wait-out-of-range"),
        ({"urgent": -1}, "urgent", "urgent-out-of-range"),
        ({"reserve": 21}, "reserve", "reserve-over-places"),
        ({"reserve": 20}, "reserve", "reserve-over-places"),
        ({"expiry_slots": 0}, "expiry_slots", "expiry-slots-out-of-range"),
        ({"validity": Validity(plans=0)}, "validity/plans", "validity-out-of-range"),
        ({"quiet": (Quiet(_DAY, _DAY),)}, "quiet/0", "quiet-reversed"),
        ({"quiet": (Quiet(_DAY, date(2029, 1, 1)),)}, "quiet/0", "quiet-too-long"),
        (
            {"quiet": (Quiet(_DAY, date(2027, 8, 1)), Quiet(date(2027, 7, 31), date(2027, 9, 1)))},
            "quiet",
            "quiet-overlaps",
        ),
    ],
)
def test_what_is_wrong_with_parameters_has_a_name(changed: dict[str, object], field: str, code: str) -> None:
    found = problems(DEFAULT._replace(**changed))
    assert [(p.field, p.code) for p in found] == [(field, code)]


def test_quiet_periods_may_touch() -> None:
    august = Quiet(date(2027, 8, 1), date(2027, 9, 1))
    policy = DEFAULT._replace(quiet=(Quiet(_DAY, date(2027, 8, 1)), august))
    assert problems(policy) == ()
    assert policy.is_quiet(_DAY)
    assert policy.is_quiet(date(2027, 8, 31))
    assert not policy.is_quiet(date(2027, 9, 1))


@given(items(classified=False), changes(window=4))
def test_p18_no_bundle_breaks_the_stricter_budget_of_a_window_that_spans_a_change(
    waiting: tuple[Item, ...], found: tuple[Change, ...]
) -> None:
    sent = [ran.slot for ran in bundles(Line("enexis", waiting), lambda slot: policy_at(found, slot), 30)]
    for at in sent:
        window = range(at - 3, at + 1)
        strictest = min(policy_at(found, slot).bundles for slot in window)
        assert sum(slot in window for slot in sent) <= strictest


@given(items(classified=False), changes())
def test_p18_each_budget_holds_in_every_window_of_its_own_length_that_meets_its_time(
    waiting: tuple[Item, ...], found: tuple[Change, ...]
) -> None:
    sent = [ran.slot for ran in bundles(Line("enexis", waiting), lambda slot: policy_at(found, slot), 30)]
    for at in sent:
        for slot in range(at - 6, at + 1):
            window, most = policy_at(found, slot).limit
            if slot > at - window:
                assert sum(at - window < other <= at for other in sent) <= most


def test_p18_counterexample_what_had_left_before_the_change_had_left() -> None:
    weekly, never = Policy(bundles=4), Policy(bundles=0)
    found = (Change(0, weekly), Change(FIRST + 3, never))
    sent = (FIRST, FIRST + 1, FIRST + 2)
    assert all(policy_at(found, s).allows(s, [e for e in sent if e < s]) for s in sent)
    assert not any(policy_at(found, s).allows(s, sent) for s in range(FIRST + 3, FIRST + 40))


def test_after_a_stricter_budget_the_gap_alone_does_not_allow_a_bundle() -> None:
    found = (Change(0, Policy(bundles=4)), Change(FIRST + 3, Policy(bundles=2)))
    sent = (FIRST, FIRST + 1, FIRST + 2)
    assert not policy_at(found, FIRST + 4).allows(FIRST + 4, sent)
    assert policy_at(found, FIRST + 5).allows(FIRST + 5, sent)


def test_before_the_first_change_the_default_holds() -> None:
    other = Policy(bundles=1, places=5)
    found = (Change(FIRST, other),)
    assert policy_at(found, FIRST - 1) == DEFAULT
    assert policy_at(found, FIRST) == other._replace(still=(DEFAULT.limit,))
    assert policy_at(found, FIRST + 2).still == (DEFAULT.limit,)
    assert policy_at(found, FIRST + 3) == other


def test_of_two_changes_in_one_slot_the_last_one_holds() -> None:
    found = (Change(FIRST, Policy(places=3)), Change(FIRST, Policy(places=7)))
    assert policy_at(found, FIRST).places == 7
