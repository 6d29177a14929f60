"""A party changes its subscriptions: what that makes of the register, and how often it may."""

from datetime import UTC, date, datetime, timedelta
from functools import cached_property

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.register.faults import faults
from hub.register.history import History
from hub.register.kinds import Wish
from hub.register.model import Register, Subscription
from hub.register.subscriptions import (
    MOST_AN_HOUR,
    SubscribingTooOften,
    SubscriptionRefused,
    check_pace,
    subscribed,
    unsubscribed,
)
from tests.registers import HISTORY

_DAY = date(2027, 6, 1)
_NOW = datetime(2027, 6, 1, 12, tzinfo=UTC)
_WISH = Subscription("gm0935", "stroom", Wish.DIGEST, areas=("PV31",))
_SUBSCRIBED = subscribed(HISTORY, _WISH, _DAY)


def test_a_subscription_that_holds_already_changes_nothing() -> None:
    assert subscribed(_SUBSCRIBED, _WISH, _DAY) is _SUBSCRIBED
    later = _DAY + timedelta(days=9)
    assert subscribed(_SUBSCRIBED, _WISH, later) is _SUBSCRIBED


def test_who_subscribes_again_to_what_will_end_keeps_it() -> None:
    tomorrow = _DAY + timedelta(days=1)
    ending = unsubscribed(_SUBSCRIBED, "gm0935", "stroom", tomorrow)
    assert subscribed(ending, _WISH, _DAY) == _SUBSCRIBED


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (Subscription("gm0935", "x", Wish.NOT, areas=("GM9999",)), "unknown_area"),
        (Subscription("nergens", "x", Wish.NOT), "unknown_party"),
        (Subscription("min-kgg", "x", Wish.NOT), "party_not_valid"),
        (Subscription("gm0935", "x", Wish.NOT, filters=({"sql": ""},)), "unknown_dialect"),
    ],
)
def test_a_wrong_subscription_is_refused_with_the_reason(wish: Subscription, code: str) -> None:
    with pytest.raises(SubscriptionRefused) as refused:
        subscribed(HISTORY, wish, _DAY)
    assert [problem.code for problem in refused.value.problems] == [code]


_FOUND_OUT = [name for name, made in vars(Register).items() if isinstance(made, cached_property)]
_CHANGES = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from([*Wish, None]), st.integers(0, 9)), max_size=8
)


@given(_CHANGES)
def test_a_register_with_subscriptions_is_sound_and_found_out_again_in_part_only(
    made: list[tuple[str, Wish | None, int]],
) -> None:
    history, register = HISTORY, HISTORY.on(_DAY)
    for name, wish, days in made:
        day = _DAY - timedelta(days=days)
        earlier = history
        try:
            if wish is None:
                history = unsubscribed(history, "gm0935", name, day)
            else:
                history = subscribed(history, Subscription("gm0935", name, wish), day)
        except SubscriptionRefused:
            continue
        assert all(getattr(register, name) is not None for name in _FOUND_OUT)
        whole = History(history.version + 1, history.entries)
        register, fresh = whole.on_as(_DAY, earlier, register), whole.on(_DAY)
        assert register == fresh
        for name in _FOUND_OUT:
            assert getattr(register, name) == getattr(fresh, name), name
    assert faults(history) == []


def test_what_was_found_out_about_the_rest_stays() -> None:
    register = HISTORY.on(_DAY)
    roles = register.roles_in(next(iter(register.functions)), "PV31")
    kept = vars(_SUBSCRIBED.on_as(_DAY, HISTORY, register))
    assert roles
    assert kept["_roles_by_served"] is vars(register)["_roles_by_served"]


def test_an_hour_has_room_for_so_many_changes() -> None:
    made = [_NOW - timedelta(minutes=59) + timedelta(minutes=n) for n in range(MOST_AN_HOUR)]
    check_pace(made[1:], _NOW)
    check_pace([_NOW - timedelta(hours=1), *made[1:]], _NOW)
    with pytest.raises(SubscribingTooOften) as refused:
        check_pace(made, _NOW)
    assert refused.value.wait == timedelta(minutes=1)


@given(st.lists(st.timedeltas(timedelta(0), timedelta(hours=2)).map(lambda ago: _NOW - ago), max_size=90))
def test_who_waits_as_long_as_was_said_may_go_on(made: list[datetime]) -> None:
    made.sort()
    if len([moment for moment in made if moment > _NOW - timedelta(hours=1)]) < MOST_AN_HOUR:
        check_pace(made, _NOW)
        return
    with pytest.raises(SubscribingTooOften) as refused:
        check_pace(made, _NOW)
    check_pace(made, _NOW + refused.value.wait)
