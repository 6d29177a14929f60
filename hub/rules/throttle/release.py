"""Release what? Which items an operator receives in this slot, as one bundle."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from hub.rules.throttle.line import Item, Line, Turns, ready
from hub.rules.throttle.policy import Policy
from hub.rules.throttle.slots import closed, next_slot, slots_of
from hub.rules.throttle.turns import pick

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
    outcome = _shut(here, line, slot, policy)
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
    cut_off = slots_of(policy).cut_off(slot)
    of_slot = (line.operator, slot, cut_off, line.weights)
    hidden = [item for item in here if item.classified]
    seen = [item for item in here if not item.classified] if hidden else here
    closed_ones = pick(hidden, min(policy.reserve, places), line.turns.classified, *of_slot)
    others = pick(seen, places - len(closed_ones.items), line.turns.open, *of_slot)
    return Release(
        tuple(chain(others.items, closed_ones.items)),
        Turns(others.lane, closed_ones.lane),
        Outcome.RELEASED,
        tuple(chain(others.payers, closed_ones.payers)),
    )


def _shut(here: list[Item], line: Line, slot: int, policy: Policy) -> Outcome | None:
    if not here:
        return Outcome.NOTHING_WAITING
    shut = closed(slot, line.sent, policy)
    if shut.never:
        return Outcome.NOTHING_ROUTINE
    if shut.quiet:
        return Outcome.QUIET
    return Outcome.TOO_SOON if shut.spent else None


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
        if self.needed_before is None:
            return True
        for _, since, needed_by, _ in item.askings:
            if since < self.accepted_before or (needed_by is not None and needed_by < self.needed_before):
                return True
        return False
