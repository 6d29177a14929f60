"""Until when does what waits wait, and why? In moments, as people are told."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from hub.rules.throttle.forecast import Expected, PolicyOf, Why
from hub.rules.throttle.line import Line
from hub.rules.throttle.slots import next_slot, slots_of
from hub.rules.throttle.telling import told


class Standing(NamedTuple):
    """How an operator's line stands: what waits, the first slot still to be run, and the policy for each."""

    line: Line
    first: int
    policy_of: PolicyOf


class Leaves(NamedTuple):
    """By when an item leaves at the latest, when nothing new comes, and why not sooner; None: nothing can be
    promised."""

    by: datetime | None
    why: Why


def leaves(standing: Standing, item: UUID, asker: str) -> Leaves | None:
    """What this asker may be told of its item; None: it does not wait any more."""
    line, first, policy_of = standing
    if all(one.item != item for one in line.waiting):
        return None
    return as_leaves(told(line, item, asker, first, policy_of), policy_of)


def as_leaves(expected: Expected, policy_of: PolicyOf) -> Leaves:
    """The same, in moments."""
    return Leaves(_moment(expected.slot, policy_of), expected.why)


def next_bundle(slot: int, sent: tuple[int, ...], policy_of: PolicyOf) -> datetime | None:
    """The first moment after a slot at which another bundle may come; None: it never does."""
    return _moment(next_slot(slot + 1, sent, policy_of), policy_of)


def _moment(slot: int | None, policy_of: PolicyOf) -> datetime | None:
    return None if slot is None else slots_of(policy_of(slot)).moment(slot)
