"""Release what? Which items an operator receives in this slot, as one bundle."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from hub.rules.throttle.line import Item, Line, Turns, ready
from hub.rules.throttle.policy import Policy
from hub.rules.throttle.slots import closed, next_slot, slots_of
from hub.rules.throttle.turns import Front, front_of, pick_from

TIME_TO_ANSWER = timedelta(days=7)
"""What an operator needs between a bundle and the day on which the answer is needed."""


class Outcome(StrEnum):
    """What came of a slot."""

    RELEASED = "released"
    NOTHING_WAITING = "nothing-waiting"
    NOTHING_ROUTINE = "operator-wants-nothing-routine"
    QUIET = "operator-asked-for-quiet"
    TOO_SOON = "too-soon-after-last-bundle"
    WAITS_FOR_MORE = "waits-for-more-or-until-one-is-due"


class Release(NamedTuple):
    """The items of the bundle in order, none unless released; whose turn it is then; who paid for each."""

    items: tuple[UUID, ...]
    turns: Turns
    outcome: Outcome
    payers: tuple[str, ...] = ()


def release(line: Line, slot: int, policy: Policy) -> Release:
    """The bundle of one operator in one slot."""
    here = ready(line.waiting, slot, policy)
    outcome = shut(len(here), line.sent, slot, policy)
    if outcome is None and not is_full_enough(here, policy):
        deadlines = Deadlines.of(line, slot, policy)
        if not any(deadlines.is_due(item) for item in here):
            outcome = Outcome.WAITS_FOR_MORE
    if outcome is not None:
        return Release((), line.turns, outcome)
    return bundle(here, line, slot, policy, policy.places)


def is_full_enough(here: list[Item], policy: Policy) -> bool:
    """Whether so many wait that a bundle may leave though nothing is due."""
    return 2 * len(here) >= policy.places


def bundle(here: list[Item], line: Line, slot: int, policy: Policy, places: int) -> Release:
    """A bundle out of these items: at most the reserve of classified ones, and others in all other places."""
    hidden = [item for item in here if item.classified]
    seen = [item for item in here if not item.classified] if hidden else here
    fronts = front_of(seen, line.turns.open), front_of(hidden, line.turns.classified)
    made = bundle_from(fronts, line, slot, policy, places)
    assert made is not None  # noqa: S101 - all items are there
    return made


def bundle_from(
    fronts: tuple[Front, Front], line: Line, slot: int, policy: Policy, places: int
) -> Release | None:
    """The same out of the fronts of the open and the classified lane; None: there is not enough in them."""
    of_slot = (line.operator, slot, slots_of(policy).cut_off(slot), line.weights)
    closed_ones = pick_from(fronts[1], min(policy.reserve, places), line.turns.classified, *of_slot)
    if closed_ones is None:
        return None
    others = pick_from(fronts[0], places - len(closed_ones.items), line.turns.open, *of_slot)
    if others is None:
        return None
    return Release(
        tuple(chain(others.items, closed_ones.items)),
        Turns(others.lane, closed_ones.lane),
        Outcome.RELEASED,
        tuple(chain(others.payers, closed_ones.payers)),
    )


def shut(count: int, sent: Sequence[int], slot: int, policy: Policy) -> Outcome | None:
    """Why no bundle may leave in this slot with so many items that wait; None: one may."""
    if not count:
        return Outcome.NOTHING_WAITING
    why = closed(slot, sent, policy)
    if why.never:
        return Outcome.NOTHING_ROUTINE
    if why.quiet:
        return Outcome.QUIET
    return Outcome.TOO_SOON if why.spent else None


class Deadlines(NamedTuple):
    """What is due in a slot: what could have left `max_wait` slots before, and what the next slot that may be
    used is too late for. `before` is the first day for which it is not; None: there is no next one."""

    accepted_before: datetime
    needed_before: date | None

    @classmethod
    def of(cls, line: Line, slot: int, policy: Policy) -> "Deadlines":
        slots = slots_of(policy)
        later = next_slot(slot + 1, line.sent, lambda _: policy)
        return cls(
            slots.cut_off(slot - policy.max_wait),
            None if later is None else slots.day(later) + TIME_TO_ANSWER,
        )

    def is_due(self, item: Item) -> bool:
        """Whether the item can wait no longer."""
        return any(self.passed(since, needed_by) for _, since, needed_by, _ in item.askings)

    def passed(self, since: datetime, needed_by: date | None) -> bool:
        """Whether what was accepted then, and is needed by then, can wait no longer."""
        if self.needed_before is None or since < self.accepted_before:
            return True
        return needed_by is not None and needed_by < self.needed_before
