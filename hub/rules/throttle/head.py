"""What of a long line decides the next bundle? Figures of all that waits, and the first items of the askers
whose turn may come: so a release takes no longer when more waits."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from heapq import nsmallest
from typing import NamedTuple
from uuid import UUID

from hub.rules.throttle.line import NOBODY, Item, Lane, Line, Turns, ready
from hub.rules.throttle.policy import Policy
from hub.rules.throttle.release import Deadlines, Outcome, Release, bundle_from, shut
from hub.rules.throttle.turns import Front, Key, by_asker, keys, waiting_since


class Figures(NamedTuple):
    """Of what may leave in a slot: how many items; the earliest acceptance and need; and of each asker how
    many items and the moment of its first."""

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


def askers_to_read(policy: Policy) -> Iterator[int | None]:
    """For how many askers to read their items: more when the first ones do not fill the places; None: all."""
    yield policy.places
    yield 4 * policy.places
    yield None


def first_askers(
    figures: Figures, lane: Lane, operator: str, slot: int, most: int | None
) -> tuple[list[Key], Key | None]:
    """The askers whose turn comes first, and the next one."""
    everyone = keys(waiting_since(figures.asked_at, lane), lane, operator, slot)
    if most is None:
        return everyone, None
    first = nsmallest(most + 1, everyone)
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
    open_ones, classified = (_figures(items) for items in lanes)
    for most in askers_to_read(policy):
        open_front = _front(open_ones, lanes[0], line.turns.open, line.operator, slot, most, policy.places)
        hidden_front = _front(
            classified, lanes[1], line.turns.classified, line.operator, slot, most, policy.reserve
        )
        fronts = open_front, hidden_front
        head = Head(line.operator, open_ones, classified, fronts, line.turns, line.sent, line.weights)
        if (done := release_from(head, slot, policy)) is not None:
            return head, done
    raise AssertionError("all askers were read")


def front(figures: Figures, lane: Lane, first: Mapping[str, Sequence[Item]], beyond: Key | None) -> Front:
    """The front of a lane: the first items of its first askers, and who comes after them."""
    return Front(waiting_since(figures.asked_at, lane), figures.own, first, beyond)


def _figures(items: Sequence[Item]) -> Figures:
    if not items:
        return Figures()
    own, oldest = by_asker(items)
    askings = [asking for item in items for asking in item.askings]
    needs = [asking.needed_by for asking in askings if asking.needed_by is not None]
    return Figures(
        len(items),
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
    most: int | None,
    places: int,
) -> Front:
    askers, beyond = first_askers(figures, lane, operator, slot, most)
    own, _ = by_asker(items)
    first = {
        key.asker: nsmallest(places, own[key.asker], key=partial(_need, asker=key.asker)) for key in askers
    }
    return front(figures, lane, first, beyond)


def _need(item: Item, asker: str) -> tuple[date, datetime, UUID]:
    return min(
        (needed_by or date.max, since, item.item) for by, since, needed_by, _ in item.askings if by == asker
    )
