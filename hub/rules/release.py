"""Release what? Which waiting items an operator receives in this slot, as one bundle."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from hub.rules.moments import AMSTERDAM, SLOT


class Budget(NamedTuple):
    """An operator's own limit: at most one bundle per `gap` slots, of at most `items` items.

    A gap of two weekly slots means: never more than two bundles in any four weeks."""

    gap: int = 2
    items: int = 20


BUDGET = Budget()
"""The budget of every operator, until operators set their own."""

CUT_OFF = timedelta(hours=1)
"""What is accepted in the last hour before a slot waits for the next one."""


PATIENCE = timedelta(weeks=6)
"""After this, new items no longer go before one that is needed later, or at no set date."""


class Waiting(NamedTuple):
    """An item that waits: since when, and by when an answer is needed."""

    item: UUID
    since: datetime
    needed_by: date | None


class ReleaseReason(StrEnum):
    RELEASED = "released"
    NOTHING_WAITING = "nothing-waiting"
    TOO_SOON = "too-soon-after-last-bundle"


class Release(NamedTuple):
    """The answer and its reason: the items of the bundle in order, none unless released."""

    items: tuple[UUID, ...]
    reason: ReleaseReason


def release(waiting: Iterable[Waiting], last_slot: int | None, slot: int, budget: Budget) -> Release:
    """The bundle of one operator in one slot: earliest needed first, then oldest. Nothing is overtaken for
    ever: what has waited for `PATIENCE` counts as needed."""
    cut_off = SLOT.moment(slot) - CUT_OFF
    ready = sorted(
        (item for item in waiting if item.since <= cut_off),
        key=lambda item: (_by(item), item.since, item.item),
    )
    if not ready:
        return Release((), ReleaseReason.NOTHING_WAITING)
    if last_slot is not None and slot - last_slot < budget.gap:
        return Release((), ReleaseReason.TOO_SOON)
    return Release(tuple(item.item for item in ready[: budget.items]), ReleaseReason.RELEASED)


def expected_slot(since: datetime, last_slot: int | None, places_ahead: int, budget: Budget) -> int:
    """The slot by which a waiting item is expected to go out, when nothing more urgent comes."""
    ready = _first_slot_from(since + CUT_OFF)
    slot = _first_slot_from(since)
    if last_slot is not None:
        slot = max(slot, last_slot + budget.gap)
    behind_full = max(slot, ready) + places_ahead // budget.items * budget.gap
    if slot >= ready or not places_ahead:
        return behind_full
    # Some of those ahead may leave in the slot that comes too soon for this item, and the gap starts there.
    return max(behind_full, slot + (1 + (places_ahead - 1) // budget.items) * budget.gap)


def expected_moment(since: datetime, last_slot: int | None, now: datetime) -> datetime:
    """When a request that waits since then is expected to go out, if nobody is ahead of it; never in the
    past."""
    return SLOT.moment(max(expected_slot(since, last_slot, 0, BUDGET), _first_slot_from(now)))


def _by(item: Waiting) -> date:
    patient = (item.since + PATIENCE).date()
    return min(item.needed_by, patient) if item.needed_by else patient


def _first_slot_from(moment: datetime) -> int:
    return SLOT.latest(moment - timedelta(microseconds=1)) + 1


def slot_to_run(now: datetime, last_run: int | None) -> int | None:
    """The slot to run now: the latest one, on its own day only. A slot missed for a whole day is skipped:
    no operator gets a burst because the hub was away."""
    slot = SLOT.latest(now)
    same_day = SLOT.moment(slot).astimezone(AMSTERDAM).date() == now.astimezone(AMSTERDAM).date()
    return slot if same_day and (last_run is None or slot > last_run) else None
