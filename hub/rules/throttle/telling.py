"""What may an asker be told about its place in line, now and before it sends?

Figures come from what every asker may know, with the places that are left when others fill the reserve for
classified items. So a figure tells nothing of what is hidden, and the item does not leave later than told.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from hub.rules.placing import Place
from hub.rules.throttle.forecast import Expected, PolicyOf, Why, why_never
from hub.rules.throttle.line import Asking, Item, Lane, Line, ready
from hub.rules.throttle.policy import Policy
from hub.rules.throttle.release import Deadlines, Outcome
from hub.rules.throttle.slots import FAR, closed, may, next_slot, slots_of
from hub.rules.throttle.turns import pick


class Preview(NamedTuple):
    """What an asker is told before it sends: where the request goes, what it costs the operator (0: no
    contact and no place in a bundle), with how many others it rides, and when it leaves."""

    place: Place
    cost: int
    others: int
    expected: Expected | None


def told(line: Line, key: UUID, asker: str, first: int, policy_of: PolicyOf) -> Expected:
    """By which slot the item leaves at the latest, from the first slot still to be run, when nothing new
    comes; None: nothing can be promised. For a classified item there is no promise that tells nothing: its
    figure knows the asker's own classified items only."""
    item = next(item for item in line.waiting if item.item == key)
    start = _first_slot(item, first, policy_of(first))
    view = _View(line, item, asker, first, start, policy_of)
    why = Why.FIRST_SLOT
    for slot in range(start, start + FAR):
        policy = policy_of(slot)
        if not ready([item], slot, policy):
            break
        shut = view.shut(slot, policy)
        if shut is None and (place := view.bundle(slot, policy)) is not None:
            return Expected(slot, why, view.ahead + place)
        why = (shut or Why.BEHIND_OTHERS) if why is Why.FIRST_SLOT else why
    return Expected(None, why_never(item.classified, policy_of(first)), view.ahead)


def before_asking(
    line: Line, key: UUID, mine: Asking, place: Place, first: int, policy_of: PolicyOf, *, classified: bool
) -> Preview:
    """What the asker is told before it sends. `key` is the item that the request joins, or would open."""
    if place in (Place.ANSWERED, Place.JOINED_SENT):
        return Preview(place, 0, 0, None)
    found = [item for item in line.waiting if item.item == key]
    askings = (*found[0].askings, mine) if found else (mine,)
    item = Item(key, askings, classified, found[0].not_before if found else None)
    others = len({one.asker for one in askings} - {mine.asker}) if not classified else 0
    with_mine = line._replace(waiting=(*(one for one in line.waiting if one.item != key), item))
    when = told(with_mine, key, mine.asker, first, policy_of)
    return Preview(place, 0 if found else 1, others, when)


def next_day(line: Line, first: int, accepted: datetime, policy_of: PolicyOf) -> date | None:
    """The day of the next slot in which a bundle with what was accepted then may come, as far as anyone may
    know; None: never."""
    sent = [slot for slot in line.sent if slot not in line.sent_classified]
    first = max(first, slots_of(policy_of(first)).first_for(accepted))
    return _next_day(first, sent, policy_of)


def next_day_surely(line: Line, first: int, policy_of: PolicyOf) -> date | None:
    """The day of the first slot from this one on that is sure to come, whatever left unseen; None: never."""
    return _next_day(first, _sent_at_worst(line, first, policy_of), policy_of)


def _next_day(first: int, sent: Sequence[int], policy_of: PolicyOf) -> date | None:
    following = next_slot(first, sent, policy_of)
    return None if following is None else slots_of(policy_of(following)).day(following)


class _View:
    """The line as one asker may know it, while slots pass. What may have left unseen counts as if it had."""

    def __init__(self, line: Line, item: Item, asker: str, first: int, start: int, policy_of: PolicyOf):
        self._item, self._unseen = item, start - first
        self._line = line._replace(sent=_sent_at_worst(line, start, policy_of))
        if item.classified:
            own = (i for i in line.waiting if i.classified and any(a.asker == asker for a in i.askings))
            self._all, self._lane = tuple(own), Lane()
        else:
            self._all, self._lane = tuple(i for i in line.waiting if not i.classified), line.turns.open
        # What ends before its turn makes room in a later bundle only: who counts on it is told too soon.
        self._at_start = ready(self._all, start, policy_of(start))
        self._gone: set[UUID] = set()
        self.ahead = 0

    def shut(self, slot: int, policy: Policy) -> Why | None:
        """Why no bundle is sure to leave in this slot."""
        if not may(slot, self._line.sent, policy):
            why = closed(slot, self._line.sent, policy)
            never = Outcome.NOTHING_ROUTINE if why.never else Outcome.TOO_SOON
            return Why((Outcome.QUIET if why.quiet and not why.never else never).value)
        here = ready(self._all, slot, policy)
        deadlines = Deadlines.of(self._line, slot, policy)
        if deadlines.is_due(next(one for one in here if one.item == self._item.item)):
            return None
        if not self._unseen and any(deadlines.is_due(one) for one in here):
            return None
        surely = len(here) - self._unseen * policy.places
        return None if 2 * surely >= policy.places else Why.WAITS_FOR_MORE

    def bundle(self, slot: int, policy: Policy) -> int | None:
        """The place of the item in the bundle of this slot, when it is in it."""
        here = [one for one in self._at_start if one.item not in self._gone]
        places = policy.reserve if self._item.classified else policy.places - policy.reserve
        line, cut_off = self._line, slots_of(policy).cut_off(slot)
        picked = pick(here, places, self._lane, line.operator, slot, cut_off, line.weights)
        if self._item.item in picked.items:
            return picked.items.index(self._item.item)
        self._lane, self._line = picked.lane, line._replace(sent=(*line.sent, slot))
        self._gone.update(picked.items)
        self._unseen += 1
        self.ahead += len(picked.items)
        return None


def _first_slot(item: Item, first: int, policy: Policy) -> int:
    accepted = slots_of(policy).first_for(min(asking.since for asking in item.askings))
    return max(first, accepted, item.not_before or first)


def _sent_at_worst(line: Line, start: int, policy_of: PolicyOf) -> tuple[int, ...]:
    """The bundles that askers know of, and every one that may have left unseen before this slot."""
    sent = [slot for slot in line.sent if slot not in line.sent_classified]
    for slot in range(start - 1, start - 1 - policy_of(start).window, -1):
        policy = policy_of(slot)
        gap = policy.gap
        if gap is None or policy.is_quiet(slots_of(policy).day(slot)):
            continue
        if all(abs(slot - other) >= gap for other in sent):
            sent.append(slot)
    return tuple(sent)
