"""What people are told of a line is in moments, and only while their item waits."""

from datetime import UTC, date, datetime
from uuid import UUID

from hypothesis import given

from hub.rules.throttle.forecast import Why
from hub.rules.throttle.line import Item, Line
from hub.rules.throttle.policy import DEFAULT, Policy, Quiet
from hub.rules.throttle.standing import Leaves, Standing, leaves, next_bundle
from hub.rules.throttle.telling import told
from tests.unit.rules.throttle.lines import FIRST, SLOTS, asking, items, policies

SLOT = FIRST + 1
ONE = Item(UUID(int=1), (asking("gm0363", 5, 0),))


@given(items(weeks=1), policies(quiet=True))
def test_an_asker_is_told_the_moment_of_the_slot_by_which_its_item_leaves(
    waiting: tuple[Item, ...], policy: Policy
) -> None:
    line = Line("enexis", waiting)
    for item in waiting:
        asker = item.askings[0].asker
        expected = told(line, item.item, asker, SLOT, lambda _: policy)
        moment = None if expected.slot is None else SLOTS.moment(expected.slot)
        assert leaves(Standing(line, SLOT, lambda _: policy), item.item, asker) == Leaves(
            moment, expected.why
        )


def test_a_question_alone_is_told_the_slot_in_which_it_can_wait_no_longer() -> None:
    policy = Policy(bundles=4)
    standing = Standing(Line("enexis", (ONE,)), SLOT, lambda _: policy)
    assert leaves(standing, ONE.item, "gm0363") == Leaves(SLOTS.moment(SLOT + 3), Why.WAITS_FOR_MORE)


def test_the_reason_that_is_told_does_not_tell_whether_a_bundle_left_unseen() -> None:
    standing = Standing(Line("enexis", (ONE,)), SLOT, lambda _: DEFAULT)
    unseen = standing._replace(line=Line("enexis", (ONE,), sent=(FIRST,), sent_classified=(FIRST,)))
    told_now = leaves(standing, ONE.item, "gm0363")
    assert told_now == leaves(unseen, ONE.item, "gm0363")
    assert told_now == Leaves(SLOTS.moment(SLOT + 3), Why.TOO_SOON)


def test_of_what_left_meanwhile_nothing_is_told() -> None:
    assert leaves(Standing(Line("enexis", ()), SLOT, lambda _: DEFAULT), ONE.item, "gm0363") is None


def test_the_next_bundle_is_told_on_the_day_of_the_policy_that_holds_then() -> None:
    later = Policy(weekday=3, hour=14)
    moment = next_bundle(FIRST, (FIRST,), lambda slot: later if slot > FIRST else DEFAULT)
    assert moment == datetime(2027, 3, 25, 13, tzinfo=UTC)


def test_no_bundle_is_told_while_none_may_come() -> None:
    assert next_bundle(FIRST, (FIRST,), lambda _: Policy(bundles=0)) is None
    quiet = Policy(quiet=(Quiet(date(2027, 3, 1), date(2027, 5, 1)),))
    assert next_bundle(FIRST, (FIRST,), lambda _: quiet) == datetime(2027, 5, 4, 8, tzinfo=UTC)
