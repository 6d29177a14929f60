"""What of a long line decides the next bundle? Figures of all that waits, and the first items of the askers
whose turn may come: so a release takes no longer when more waits."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from heapq import nsmallest
from math import ceil
from typing import NamedTuple
from uuid import UUID

from hub.rules.throttle.line import NOBODY, Item, Lane, Line, Turns, ready
from hub.rules.throttle.policy import Policy
from hub.rules.throttle.release import Deadlines, Outcome, Release, bundle_from, shut
from hub.rules.throttle.turns import Front, by_asker, keys, waiting_since


class Figures(NamedTuple):
    """Of what may leave in a slot: how many items, counted to the places of a bundle; the earliest acceptance
    and need; and of each asker how many items and the moment of its first."""

    items: int = 0
    oldest: datetime | None = None
    needed_by: date | None = None
    own: Mapping[str, int] = NOBODY
    asked_at: Mapping[str, datetime] = {}


class Head(NamedTuple):
    """The head of an operator's line: open and classified items each in their lane."""

    operator: str
    open: Figures
    classified: Figures
    fronts: tuple[Front, Front]
    turns: Turns
    sent: tuple[int, ...]
    weights: Mapping[str, int] = NOBODY


class Reach(NamedTuple):
    """How much of a line is read: the first askers, so many times the places of a bundle, or all; and of
    each the items that it is likely to give, or as many as there are places."""

    times: int | None
    whole: bool

    def askers(self, places: int) -> int | None:
        """How many askers; None: all."""
        return None if self.times is None else self.times * places

    def items(self, figures: Figures, places: int) -> int:
        """How many items of each asker in the lane of these figures."""
        if self.whole:
            return places
        return min(places, 1 + ceil(places / max(1, min(len(figures.own), places))))


REACHES = (Reach(1, whole=False), Reach(1, whole=True), Reach(4, whole=True), Reach(None, whole=True))
"""More is read as long as what was read does not fill the places. Turns differ little, so the least is mostly
enough."""


def first_askers(
    figures: Figures, lane: Lane, operator: str, slot: int, most: int | None
) -> tuple[list[str], str | None]:
    """The askers whose turn comes first, and the next one."""
    if most is None:
        return list(figures.asked_at), None
    everyone = keys(waiting_since(figures.asked_at, lane), lane, operator, slot)
    first = [key.asker for key in nsmallest(most + 1, everyone)]
    return first[:most], first[most] if len(first) > most else None


def outcome(head_of: tuple[Figures, Figures], line: Line, slot: int, policy: Policy) -> Outcome | None:
    """Why nothing leaves in this slot; None: a bundle does. Of the line only its sent bundles count."""
    figures = [one for one in head_of if one.items]
    if (why := shut(sum(one.items for one in figures), line.sent, slot, policy)) is not None:
        return why
    if 2 * sum(one.items for one in figures) >= policy.places:
        return None
    deadlines = Deadlines.of(line, slot, policy)
    due = any(deadlines.passed(one.oldest, one.needed_by) for one in figures if one.oldest is not None)
    return None if due else Outcome.WAITS_FOR_MORE


def release_from(head: Head, slot: int, policy: Policy) -> Release | None:
    """The bundle of this slot; None: an asker comes up whose items were not read."""
    line = Line(head.operator, (), head.turns, head.sent, (), head.weights)
    why = outcome((head.open, head.classified), line, slot, policy)
    if why is not None:
        return Release((), head.turns, why)
    return bundle_from(head.fronts, line, slot, policy, policy.places)


def head_of(line: Line, slot: int, policy: Policy) -> tuple[Head, Release]:
    """The head that decides a release, and the release, from the whole line."""
    here = ready(line.waiting, slot, policy)
    lanes = ([i for i in here if not i.classified], [i for i in here if i.classified])
    open_ones, classified = (_figures(items, policy.places) for items in lanes)
    for reach in REACHES:
        fronts = (
            _front(open_ones, lanes[0], line.turns.open, line.operator, slot, reach, policy.places),
            _front(classified, lanes[1], line.turns.classified, line.operator, slot, reach, policy.places),
        )
        head = Head(line.operator, open_ones, classified, fronts, line.turns, line.sent, line.weights)
        if (done := release_from(head, slot, policy)) is not None:
            return head, done
    raise AssertionError("all askers were read")


def front(figures: Figures, lane: Lane, first: Mapping[str, Sequence[Item]], beyond: str | None) -> Front:
    """The front of a lane: the first items of its first askers, and who comes after them."""
    return Front(waiting_since(figures.asked_at, lane), figures.own, first, beyond)


def _figures(items: Sequence[Item], most: int) -> Figures:
    if not items:
        return Figures()
    own, oldest = by_asker(items)
    askings = [asking for item in items for asking in item.askings]
    needs = [asking.needed_by for asking in askings if asking.needed_by is not None]
    return Figures(
        min(len(items), most),
        min(asking.since for asking in askings),
        min(needs, default=None),
        {asker: len(asked) for asker, asked in own.items()},
        oldest,
    )


def _front(
    figures: Figures,
    items: Sequence[Item],
    lane: Lane,
    operator: str,
    slot: int,
    reach: Reach,
    places: int,
) -> Front:
    askers, beyond = first_askers(figures, lane, operator, slot, reach.askers(places))
    own, _ = by_asker(items)
    most = reach.items(figures, places)
    first = {asker: nsmallest(most, own[asker], key=partial(_need, asker=asker)) for asker in askers}
    return front(figures, lane, first, beyond)


def _need(item: Item, asker: str) -> tuple[date, datetime, UUID]:
    return min(
        (needed_by or date.max, since, item.item) for by, since, needed_by, _ in item.askings if by == asker
    )
