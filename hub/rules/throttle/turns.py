"""Whose turn is it? The asker whose turn it is pays for an item; who asked the same rides free."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from heapq import heapify, heappop, heapreplace
from typing import NamedTuple
from uuid import UUID

from hub.rules.throttle.line import Item, Lane

TURN = 720_720
"""The price of a turn at weight 1: a whole number for every weight to 16."""


class Picked(NamedTuple):
    """Items in the order in which they were picked, who paid for each, and whose turn it is then."""

    items: tuple[UUID, ...]
    payers: tuple[str, ...]
    lane: Lane


class Key(NamedTuple):
    """What decides whose turn it is: what its turns cost so far, since when it waits, and a hash between
    those that began in one moment."""

    cost: int
    since: datetime
    tie: str
    asker: str


class Front(NamedTuple):
    """Of what waits in a lane, all that decides which items leave. `since` says from when each asker waits,
    `own` how many items each asks; `first` are the first ones of each asker whose turn may come; `beyond` is
    the first asker whose items are not there."""

    since: Mapping[str, datetime]
    own: Mapping[str, int]
    first: Mapping[str, Sequence[Item]]
    beyond: str | None = None


def pick(
    ready: Sequence[Item],
    places: int,
    lane: Lane,
    operator: str,
    slot: int,
    cut_off: datetime,
    weights: Mapping[str, int],
) -> Picked:
    """Up to `places` items: each time the asker that had least so far gives the first of its own items, which
    leaves with all who asked it."""
    picked = pick_from(front_of(ready, lane), places, lane, operator, slot, cut_off, weights)
    assert picked is not None  # noqa: S101 - all items are there
    return picked


def front_of(ready: Sequence[Item], lane: Lane) -> Front:
    """The front of all that may leave."""
    own, oldest = by_asker(ready)
    return Front(waiting_since(oldest, lane), {a: len(items) for a, items in own.items()}, own)


def pick_from(
    front: Front,
    places: int,
    lane: Lane,
    operator: str,
    slot: int,
    cut_off: datetime,
    weights: Mapping[str, int],
) -> Picked | None:
    """The same, out of what may decide it; None: an asker comes up of whom not enough is there."""
    named = front.first if front.beyond is None else (*front.first, front.beyond)
    askers = keys({asker: front.since[asker] for asker in named}, lane, operator, slot)
    heapify(askers)
    firsts: dict[str, _Firsts] = {}
    gone: dict[UUID, Item] = {}
    payers: list[str] = []
    level, served = lane.level, dict(lane.served)
    while askers and len(gone) < places:
        key = askers[0]
        asker = key.asker
        if asker == front.beyond:
            return None
        if asker not in firsts:
            firsts[asker] = _Firsts(asker, front.first[asker])
        first = firsts[asker].take(gone)
        if first is None:
            if len(front.first[asker]) < front.own[asker]:
                return None
            heappop(askers)
            continue
        gone[first.item] = first
        payers.append(asker)
        level = max(level, key.cost)
        served[asker] = key.cost + TURN // weights.get(asker, 1)
        heapreplace(askers, key._replace(cost=served[asker]))
    left = Counter(a for item in gone.values() for a in {a for a, _, _, _ in item.askings})
    done = {a for a, items in left.items() if items == front.own[a]}
    still = {a: at for a, at in front.since.items() if a not in done}
    above = {a: cost for a, cost in served.items() if cost > level}
    return Picked(tuple(gone), tuple(payers), Lane(level, above, still, cut_off))


def keys(since: Mapping[str, datetime], lane: Lane, operator: str, slot: int) -> list[Key]:
    """The key of each asker, in any order; those of some askers order these as those of all do."""
    twice = {moment for moment, times in Counter(since.values()).items() if times > 1}
    ties = {a: _tie(operator, slot, a) for a, at in since.items() if at in twice} if twice else {}
    return [Key(max(lane.served.get(a, 0), lane.level), at, ties.get(a, ""), a) for a, at in since.items()]


def waiting_since(oldest: Mapping[str, datetime], lane: Lane) -> dict[str, datetime]:
    """Since when each asker waits without a break; `oldest` is the first that it asked of what waits now."""
    since = dict(oldest)
    if lane.at is not None:
        for asker, kept in lane.since.items():
            if asker in since and kept < since[asker] < lane.at:
                since[asker] = kept
    return since


class _Firsts:
    """The items of one asker by its own need: what others need does not reorder what it asked."""

    def __init__(self, asker: str, items: Iterable[Item]):
        self._own = [
            (needed_by or date.max, since, item.item, item)
            for item in items
            for by, since, needed_by, _ in item.askings
            if by == asker
        ]
        heapify(self._own)

    def take(self, gone: Mapping[UUID, Item]) -> Item | None:
        """The first that is not gone."""
        while self._own:
            item = heappop(self._own)[3]
            if item.item not in gone:
                return item
        return None


def by_asker(ready: Sequence[Item]) -> tuple[dict[str, list[Item]], dict[str, datetime]]:
    """The items of each asker, and the moment of its first."""
    own: dict[str, list[Item]] = {}
    oldest: dict[str, datetime] = {}
    for item in ready:
        for asker, since, _, _ in item.askings:
            if asker not in own:
                own[asker] = [item]
                oldest[asker] = since
                continue
            if own[asker][-1] is not item:
                own[asker].append(item)
            if since < oldest[asker]:
                oldest[asker] = since
    return own, oldest


def _tie(operator: str, slot: int, asker: str) -> str:
    return hashlib.sha256(f"{operator}\n{slot}\n{asker}".encode()).hexdigest()
