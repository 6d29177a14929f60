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
    own, since = _by_asker(ready, lane)
    twice = {moment for moment, times in Counter(since.values()).items() if times > 1}
    ties = {a: _tie(operator, slot, a) for a, at in since.items() if at in twice} if twice else {}
    askers = [(max(lane.served.get(a, 0), lane.level), at, ties.get(a, ""), a) for a, at in since.items()]
    heapify(askers)
    firsts: dict[str, _Firsts] = {}
    gone: dict[UUID, Item] = {}
    payers: list[str] = []
    level, served = lane.level, dict(lane.served)
    while askers and len(gone) < places:
        cost, at, tie, asker = askers[0]
        if asker not in firsts:
            firsts[asker] = _Firsts(asker, own[asker])
        first = firsts[asker].take(gone)
        if first is None:
            heappop(askers)
            continue
        gone[first.item] = first
        payers.append(asker)
        level = max(level, cost)
        served[asker] = cost + TURN // weights.get(asker, 1)
        heapreplace(askers, (served[asker], at, tie, asker))
    left = {a for item in gone.values() for a, _, _, _ in item.askings}
    done = {a for a in left if all(item.item in gone for item in own[a])}
    still = {a: at for a, at in since.items() if a not in done}
    above = {a: cost for a, cost in served.items() if cost > level}
    return Picked(tuple(gone), tuple(payers), Lane(level, above, still, cut_off))


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


def _by_asker(ready: Sequence[Item], lane: Lane) -> tuple[dict[str, list[Item]], dict[str, datetime]]:
    """The items of each asker, and since when it waits."""
    own: dict[str, list[Item]] = {}
    oldest: dict[str, datetime] = {}
    for item in ready:
        for asker, since, _, _ in item.askings:
            if asker not in own:
                own[asker] = [item]
                oldest[asker] = since
            else:
                own[asker].append(item)
                if since < oldest[asker]:
                    oldest[asker] = since
    if lane.at is not None:
        for asker, kept in lane.since.items():
            if asker in oldest and kept < oldest[asker] < lane.at:
                oldest[asker] = kept
    return own, oldest


def _tie(operator: str, slot: int, asker: str) -> str:
    return hashlib.sha256(f"{operator}\n{slot}\n{asker}".encode()).hexdigest()
