"""Which requests go to which item when a person's words about questions have changed?

What waits in one component is on one item. What an operator has in its own words stays with it; what joined
that, and is not the same question any more, waits again."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID


class Asked(NamedTuple):
    """An open request with its merge key, and the open item that it is on, with the key of that."""

    event: UUID
    key: str
    state: str
    item: UUID
    item_key: str
    item_state: str


class Move(NamedTuple):
    """Requests go to the open item with a merge key, in a state: to `item`, None: one to be opened."""

    events: tuple[UUID, ...]
    item: UUID | None
    key: str
    state: str


class Regrouping(NamedTuple):
    """What has to be done, in this order: items end, get another merge key, and requests move."""

    emptied: tuple[UUID, ...] = ()
    renamed: Mapping[UUID, str] = {}
    moves: tuple[Move, ...] = ()


def regroup(asked: Sequence[Asked], component: Mapping[str, str]) -> Regrouping:
    """What brings the items in line with the components; nothing when they are. The same whatever the order
    in which requests and words came, while nothing was sent."""
    groups: dict[str, list[Asked]] = {}
    for one in asked:
        groups.setdefault(component[one.key], []).append(one)
    moves = [move for name in sorted(groups) for move in _moves(groups[name], component, name)]
    going = {event for move in moves for event in move.events}
    left: dict[UUID, list[Asked]] = {one.item: [] for one in asked}
    for one in asked:
        if one.event not in going:
            left[one.item].append(one)
    into = {move.item for move in moves}
    emptied = tuple(sorted(item for item, still in left.items() if not still and item not in into))
    return Regrouping(emptied, _renamed(left, component), tuple(moves))


def _moves(group: Sequence[Asked], component: Mapping[str, str], name: str) -> Iterable[Move]:
    free = [one for one in group if one.state != "sent"]
    if not free:
        return
    seen = {
        (one.item_key, one.item, one.key)
        for one in group
        if one.state == "sent" or (one.item_state == "sent" and component.get(one.item_key) == name)
    }
    if seen:
        yield from _to_what_was_sent(free, seen)
        return
    fitting = {
        one.event: one.item_key
        for one in free
        if one.state == "waiting" and component.get(one.item_key) == name
    }
    key = min(fitting.get(one.event, one.key) for one in free)
    here = next((one.item for one in free if one.item_state == "waiting" and one.item_key == key), None)
    going = tuple(sorted(one.event for one in free if one.item != here or one.state != "waiting"))
    if going:
        yield Move(going, here, key, "waiting")


def _to_what_was_sent(free: Iterable[Asked], seen: set[tuple[str, UUID, str]]) -> Iterable[Move]:
    """Each joins where the operator has it in the same words, else the first that it has."""
    first = min(seen)[:2]
    to: dict[tuple[str, UUID], list[UUID]] = {}
    for one in free:
        own = min((place[:2] for place in seen if place[2] == one.key), default=first)
        if one.item != own[1] or one.state != "joined-sent":
            to.setdefault(own, []).append(one.event)
    for (key, item), events in sorted(to.items()):
        yield Move(tuple(sorted(events)), item, key, "joined-sent")


def _renamed(left: Mapping[UUID, Sequence[Asked]], component: Mapping[str, str]) -> dict[UUID, str]:
    """An item that was sent keeps no key of a question that is not on it: who asks that asks anew."""
    taken = {one.item_key for still in left.values() for one in still}
    renamed = {}
    for item, still in sorted(left.items()):
        groups = {component[one.key] for one in still}
        if not still or still[0].item_state != "sent" or component.get(still[0].item_key) in groups:
            continue
        key = min(one.key for one in still)
        if key not in taken:
            renamed[item] = key
    return renamed
