"""May an operator be reminded of a bundle now?"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from hub.rules.throttle.policy import Policy
from hub.rules.throttle.slots import slots_of

AFTER = (2, 4)
"""A bundle with open items is reminded of so many slots after it was sent: at most twice."""


class Sent(NamedTuple):
    """A bundle that was sent, how often it was reminded of, and whether any of its items is still open."""

    slot: int
    reminders: int
    is_open: bool


class Remind(StrEnum):
    """What happens with reminders in a slot."""

    NOTHING_DUE = "nothing-is-due"
    RIDES_ALONG = "rides-in-the-bundle-of-this-slot"
    ALONE = "one-message-for-all"
    QUIET = "operator-asked-for-quiet"
    ENOUGH = "reminded-often-enough"


def due(bundles: Sequence[Sent], slot: int) -> list[Sent]:
    """The bundles to remind of in a slot; one that was passed over is still due."""
    return [
        one
        for one in bundles
        if one.is_open and one.reminders < len(AFTER) and slot - one.slot >= AFTER[one.reminders]
    ]


def remind(
    bundles: Sequence[Sent], reminded: Sequence[int], slot: int, policy: Policy, *, has_bundle: bool
) -> Remind:
    """How an operator is reminded in a slot of all that is due. `reminded` are the slots of earlier reminders
    that stood alone: one a slot, and twice as many as bundles in a window."""
    if not due(bundles, slot):
        return Remind.NOTHING_DUE
    if has_bundle:
        return Remind.RIDES_ALONG
    if policy.is_quiet(slots_of(policy).day(slot)):
        return Remind.QUIET
    most = len(AFTER) * min(limit.bundles for limit in (policy.limit, *policy.still))
    here = sum(slot - policy.window < earlier for earlier in reminded)
    return Remind.ENOUGH if slot in reminded or here >= most else Remind.ALONE
