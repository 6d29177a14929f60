"""What stands in line for an operator? Items with who asks them, and whose turn it is."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from hub.rules.throttle.policy import Policy
from hub.rules.throttle.slots import slots_of

NOBODY: Mapping[str, int] = MappingProxyType({})


class Asking(NamedTuple):
    """One request that waits on an item: accepted at `since`, ended at `expires`."""

    asker: str
    since: datetime
    needed_by: date | None
    expires: datetime


class Item(NamedTuple):
    """A question as the operator sees it, with all its askers. `classified`: other askers may not know that
    it is there. A postponed one is left alone in slots before `not_before`."""

    item: UUID
    askings: tuple[Asking, ...]
    classified: bool = False
    not_before: int | None = None


class Lane(NamedTuple):
    """Whose turn it is. `served` is what the turns of each asker cost so far, `level` what the last turn
    began at: who begins to wait begins there. `since` says from when each asker waits that waited on after
    the last bundle, which took what was accepted before `at`."""

    level: int = 0
    served: Mapping[str, int] = NOBODY
    since: Mapping[str, datetime] = MappingProxyType({})
    at: datetime | None = None


class Turns(NamedTuple):
    """Classified items have turns of their own: so those of others tell nothing about them."""

    open: Lane = Lane()
    classified: Lane = Lane()


class Line(NamedTuple):
    """All that decides what an operator receives next. `sent` are the slots of its routine bundles, of those
    in the longest window at least; `sent_classified` are those of them that held classified items only;
    `weights` are of askers that get more than one turn to another's one."""

    operator: str
    waiting: tuple[Item, ...]
    turns: Turns = Turns()
    sent: tuple[int, ...] = ()
    sent_classified: tuple[int, ...] = ()
    weights: Mapping[str, int] = NOBODY


def ready(waiting: Iterable[Item], slot: int, policy: Policy) -> list[Item]:
    """The items that may leave in a slot, each with the askings that count in it: accepted before the
    cut-off, and not ended by the slot."""
    slots = slots_of(policy)
    moment, cut_off = slots.moment(slot), slots.cut_off(slot)
    found = []
    for item in waiting:
        if item.not_before is not None and slot < item.not_before:
            continue
        if item.classified and not policy.reserve:
            continue
        askings = item.askings
        for asking in askings:
            if asking.since >= cut_off or asking.expires <= moment:
                item = item._replace(askings=tuple(_counting(askings, cut_off, moment)))
                break
        if item.askings:
            found.append(item)
    return found


def _counting(askings: Iterable[Asking], cut_off: datetime, moment: datetime) -> list[Asking]:
    return [asking for asking in askings if asking.since < cut_off and asking.expires > moment]
