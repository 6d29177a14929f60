"""What does another policy do to those who wait? The slider of the operator."""

from statistics import median
from typing import NamedTuple

from hub.rules.throttle.forecast import drain
from hub.rules.throttle.line import Line
from hub.rules.throttle.policy import Change, Policy, policy_at


class Effect(NamedTuple):
    """What changes for the items that wait, in weeks: half of them, and the last one. `ending` are the items
    that would end without being asked, more than now."""

    typical: float
    longest: int
    ending: int


def effect(line: Line, first: int, changes: tuple[Change, ...], new: Policy) -> Effect:
    """What a change of policy from the first slot on does to who waits, when nothing new comes."""
    now = _waits(line, first, changes)
    then = _waits(line, first, (*changes, Change(first, new)))
    both = [(now[item], then[item]) for item in now.keys() & then.keys()]
    if not both:
        return Effect(0, 0, len(now) - len(then))
    longest = max(after for _, after in both) - max(before for before, _ in both)
    return Effect(median(after - before for before, after in both), longest, len(now) - len(then))


def _waits(line: Line, first: int, changes: tuple[Change, ...]) -> dict[object, int]:
    slots = drain(line, first, lambda slot: policy_at(changes, slot))
    return {item: slot - first for slot, done in slots for item in done.items}
