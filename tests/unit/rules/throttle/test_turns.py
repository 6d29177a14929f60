"""Fairness: only the asker whose turn it is pays, and nobody waits for a flood."""

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from itertools import combinations
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from hub.rules.throttle.line import Asking, Item, Lane, Line
from hub.rules.throttle.policy import Policy
from hub.rules.throttle.release import release
from hub.rules.throttle.turns import TURN, pick
from tests.unit.rules.throttle.lines import (
    ASKERS,
    FIRST,
    START,
    Ran,
    asking,
    bundles,
    items,
    needed,
    policies,
)

_weights = st.dictionaries(st.sampled_from([*ASKERS, "flood"]), st.integers(1, 16)) | st.just(
    {"gm0363": 16, "gm0935": 4}
)


@given(items(weeks=0, most=40, askers=2) | items(weeks=4), policies(), _weights)
def test_p10_two_that_wait_get_turns_by_their_weights(
    waiting: tuple[Item, ...], policy: Policy, weights: Mapping[str, int]
) -> None:
    left = bundles(Line("enexis", waiting, weights=weights), lambda _: policy)
    for hidden in (False, True):
        picks = [pick for ran in left for pick in _picks(ran, hidden)]
        for one, other in combinations(sorted({payer for payer, _ in picks}), 2):
            prices = {one: Fraction(1, weights.get(one, 1)), other: -Fraction(1, weights.get(other, 1))}
            assert _widest(picks, prices) <= prices[one] - prices[other]


_long = st.lists(st.tuples(st.integers(3, 8), st.integers(0, 3)), min_size=2, max_size=3)
"""Of some askers how many items each asks, and in which week."""


def _in_small_bundles(asked: list[tuple[int, int]], places: int, weights: Mapping[str, int]) -> list[Ran]:
    """A bundle each week, until nothing waits; the last one asks as the flood."""
    names = [*ASKERS[: len(asked) - 1], "flood"]
    each = [(name, weeks) for name, (own, weeks) in zip(names, asked, strict=True) for _ in range(own)]
    waiting = tuple(
        Item(UUID(int=n), (asking(name, weeks * 7 * 24 * 60, 0, n),)) for n, (name, weeks) in enumerate(each)
    )
    policy = Policy(window=1, bundles=1, places=places, reserve=0, max_wait=0)
    return bundles(Line("enexis", waiting, weights=weights), lambda _: policy)


@given(_long, st.integers(1, 5), _weights)
def test_p10_holds_over_many_bundles_for_who_began_at_once_and_for_who_came_later(
    asked: list[tuple[int, int]], places: int, weights: Mapping[str, int]
) -> None:
    picks = [pick for ran in _in_small_bundles(asked, places, weights) for pick in _picks(ran, hidden=False)]
    for one, other in combinations(sorted({payer for payer, _ in picks}), 2):
        prices = {one: Fraction(1, weights.get(one, 1)), other: -Fraction(1, weights.get(other, 1))}
        assert _widest(picks, prices) <= prices[one] - prices[other]


@given(_long, st.integers(1, 5))
def test_p11_holds_over_many_bundles_for_who_began_at_once_and_for_who_came_later(
    asked: list[tuple[int, int]], places: int
) -> None:
    _assert_served_soon(_in_small_bundles(asked, places, {}), False, places)


def test_who_waited_without_a_break_goes_before_who_began_between_its_items() -> None:
    lane = Lane(since={"one": START}, at=START + timedelta(minutes=9))
    one = Item(UUID(int=1), (asking("one", 5, 0),))
    two = Item(UUID(int=2), (asking("two", 1, 0),))
    assert pick([one, two], 2, lane, "enexis", FIRST, START, {}).payers == ("one", "two")
    assert pick([one, two], 2, Lane(), "enexis", FIRST, START, {}).payers == ("two", "one")


def test_p12_what_a_co_asker_needs_does_not_reorder_what_an_asker_asked() -> None:
    joint = Item(UUID(int=1), (asking("one", 0, 80), asking("two", 1, 5)))
    own = Item(UUID(int=2), (asking("one", 2, 30),))
    assert pick([joint, own], 1, Lane(), "enexis", FIRST, START, {}).items == (own.item,)


def _picks(ran: Ran, hidden: bool) -> list[tuple[str, set[str]]]:
    """Who paid for each pick of a bundle, and who was waiting then."""
    here = {item.item: item for item in ran.here if item.classified is hidden}
    found = []
    for key, payer in zip(ran.done.items, ran.done.payers, strict=True):
        if key in here:
            found.append((payer, {a.asker for item in here.values() for a in item.askings}))
            del here[key]
    return found


def _widest(picks: list[tuple[str, set[str]]], prices: Mapping[str, Fraction]) -> Fraction:
    """The widest difference of turns over any time in which both waited without a break."""
    widest = now = low = high = Fraction(0)
    for payer, here in picks:
        if not prices.keys() <= here:
            now = low = high = Fraction(0)
            continue
        now += prices.get(payer, Fraction(0))
        low, high = min(low, now), max(high, now)
        widest = max(widest, high - low)
    return widest


@given(items(weeks=4, most=40, classified=False), policies())
def test_p11_each_waiting_asker_is_served_soon_whatever_the_floods(
    waiting: tuple[Item, ...], policy: Policy
) -> None:
    left = bundles(Line("enexis", waiting), lambda _: policy)
    _assert_served_soon(left, False, policy.places)


@given(items(weeks=4, most=40), policies())
def test_p11_with_classified_items_the_places_that_are_left_count(
    waiting: tuple[Item, ...], policy: Policy
) -> None:
    left = bundles(Line("enexis", waiting), lambda _: policy)
    _assert_served_soon(left, False, policy.places - policy.reserve)
    _assert_served_soon(left, True, policy.reserve)


