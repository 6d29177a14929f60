"""A year of questions through the rules of the throttle, the same that its workers use. Only the operators
are made up: each answers a bundle ten days after it came, about all that was asked by then."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple
from uuid import UUID

from bench.year_demand import BEGIN, FLOOD_PROVINCES, FLOOD_WEEKS, WEEKS, Ask
from hub.register.model import Register
from hub.rules.moments import dutch_day
from hub.rules.placing import Place, place
from hub.rules.throttle.crisis import LASTS, Joining, Opening, Sheet, join, open_sheet, renewed
from hub.rules.throttle.expiry import expires_at
from hub.rules.throttle.library import Kept, reuse, valid_until
from hub.rules.throttle.line import Asking, Item, Line, Turns
from hub.rules.throttle.policy import DEFAULT, Policy
from hub.rules.throttle.release import release
from hub.rules.throttle.slots import next_slot, slots_of
from hub.rules.throttle.urgent import LEAVES, Contact, Urgent, urgent
from schemas.terms import FunctionSlug, Tlp

AFTER = 27
"""Weeks without new questions after the year, so that each one ends."""
_ANSWERED_AFTER = timedelta(days=10)
_CRISIS = "hoogwater"


class Variant(NamedTuple):
    """What of the throttle is in use. Without `merging` each question is an item of its own, without `union`
    the areas are part of the key, without `turns` the oldest goes first. Of `whole_area` of the standard
    questions the operator answers for all areas that it serves, instead of those that are asked about."""

    name: str
    policy: Policy = DEFAULT
    merging: bool = True
    union: bool = True
    turns: bool = True
    library: bool = True
    sheet: bool = False
    urgency: bool = True
    whole_area: float = 0


class Played(NamedTuple):
    """What came of a year. `served`: when the library or a sheet answered a question, or its operator had it;
    None: it ended before, at `expires`. `contacts` are those of every kind; `questions` is how many different
    ones operators had."""

    served: list[datetime | None]
    expires: list[datetime]
    routine: dict[str, list[int]]
    urgent: dict[str, list[Contact]]
    contacts: list[tuple[str, datetime]]
    questions: int


class _Open:
    """An item that waits or is with its operator, with the numbers of the questions on it."""

    def __init__(self, number: int, key: tuple[object, ...]):
        self.item, self.key, self.asks = UUID(int=number), key, list[int]()
        self.state = "waiting"


class _Year:
    def __init__(self, variant: Variant, asks: Sequence[Ask], register: Register):
        self.variant, self.asks, self.register = variant, asks, register
        self.served: list[datetime | None] = [None] * len(asks)
        self.slots = slots_of(variant.policy)
        self.expires = [expires_at(ask.at, ask.needed_by, variant.policy) for ask in asks]
        operators = sorted({ask.operator for ask in asks})
        self.items: dict[str, dict[tuple[object, ...], _Open]] = {one: {} for one in operators}
        self.turns = {one: Turns() for one in operators}
        self.sent: dict[str, list[int]] = {one: [] for one in operators}
        self.urgent: dict[str, list[Contact]] = {one: [] for one in operators}
        self.kept: dict[tuple[str, str], list[Kept]] = {}
        self.with_operators: list[tuple[datetime, str, _Open]] = []
        self.sheets: dict[str, list[Sheet]] = {one: [] for one in operators}
        self.on_sheets: set[tuple[str, str]] = set()
        self.contacts: list[tuple[str, datetime]] = []
        self.numbers = self.questions = 0
        self.chance = Random(1)  # noqa: S311 - the same operators for the same year
        self.areas_of: dict[str, frozenset[str]] = {}

    def play(self) -> Played:
        left = iter(enumerate(self.asks))
        following = next(left, None)
        for slot in range(BEGIN, BEGIN + WEEKS + AFTER):
            moment = self.slots.moment(slot)
            while following is not None and following[1].at < moment:
                self._place(*following)
                following = next(left, None)
            self._answer(moment)
            for operator in self.items:
                self._run(operator, slot, moment)
        return Played(self.served, self.expires, self.sent, self.urgent, self.contacts, self.questions)

    def _place(self, number: int, ask: Ask) -> None:
        self._answer(ask.at)
        if self.variant.sheet and ask.is_flood:
            if not any(self.sheets.values()):
                self._open_sheets(ask.at)
            if self._joins_sheet(ask):
                self.served[number] = ask.at
                return
        if self.variant.library:
            kept = self.kept.get((ask.operator, ask.library_key), [])
            found = reuse(kept, [ask.library_key], ask.areas, ask.asker, dutch_day(ask.at), self.register)
            if not found.gap:
                self.served[number] = ask.at
                return
        key = self._key(number, ask)
        items = self.items[ask.operator]
        where = place(items[key].state if key in items else None, answer_serves=False)
        if where is Place.NEW:
            self.numbers += 1
            items[key] = _Open(self.numbers, key)
        items[key].asks.append(number)
        if where is Place.JOINED_SENT:
            self.served[number] = ask.at
        elif ask.is_urgent and self.variant.urgency:
            self._press(ask, items[key])

    def _key(self, number: int, ask: Ask) -> tuple[object, ...]:
        if not self.variant.merging:
            return (number,)
        return (ask.key,) if self.variant.union else (ask.key, ask.areas)

    def _press(self, ask: Ask, item: _Open) -> None:
        """Its coordinator confirms at once what the operator has no place for otherwise."""
        slot = self.slots.latest(ask.at)
        sent, policy = self.sent[ask.operator], self.variant.policy
        coming = next_slot(self.slots.first_for(ask.at), sent, lambda _: policy)
        day = None if coming is None else self.slots.day(coming)
        earlier = self.urgent[ask.operator]
        how = urgent("hoogwater", ask.needed_by, day, ask.asker, slot, earlier, policy, is_confirmed=True)
        if how in LEAVES:
            earlier.append(Contact(slot, ask.asker, how is Urgent.CONFIRMED))
            self.contacts.append((ask.operator, ask.at))
            self._send(ask.operator, [item], ask.at)

    def _run(self, operator: str, slot: int, moment: datetime) -> None:
        self._expire(operator, moment)
        waiting = [item for item in self.items[operator].values() if item.state == "waiting"]
        line = Line(
            operator, tuple(map(self._item, waiting)), self.turns[operator], tuple(self.sent[operator])
        )
        done = release(line, slot, self.variant.policy)
        if done.items:
            self.turns[operator] = done.turns
            self.sent[operator].append(slot)
            self.contacts.append((operator, moment))
            gone = set(done.items)
            self._send(operator, [item for item in waiting if item.item in gone], moment)

    def _item(self, item: _Open) -> Item:
        askings = []
        for number in item.asks:
            ask = self.asks[number]
            # Who has one item each has one turn each: then the oldest goes first.
            asker = ask.asker if self.variant.turns else str(item.item)
            askings.append(Asking(asker, ask.at, ask.needed_by, self.expires[number]))
        return Item(item.item, tuple(askings))

    def _send(self, operator: str, items: Iterable[_Open], at: datetime) -> None:
        for item in items:
            item.state = "sent"
            self.questions += 1
            for number in item.asks:
                if self.asks[number].at <= at:
                    self.served[number] = at
            self.with_operators.append((at + _ANSWERED_AFTER, operator, item))

    def _answer(self, now: datetime) -> None:
        """Operators answer what they had for ten days: in the order in which it came."""
        while self.with_operators and self.with_operators[0][0] <= now:
            at, operator, item = self.with_operators.pop(0)
            del self.items[operator][item.key]
            first, day = self.asks[item.asks[0]], dutch_day(at)
            areas = frozenset(area for number in item.asks for area in self.asks[number].areas)
            if first.is_standard and self.chance.random() < self.variant.whole_area:
                areas |= self._served_by(operator)
            named = frozenset(self.asks[number].asker for number in item.asks if first.label is Tlp.AMBER)
            kept = Kept(
                item.item,
                first.library_key,
                first.kind,
                first.functions,
                areas,
                day,
                valid_until(first.kind, day, None, self.variant.policy.validity),
                first.label,
                named,
            )
            self.kept.setdefault((operator, first.library_key), []).append(kept)

    def _served_by(self, operator: str) -> frozenset[str]:
        """All areas that meet those of an operator."""
        if operator not in self.areas_of:
            own, register = self.register.parties[operator].areas, self.register
            self.areas_of[operator] = frozenset(a for a in register.areas if register.meeting_area(own, [a]))
        return self.areas_of[operator]

    def _expire(self, operator: str, now: datetime) -> None:
        for key, item in list(self.items[operator].items()):
            if item.state == "waiting":
                item.asks = [number for number in item.asks if self.expires[number] > now]
                if not item.asks:
                    del self.items[operator][key]

    def _open_sheets(self, now: datetime) -> None:
        """One situation for all functions in the flooded provinces: one contact of each operator there."""
        for operator in self.sheets:
            if not self.register.meeting_area(self.register.parties[operator].areas, FLOOD_PROVINCES):
                continue
            held = {one.function for one in self.register.roles if one.party == operator}
            for function in sorted(held):
                name = FunctionSlug(function)
                new = Sheet(operator, name, _CRISIS, FLOOD_PROVINCES, Tlp.GREEN, now, now + LASTS)
                if open_sheet(new, self.sheets[operator], now) is Opening.OPENED:
                    self.sheets[operator].append(new)
            self.contacts.append((operator, now))

    def _joins_sheet(self, ask: Ask) -> bool:
        """Its coordinator renews the sheet each day while the flood lasts."""
        over = self.slots.moment(BEGIN + FLOOD_WEEKS[-1] + 1)
        sheets = self.sheets[ask.operator]
        for place_, sheet in enumerate(sheets):
            while sheet.until <= ask.at < over:
                _, sheet = renewed(sheet, sheet.until - timedelta(days=1))
            sheets[place_] = sheet
            to = (ask.functions, ask.areas, ask.at, self.register)
            if join(sheet, *to, is_standard=ask.is_standard) is Joining.JOINED:
                if (ask.operator, ask.key) not in self.on_sheets:
                    self.on_sheets.add((ask.operator, ask.key))
                    self.questions += 1
                return True
        return False


def play(variant: Variant, asks: Sequence[Ask], register: Register) -> Played:
    """The year with this much of the throttle."""
    return _Year(variant, asks, register).play()
