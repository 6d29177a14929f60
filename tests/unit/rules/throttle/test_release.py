"""The budget of an operator is an invariant, whatever comes in."""

from datetime import timedelta
from itertools import pairwise
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.throttle.line import Asking, Item, Line
from hub.rules.throttle.policy import Policy, Quiet
from hub.rules.throttle.release import Outcome, release
from hub.rules.throttle.slots import CUT_OFF
from tests.unit.rules.throttle.lines import (
    FIRST,
    SLOTS,
    START,
    bundles,
    items,
    needed,
    policies,
    run,
)

ONE = Asking("gm0363", START, None, START.replace(year=2028))


def _item(number: int, **changes: object) -> Item:
    return Item(UUID(int=number), (ONE._replace(**changes),))


def _line(*waiting: Item, **changes: object) -> Line:
    return Line("enexis", waiting)._replace(**changes)


@given(items(), policies(quiet=True))
def test_p01_any_window_of_slots_holds_at_most_the_budget(waiting: tuple[Item, ...], policy: Policy) -> None:
    slots = [ran.slot for ran in bundles(_line(*waiting), lambda _: policy)]
    for begin in range(FIRST - policy.window, FIRST + 60):
        assert sum(begin <= slot < begin + policy.window for slot in slots) <= policy.bundles
    assert all(later - earlier >= (policy.gap or 0) for earlier, later in pairwise(slots))


@given(items(), policies())
def test_p03_a_bundle_is_never_empty_never_too_large_and_holds_nothing_twice(
    waiting: tuple[Item, ...], policy: Policy
) -> None:
    classified = {item.item for item in waiting if item.classified}
    sent: list[UUID] = []
    for ran in bundles(_line(*waiting), lambda _: policy):
        assert 1 <= len(ran.done.items) <= policy.places
        assert len(classified & set(ran.done.items)) <= policy.reserve
        sent += ran.done.items
    assert len(set(sent)) == len(sent)


@given(items(), policies(quiet=True))
def test_p04_nothing_routine_leaves_in_quiet(waiting: tuple[Item, ...], policy: Policy) -> None:
    for ran in bundles(_line(*waiting), lambda _: policy):
        assert not any(quiet.since <= SLOTS.day(ran.slot) < quiet.until for quiet in policy.quiet)


@given(items(), policies(quiet=True))
def test_what_can_leave_leaves_or_has_its_time_run_out(waiting: tuple[Item, ...], policy: Policy) -> None:
    last = list(run(_line(*waiting), lambda _: policy))[-1]
    left = [item for item in last.here if item.item not in last.done.items]
    assert all(item.classified and policy.reserve == 0 for item in left) or last.done.items


@given(items(), policies(quiet=True))
def test_nothing_leaves_that_nobody_had_asked_in_time_or_waits_for_any_more(
    waiting: tuple[Item, ...], policy: Policy
) -> None:
    by_key = {item.item: item for item in waiting}
    for ran in bundles(_line(*waiting), lambda _: policy):
        moment = SLOTS.moment(ran.slot)
        for key, payer in zip(ran.done.items, ran.done.payers, strict=True):
            counting = [a for a in by_key[key].askings if a.since < moment - CUT_OFF and a.expires > moment]
            assert payer in {asking.asker for asking in counting}


@given(items(weeks=3), policies(), st.randoms(use_true_random=False))
def test_p08_the_order_in_which_requests_are_handed_over_does_not_matter(
    waiting: tuple[Item, ...], policy: Policy, chance: Random
) -> None:
    shuffled = [
        item._replace(askings=tuple(chance.sample(item.askings, len(item.askings)))) for item in waiting
    ]
    chance.shuffle(shuffled)
    other = bundles(_line(*shuffled), lambda _: policy)
    assert [r.done for r in other] == [r.done for r in bundles(_line(*waiting), lambda _: policy)]


@given(items(weeks=3), policies())
def test_p09_a_slot_that_ran_gives_no_second_bundle(waiting: tuple[Item, ...], policy: Policy) -> None:
    for before, ran in pairwise(run(_line(*waiting), lambda _: policy, 8)):
        if before.done.items:
            assert release(ran.line, before.slot, policy).outcome in (
                Outcome.TOO_SOON,
                Outcome.NOTHING_WAITING,
            )
        assert release(before.line, before.slot, policy) == before.done


def test_a_release_says_why() -> None:
    policy = Policy()
    asked, slot = _item(1), FIRST + 4
    assert release(_line(), slot, policy).outcome is Outcome.NOTHING_WAITING
    assert release(_line(asked), slot, policy._replace(bundles=0)).outcome is Outcome.NOTHING_ROUTINE
    quiet = (Quiet(SLOTS.day(slot), needed(100)),)
    assert release(_line(asked), slot, policy._replace(quiet=quiet)).outcome is Outcome.QUIET
    assert release(_line(asked, sent=(slot - 1,)), slot, policy).outcome is Outcome.TOO_SOON
    assert release(_line(asked), FIRST + 3, policy).outcome is Outcome.WAITS_FOR_MORE
    assert release(_line(asked), slot, policy).outcome is Outcome.RELEASED


def test_half_a_bundle_leaves_before_anything_is_due() -> None:
    slot = FIRST + 1
    half = [_item(n) for n in range(10)]
    assert release(_line(*half[:9]), slot, Policy()).outcome is Outcome.WAITS_FOR_MORE
    assert len(release(_line(*half), slot, Policy()).items) == 10


def test_an_item_is_due_when_the_next_slot_leaves_less_than_a_week_to_answer() -> None:
    slot = FIRST + 1
    in_time = SLOTS.day(slot + 1).toordinal() + 7 - START.date().toordinal()
    assert not release(_line(_item(1, needed_by=needed(in_time))), slot, Policy()).items
    assert release(_line(_item(1, needed_by=needed(in_time - 1))), slot, Policy()).items


def test_what_comes_in_the_last_hour_waits_for_the_next_slot() -> None:
    cut_off = SLOTS.cut_off(FIRST + 1)
    policy = Policy(max_wait=0)
    too_late, in_time = _item(1, since=cut_off), _item(1, since=cut_off - timedelta(microseconds=1))
    assert release(_line(too_late), FIRST + 1, policy).outcome is Outcome.NOTHING_WAITING
    assert release(_line(too_late), FIRST + 2, policy).items
    assert release(_line(in_time), FIRST + 1, policy).items


@pytest.mark.parametrize(("slot", "leaves"), [(FIRST + 6, False), (FIRST + 7, True)])
def test_a_postponed_item_waits_for_its_slot(slot: int, leaves: bool) -> None:
    later = _item(1)._replace(not_before=FIRST + 7)
    assert bool(release(_line(later), slot, Policy()).items) is leaves


def test_without_places_for_classified_items_none_leaves() -> None:
    hidden = _item(1)._replace(classified=True)
    assert release(_line(hidden), FIRST + 9, Policy(reserve=0)).outcome is Outcome.NOTHING_WAITING


def test_a_co_asker_leaves_with_the_item_and_pays_nothing() -> None:
    joint = Item(UUID(int=1), (ONE, ONE._replace(asker="pv31", since=START.replace(microsecond=9))))
    done = release(_line(joint), FIRST + 5, Policy())
    assert (done.items, done.payers) == ((joint.item,), ("gm0363",))
    assert set(done.turns.open.served) == {"gm0363"}
