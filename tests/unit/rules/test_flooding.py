"""A flood becomes few mails, with what is urgent first; a queue is fair and lets nothing wait for ever."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.rules.digesting import Urgency
from hub.rules.flooding import GATHERING, HOUR, goes_alone, together_due
from hub.rules.queueing import place_in_queue, stand_together

NOW = datetime(2027, 6, 1, 6, tzinfo=UTC)
_minutes = st.lists(st.tuples(st.integers(0, 600), st.sampled_from(Urgency)), min_size=1, max_size=400)


@given(_minutes, st.integers(1, 50))
def test_of_whatever_comes_no_hour_has_more_than_a_few_mails_and_nothing_is_lost(
    coming: list[tuple[int, Urgency]], most: int
) -> None:
    coming.sort()
    alone: list[datetime] = []
    together: list[tuple[datetime, int]] = []
    waiting: list[tuple[datetime, Urgency]] = []
    for minute in range(800):
        now = NOW + timedelta(minutes=minute)
        for _, how in [one for one in coming if one[0] == minute]:
            mailed = sum(at > now - HOUR for at in alone)
            if goes_alone(how, mailed, most):
                alone.append(now)
            else:
                waiting.append((now, how))
        last = together[-1][0] if together else None
        if waiting and together_due(waiting[0][0], min(how for _, how in waiting), last, now):
            together.append((now, len(waiting)))
            waiting.clear()
    assert len(alone) + sum(many for _, many in together) == len(coming)
    for at in alone:
        assert sum(at - HOUR < other <= at for other in alone) <= 2 * most
    for (one, _), (other, _) in itertools.pairwise(together):
        assert other - one >= GATHERING


def test_what_is_urgent_has_places_that_nothing_else_takes() -> None:
    assert goes_alone(Urgency.USUAL, 39, 40)
    assert not goes_alone(Urgency.SERIOUS, 40, 40)
    assert goes_alone(Urgency.URGENT, 79, 40)
    assert not goes_alone(Urgency.URGENT, 80, 40)


def test_mails_of_all_that_waits_are_an_hour_apart_or_ten_minutes_with_something_urgent() -> None:
    minutes = [timedelta(minutes=m) for m in (5, 10, 59, 60)]
    assert [together_due(NOW, Urgency.USUAL, None, NOW + m) for m in minutes] == [False, True, True, True]
    assert [together_due(NOW, Urgency.USUAL, NOW, NOW + m) for m in minutes] == [False, False, False, True]
    assert [together_due(NOW, Urgency.URGENT, NOW, NOW + m) for m in minutes] == [False, True, True, True]


@given(st.integers(0, 5000), st.integers(0, 3 * 24 * 60))
def test_what_is_urgent_goes_before_all_that_is_not_and_in_turn_before_another_s_many(
    earlier: int, minutes: int
) -> None:
    later = NOW + timedelta(minutes=minutes)
    assert place_in_queue(True, 0, later) < place_in_queue(False, earlier, NOW)
    assert (place_in_queue(False, 0, later) < place_in_queue(False, earlier, NOW)) is (minutes < earlier)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 500), st.integers(0, 86400)), min_size=1))
def test_what_is_urgent_is_never_sent_beside_what_is_not(queued: list[tuple[bool, int, int]]) -> None:
    placed = sorted(
        (place_in_queue(urgent, earlier, NOW + timedelta(seconds=after)), urgent)
        for urgent, earlier, after in queued
    )
    first = stand_together([place for place, _ in placed])
    assert first >= 1
    assert len({urgent for _, urgent in placed[:first]}) == 1
    assert all(urgent <= placed[0][1] for _, urgent in placed[first:])
