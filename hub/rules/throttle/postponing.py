"""In which slot is a question taken up again that its operator postpones until a day?"""

from datetime import date, datetime

from hub.rules.moments import EPOCH_MONDAY
from hub.rules.throttle.forecast import PolicyOf
from hub.rules.throttle.slots import FAR, first_to_run, slots_of


def slot_from(until: date, now: datetime, last_run: int | None, policy_of: PolicyOf) -> int:
    """The first slot still to be run whose day is `until` or later; a day that is past or never comes is the
    next slot, or the last one that the hub looks ahead to."""
    first = first_to_run(now, last_run, policy_of)
    last = first + FAR
    slot = min(max(first, (until - EPOCH_MONDAY).days // 7 - 1), last)
    while slot < last and slots_of(policy_of(slot)).day(slot) < until:
        slot += 1
    return slot
