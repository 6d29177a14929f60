"""In which slot does what waits leave, when nothing new comes? For who may see all that waits."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from hub.rules.throttle.line import Line, ready
from hub.rules.throttle.policy import Policy
from hub.rules.throttle.release import Outcome, Release, release
from hub.rules.throttle.slots import FAR, slots_of

PolicyOf = Callable[[int], Policy]
"""The policy for a slot."""


class Why(StrEnum):
    """Why an item leaves when it leaves: what kept it in the first slot in which it could have."""

    FIRST_SLOT = "leaves-in-the-first-slot"
    BEHIND_OTHERS = "others-go-first"
    WAITS_FOR_MORE = Outcome.WAITS_FOR_MORE.value
    TOO_SOON = Outcome.TOO_SOON.value
    QUIET = Outcome.QUIET.value
    NOTHING_ROUTINE = Outcome.NOTHING_ROUTINE.value
    NO_PLACE = "operator-has-no-place-for-classified-items"
    NOT_YET = "accepted-after-the-cut-off-or-postponed"
    EXPIRES_FIRST = "expires-first"


class Expected(NamedTuple):
    """The slot in which an item leaves, None when it ends before that; why; and how many leave before it."""

    slot: int | None
    why: Why
    ahead: int = 0


def after(line: Line, slot: int, bundle: Release) -> Line:
    """The line when a slot has been run."""
    if not bundle.items:
        return line
    gone = set(bundle.items)
    left = tuple(item for item in line.waiting if item.item not in gone)
    only_classified = all(item.classified for item in line.waiting if item.item in gone)
    return line._replace(
        waiting=left,
        turns=bundle.turns,
        sent=(*line.sent, slot),
        sent_classified=(*line.sent_classified, *([slot] if only_classified else [])),
    )


def drain(line: Line, first: int, policy_of: PolicyOf) -> Iterator[tuple[int, Release]]:
    """What comes of each slot from this one on, until all has left or ended."""
    slot, last = first, first + FAR
    while line.waiting and slot < last:
        ends = max(asking.expires for item in line.waiting for asking in item.askings)
        last = min(last, slots_of(policy_of(slot)).latest(ends) + 2)
        done = release(line, slot, policy_of(slot))
        yield slot, done
        line = after(line, slot, done)
        slot += 1


def expected(line: Line, key: UUID, first: int, policy_of: PolicyOf) -> Expected:
    """When the item leaves, from the first slot that is still to be run."""
    item = next(item for item in line.waiting if item.item == key)
    why, ahead = Why.NOT_YET, 0
    for slot, done in drain(line, first, policy_of):
        can = bool(ready([item], slot, policy_of(slot)))
        if key in done.items:
            reason = Why.FIRST_SLOT if why is Why.NOT_YET else why
            return Expected(slot, reason, ahead + done.items.index(key))
        if can and why is Why.NOT_YET:
            why = Why.BEHIND_OTHERS if done.items else Why(done.outcome)
        if why is not Why.NOT_YET and not can:
            break
        ahead += len(done.items)
    return Expected(None, why_never(item.classified, policy_of(first)), ahead)


def why_never(classified: bool, policy: Policy) -> Why:
    """Why an item does not leave at all."""
    if policy.gap is None:
        return Why.NOTHING_ROUTINE
    return Why.NO_PLACE if classified and not policy.reserve else Why.EXPIRES_FIRST
