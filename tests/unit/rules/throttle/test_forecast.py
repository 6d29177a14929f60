"""Nobody waits without knowing until when, and nobody learns from it what he may not know."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hub.rules.placing import Place
from hub.rules.throttle.effect import Effect, effect
from hub.rules.throttle.forecast import Why, after, expected
from hub.rules.throttle.line import Asking, Item, Lane, Line
from hub.rules.throttle.policy import Change, Policy, Quiet
from hub.rules.throttle.release import release
from hub.rules.throttle.telling import before_asking, told
from hub.rules.throttle.turns import TURN
from tests.unit.rules.throttle.lines import FIRST, SLOTS, START, items, needed, policies, run

ENDS = START + timedelta(weeks=26)
ENDS_LATE = timedelta(weeks=300)
ONE = Asking("gm0363", START, None, ENDS)
SLOT = FIRST + 1
_lanes = st.dictionaries(st.sampled_from(["gm0363", "pv31"]), st.integers(1, TURN)).map(
    lambda served: Lane(served=served)
)


def _items(count: int, **changes: object) -> list[Item]:
    askings = [
        ONE._replace(asker=f"gm{n}", since=START + timedelta(minutes=n), **changes) for n in range(count)
    ]
    return [Item(UUID(int=n), (asking,)) for n, asking in enumerate(askings)]


@given(items(weeks=0), policies(quiet=True), _lanes)
def test_p13_the_forecast_is_the_slot_in_which_it_leaves(
    waiting: tuple[Item, ...], policy: Policy, lane: Lane
) -> None:
    line = Line("enexis", waiting)
    line = line._replace(turns=line.turns._replace(open=lane))
    for ran in run(line, lambda _: policy):
        if ran.slot % 5 == 0 or ran.done.items:
            for item in ran.line.waiting:
                slot = expected(ran.line, item.item, ran.slot, lambda _: policy).slot
                assert slot != ran.slot or item.item in ran.done.items
                assert slot == ran.slot or item.item not in ran.done.items
                assert slot is None or ran.slot <= slot


@given(items(weeks=0), policies(quiet=True), st.data())
def test_p13_with_hidden_items_it_leaves_no_later_than_told(
    waiting: tuple[Item, ...], policy: Policy, data: st.DataObject
) -> None:
    """While of a question with several askers none gives up before it leaves."""
    waiting = tuple(item if len(item.askings) == 1 else _lasting(item) for item in waiting)
    open_items = [item for item in waiting if not item.classified]
    assume(open_items)
    item = data.draw(st.sampled_from(open_items))
    sent = data.draw(st.lists(st.integers(FIRST - 8, FIRST), unique=True, max_size=3))
    allowed = [s for n, s in enumerate(sorted(sent)) if policy.allows(s, sorted(sent)[:n])]
    hidden = tuple(s for s in allowed if data.draw(st.booleans()))
    line = Line("enexis", waiting, sent=tuple(allowed), sent_classified=hidden)
    promises = []
    for ran in run(line, lambda _: policy, first=SLOT):
        if not any(one.item == item.item for one in ran.line.waiting):
            break
        asker = item.askings[0].asker
        promises.append(told(ran.line, item.item, asker, ran.slot, lambda _: policy).slot)
        if item.item in ran.done.items:
            assert all(promise is None or ran.slot <= promise for promise in promises)
            return
    assert promises[0] is None


def _lasting(item: Item) -> Item:
    return item._replace(askings=tuple(a._replace(expires=a.expires + ENDS_LATE) for a in item.askings))


def test_p13_counterexample_a_co_asker_that_gives_up_takes_its_turn_along() -> None:
    policy = Policy(window=2, bundles=1, places=1, max_wait=0, reserve=0)
    soon = START + timedelta(days=15)
    joint = Item(
        UUID(int=0),
        (
            ONE._replace(needed_by=needed(1), expires=soon),
            ONE._replace(asker="vr24", since=START - timedelta(minutes=1)),
        ),
    )
    theirs = Item(UUID(int=1), (ONE._replace(asker="vr24", needed_by=needed(1)),))
    other = Item(UUID(int=2), (ONE,))
    line = Line("enexis", (joint, theirs, other))
    left = next(r.slot for r in run(line, lambda _: policy, first=SLOT) if joint.item in r.done.items)
    assert told(line, joint.item, "vr24", SLOT, lambda _: policy).slot == left - 1


@given(items(weeks=0), items(weeks=0), policies(quiet=True), _lanes, _lanes, st.data())
def test_p14_what_is_hidden_changes_nothing_that_anyone_is_told(
    waiting: tuple[Item, ...],
    other: tuple[Item, ...],
    policy: Policy,
    lane: Lane,
    other_lane: Lane,
    data: st.DataObject,
) -> None:
    seen = tuple(item for item in waiting if not item.classified)
    assume(seen)
    hidden = tuple(item._replace(item=UUID(int=999 + n), classified=True) for n, item in enumerate(other))
    one = Line("enexis", seen)
    one = one._replace(turns=one.turns._replace(open=lane))
    two = one._replace(
        waiting=(*hidden, *seen),
        turns=one.turns._replace(classified=other_lane),
        sent=(FIRST - 1, FIRST),
        sent_classified=(FIRST - 1, FIRST),
    )
    item = data.draw(st.sampled_from(seen))
    asker = item.askings[0].asker
    here, there = (told(line, item.item, asker, SLOT, lambda _: policy) for line in (one, two))
    assert here == there


@given(items(weeks=0, most=10), items(weeks=0, most=10), policies())
def test_p14_hidden_items_change_no_answer_until_they_change_a_bundle(
    waiting: tuple[Item, ...], other: tuple[Item, ...], policy: Policy
) -> None:
    seen = tuple(item for item in waiting if not item.classified)
    hidden = tuple(item._replace(item=UUID(int=999 + n), classified=True) for n, item in enumerate(other))
    lines = [Line("enexis", seen), Line("enexis", (*seen, *hidden))]
    keys = {item.item for item in seen}
    for slot in range(SLOT, SLOT + 12):
        for item in lines[0].waiting:
            figures = [told(line, item.item, item.askings[0].asker, slot, lambda _: policy) for line in lines]
            assert figures[0] == figures[1]
        done = [release(line, slot, policy) for line in lines]
        if keys & set(done[0].items) != keys & set(done[1].items):
            break
        lines = [after(line, slot, one) for line, one in zip(lines, done, strict=True)]


def test_p14_counterexample_the_budget_itself_is_a_channel() -> None:
    """A classified item that is due takes others along, and who looks at the bundles sees that."""
    mine, hidden = _items(2)
    hidden = hidden._replace(askings=(hidden.askings[0]._replace(needed_by=needed(8)),), classified=True)
    assert not release(Line("enexis", (mine,)), SLOT, Policy()).items
    assert mine.item in release(Line("enexis", (mine, hidden)), SLOT, Policy()).items


def _why(line: Line, policy: Policy, key: UUID) -> tuple[int | None, Why]:
    found = expected(line, key, SLOT, lambda _: policy)
    return found.slot, found.why


def test_a_forecast_says_why() -> None:
    policy = Policy()
    first, *others = _items(25)
    line = Line("enexis", (first,))
    assert _why(line, policy, first.item) == (FIRST + 4, Why.WAITS_FOR_MORE)
    assert _why(line, policy._replace(max_wait=0), first.item) == (SLOT, Why.FIRST_SLOT)
    assert _why(line._replace(sent=(FIRST,)), policy._replace(max_wait=0), first.item) == (
        FIRST + 2,
        Why.TOO_SOON,
    )
    full = Line("enexis", (first, *others))
    assert _why(full, policy, others[-1].item) == (FIRST + 4, Why.BEHIND_OTHERS)
    quiet = (Quiet(SLOTS.day(SLOT), SLOTS.day(SLOT + 5)),)
    assert _why(full, policy._replace(quiet=quiet), first.item) == (SLOT + 5, Why.QUIET)
    assert _why(line, policy._replace(bundles=0), first.item) == (None, Why.NOTHING_ROUTINE)
    soon = Item(UUID(int=77), (ONE._replace(expires=START + timedelta(days=8)),))
    assert _why(Line("enexis", (soon,)), policy, soon.item) == (None, Why.EXPIRES_FIRST)
    hidden = first._replace(classified=True)
    assert _why(Line("enexis", (hidden,)), policy._replace(reserve=0), first.item) == (None, Why.NO_PLACE)


def test_what_is_told_leaves_room_for_a_bundle_that_nobody_sees() -> None:
    mine = Item(UUID(int=1), (ONE,))
    policy = Policy(max_wait=0)
    assert told(Line("enexis", (mine,)), mine.item, "gm0363", SLOT, lambda _: policy).slot == FIRST + 2
    known = Line("enexis", (mine,), sent=(FIRST - 1,))
    assert told(known, mine.item, "gm0363", SLOT, lambda _: policy).slot == SLOT


def test_what_is_told_does_not_count_on_others_that_may_have_left_unseen() -> None:
    """A classified item takes the one that is due along, and mine has to wait until it is due itself."""
    policy, first = Policy(window=1, bundles=1), FIRST + 3
    due = Item(UUID(int=1), (ONE,))
    mine = Item(UUID(int=2), (ONE._replace(since=SLOTS.cut_off(first)),))
    hidden = Item(UUID(int=3), (ONE._replace(asker="vr24", needed_by=needed(22)),), classified=True)
    line = Line("enexis", (due, mine, hidden))
    left = next(r.slot for r in run(line, lambda _: policy, first=first) if mine.item in r.done.items)
    assert left == told(line, mine.item, "gm0363", first, lambda _: policy).slot == first + 4


@pytest.mark.parametrize("place", [Place.ANSWERED, Place.JOINED_SENT])
def test_a_request_that_needs_no_contact_costs_nothing(place: Place) -> None:
    preview = before_asking(
        Line("enexis", ()), UUID(int=1), ONE, place, SLOT, lambda _: Policy(), classified=False
    )
    assert (preview.cost, preview.expected) == (0, None)


def test_before_sending_an_asker_sees_cost_place_and_week() -> None:
    line = Line("enexis", tuple(_items(12)))
    mine = Asking("me", START + timedelta(days=1), None, ENDS)
    policy = Policy()

    def asked(key: int, place: Place) -> tuple[int, int, int | None, int | None]:
        preview = before_asking(line, UUID(int=key), mine, place, SLOT, lambda _: policy, classified=False)
        when = preview.expected
        return preview.cost, preview.others, when and when.slot, when and when.ahead

    assert asked(3, Place.JOINED) == (0, 1, FIRST + 2, 3)
    assert asked(99, Place.NEW) == (1, 0, FIRST + 2, 12)


def test_the_slider_shows_its_effect() -> None:
    line = Line("enexis", tuple(_items(40)))
    now = (Change(0, Policy()),)
    assert effect(line, SLOT, now, Policy()) == Effect(0, 0, 0)
    assert effect(line, SLOT, now, Policy(bundles=1)).longest == 2
    assert effect(line, SLOT, now, Policy(bundles=0)).ending == 40
    assert effect(Line("enexis", ()), SLOT, now, Policy(bundles=1)) == Effect(0, 0, 0)
