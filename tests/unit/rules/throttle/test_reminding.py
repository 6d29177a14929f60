"""Reminders are few, and together."""

from hypothesis import given
from hypothesis import strategies as st

from hub.rules.throttle.policy import Policy, Quiet
from hub.rules.throttle.reminding import AFTER, Remind, Sent, due, remind
from tests.unit.rules.throttle.lines import FIRST, SLOTS, policies


@given(policies(quiet=True), st.lists(st.tuples(st.booleans(), st.booleans()), min_size=10, max_size=40))
def test_p02_with_all_reminders_contacts_stay_within_three_times_the_budget(
    policy: Policy, weeks: list[tuple[bool, bool]]
) -> None:
    sent: dict[int, int] = {}
    alone: list[int] = []
    for slot, (has_items, twice) in enumerate(weeks, FIRST):
        if has_items and policy.allows(slot, tuple(sent)):
            sent[slot] = 0
        bundles = [Sent(at, times, True) for at, times in sent.items() if at < slot]
        for _ in range(1 + twice):
            how = remind(bundles, alone, slot, policy, has_bundle=slot in sent)
            if how is Remind.ALONE:
                alone.append(slot)
        for one in due(bundles, slot) if how is not Remind.QUIET else ():
            sent[one.slot] += 1
    assert len(set(alone)) == len(alone)
    assert all(times <= len(AFTER) for times in sent.values())
    for begin in range(FIRST - policy.window, FIRST + len(weeks)):
        window = range(begin, begin + policy.window)
        assert sum(slot in window for slot in alone) <= 2 * policy.bundles
        assert sum(slot in window for slot in [*alone, *sent]) <= 3 * policy.bundles


def test_why_there_is_a_reminder_or_none() -> None:
    bundle, policy = [Sent(FIRST, 0, True)], Policy()
    assert remind(bundle, (), FIRST + 1, policy, has_bundle=False) is Remind.NOTHING_DUE
    assert remind(bundle, (), FIRST + 2, policy, has_bundle=False) is Remind.ALONE
    assert remind(bundle, (), FIRST + 2, policy, has_bundle=True) is Remind.RIDES_ALONG
    assert remind(bundle, (FIRST + 2,), FIRST + 2, policy, has_bundle=False) is Remind.ENOUGH
    one = policy._replace(bundles=1)
    assert remind(bundle, (FIRST + 1,), FIRST + 2, one, has_bundle=False) is Remind.ALONE
    assert remind(bundle, (FIRST, FIRST + 1), FIRST + 2, one, has_bundle=False) is Remind.ENOUGH
    quiet = (Quiet(SLOTS.day(FIRST + 2), SLOTS.day(FIRST + 3)),)
    assert remind(bundle, (), FIRST + 2, policy._replace(quiet=quiet), has_bundle=False) is Remind.QUIET
    assert remind(bundle, (), FIRST + 2, policy._replace(bundles=0), has_bundle=False) is Remind.ENOUGH
    assert not due([Sent(FIRST, 0, False), Sent(FIRST, 2, True), Sent(FIRST, 1, True)], FIRST + 3)