def _assert_served_soon(left: list[Ran], hidden: bool, places: int) -> None:
    for begin, start in enumerate(left):
        for asker in _askers(start, hidden):
            waited, around = 0, set()
            for ran in left[begin:]:
                if asker not in _askers(ran, hidden) or asker in _served(ran, hidden):
                    break
                waited, around = waited + 1, around | _askers(ran, hidden)
                assert waited < -(-(2 * (len(around) - 1) + 1) // places)


def _askers(ran: Ran, hidden: bool) -> set[str]:
    return {a.asker for item in ran.here if item.classified is hidden for a in item.askings}


def _served(ran: Ran, hidden: bool) -> set[str]:
    gone = [i for i in ran.here if i.classified is hidden and i.item in ran.done.items]
    return {a.asker for item in gone for a in item.askings}


def test_p11_the_bound_of_two_turns_is_met_by_some() -> None:
    early, late = START, START + timedelta(minutes=1)
    ends = START + timedelta(weeks=26)
    one = Item(UUID(int=1), (Asking("one", early, None, ends),))
    two = [Item(UUID(int=n), (Asking("two", late, None, ends),)) for n in (2, 3, 4)]
    lane = Lane(served={"one": TURN})
    picked = pick([one, *two], 4, lane, "enexis", FIRST, START, {})
    assert picked.payers == ("two", "one", "two", "two")
    owes = Lane(served={"one": TURN + 1})
    assert pick([one, *two], 4, owes, "enexis", FIRST, START, {}).payers == ("two", "two", "one", "two")


def test_a_flood_of_a_thousand_delays_nobody_else() -> None:
    ends = START + timedelta(weeks=300)
    flood = [Item(UUID(int=n), (Asking("flood", START, None, ends),)) for n in range(1, 1001)]
    mine = Item(UUID(int=0), (Asking("gm0363", START + timedelta(weeks=6), None, ends),))
    left = bundles(Line("enexis", (*flood, mine)), lambda _: Policy(), 30)
    assert next(ran.slot for ran in left if mine.item in ran.done.items) == FIRST + 7


def _drained(waiting: list[Item], places: int, lane: Lane, weights: Mapping[str, int]) -> dict[UUID, int]:
    """The bundle in which each item leaves, when a bundle leaves in every slot and nothing comes."""
    found: dict[UUID, int] = {}
    bundle = 0
    while left := [item for item in waiting if item.item not in found]:
        at = START + timedelta(weeks=bundle + 99)
        picked = pick(left, places, lane, "enexis", bundle, at, weights)
        found |= dict.fromkeys(picked.items, bundle)
        lane, bundle = picked.lane, bundle + 1
    return found


_lanes = st.dictionaries(st.sampled_from([*ASKERS, "flood"]), st.integers(1, TURN)).map(
    lambda served: Lane(served=served)
)


@given(items(weeks=4, classified=False), st.integers(1, 4), _lanes, _weights, st.data())
def test_p12_joining_moves_no_other_item_of_the_asker_to_a_later_bundle(
    waiting: tuple[Item, ...], places: int, lane: Lane, weights: Mapping[str, int], data: st.DataObject
) -> None:
    """The line and the slots of bundles being equal: beside a question of its own, joining costs nothing."""
    minutes, needed_in = data.draw(st.tuples(st.integers(0, 40_000), st.integers(0, 90)))
    mine = asking("gm0363", minutes, needed_in, 99_999)
    others = [item for item in waiting if all(a.asker != mine.asker for a in item.askings)]
    if not others:
        return
    joined = data.draw(st.sampled_from(others))
    alone = [*waiting, Item(UUID(int=10**9), (mine,))]
    together = [item._replace(askings=(*item.askings, mine)) if item is joined else item for item in waiting]
    apart, merged = (_drained(line, places, lane, weights) for line in (alone, together))
    own = [i.item for i in waiting if any(a.asker == mine.asker for a in i.askings)]
    assert all(merged[key] <= apart[key] for key in own)
    assert merged[joined.item] <= min(apart[joined.item], apart[UUID(int=10**9)])


def test_p12_counterexample_fewer_items_may_be_too_few_for_a_bundle() -> None:
    """Joined, one item less waits: half a bundle is not full, and the other item leaves later."""
    ends = START + timedelta(weeks=26)
    theirs = Item(UUID(int=1), (Asking("pv31", START, None, ends),))
    other = Item(UUID(int=2), (Asking("gm0363", START, None, ends),))
    mine = Asking("gm0363", START + timedelta(minutes=1), None, ends)
    policy = Policy(places=6)
    apart = Line("enexis", (theirs, other, Item(UUID(int=3), (mine,))))
    joined = Line("enexis", (theirs._replace(askings=(*theirs.askings, mine)), other))
    assert other.item in release(apart, FIRST + 1, policy).items
    assert not release(joined, FIRST + 1, policy).items


def test_p12_counterexample_a_turn_spent_on_a_joined_item_is_spent() -> None:
    """Beside not asking at all: who needs the joined item first gives its turn to it."""
    ends = START + timedelta(weeks=26)
    other = Item(UUID(int=1), (Asking("gm0363", START, needed(80), ends),))
    theirs = Item(UUID(int=2), (Asking("pv31", START + timedelta(minutes=1), None, ends),))
    flood = Item(UUID(int=3), (Asking("flood", START + timedelta(minutes=2), None, ends),))
    mine = Asking("gm0363", START + timedelta(minutes=3), needed(30), ends)
    joined = theirs._replace(askings=(*theirs.askings, mine))
    assert _drained([other, theirs, flood], 1, Lane(), {})[other.item] == 0
    assert _drained([other, joined, flood], 1, Lane(), {})[other.item] == 2
