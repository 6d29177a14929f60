"""One operator and its askers, with the rules applied to what a hub would keep. For the laws only."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from hub.rules.throttle import components, reminding, slots, states
from hub.rules.throttle.components import Edge, Key, Merging, Word
from hub.rules.throttle.expiry import expires_at
from hub.rules.throttle.forecast import after
from hub.rules.throttle.keeping import turns_as_json, turns_from_json
from hub.rules.throttle.line import Asking, Item, Line, Turns
from hub.rules.throttle.policy import Change, Policy, policy_at
from hub.rules.throttle.release import Release, release
from hub.rules.throttle.reminding import Remind
from hub.rules.throttle.states import OPEN, State, Step
from hub.rules.throttle.urgent import Contact, Urgent, urgent
from tests.unit.rules.throttle import lives
from tests.unit.rules.throttle.lines import FIRST, SLOTS, START

KEYS = tuple("abcdef")
CLASSIFIED = frozenset("f")


@dataclass
class Request:
    """A request to the operator, as it is kept."""

    asker: str
    key: str
    accepted: datetime
    needed_by: date | None
    expires: datetime
    state: State


@dataclass
class World:
    """All that is kept, and a record of every contact. A question is with the operator by its key, since a
    bundle (its slot, and whether it was urgent): so items can be found again from what persons say of the
    keys now."""

    now: datetime = START
    last_run: int = FIRST
    changes: tuple[Change, ...] = (Change(0, Policy()),)
    requests: dict[int, Request] = field(default_factory=dict)
    withdrawn_early: set[int] = field(default_factory=set)
    with_operator: dict[str, tuple[int, bool]] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()
    not_before: dict[str, int] = field(default_factory=dict)
    turns: Turns = field(default_factory=Turns)
    bundles: dict[int, tuple[frozenset[str], ...]] = field(default_factory=dict)
    classified_only: tuple[int, ...] = ()
    reminded: dict[tuple[int, bool], int] = field(default_factory=dict)
    standalone: tuple[int, ...] = ()
    urgent: tuple[Contact, ...] = ()

    def policy(self, slot: int) -> Policy:
        return policy_at(self.changes, slot)

    def slot(self) -> int:
        return SLOTS.latest(self.now)

    def item_of(self) -> dict[str, str]:
        return dict(components.components(KEYS, self.edges))

    def keys_of(self, key: str) -> frozenset[str]:
        """All keys of the item that this key belongs to."""
        item = self.item_of()
        return frozenset(one for one in KEYS if item[one] == item[key])

    def is_sent(self, key: str) -> bool:
        """Whether the operator has the item that this key belongs to."""
        return not self.keys_of(key).isdisjoint(self.with_operator)

    def receive(
        self, number: int, asker: str, key: str, accepted: datetime, needed_by: date | None
    ) -> State | states.Not:
        """Joins or opens: a second time the same number changes nothing."""
        before = self.requests[number].state if number in self.requests else None
        if number in self.withdrawn_early:
            before = State.WITHDRAWN
        step = Step.JOIN_SENT if self.is_sent(key) else Step.WAIT
        state = lives.of_request(before, step)
        if isinstance(state, State):
            expires = expires_at(accepted, needed_by, self.policy(SLOTS.latest(accepted)))
            self.requests[number] = Request(asker, key, accepted, needed_by, expires, state)
            self.expire()
        return state

    def withdraw(self, number: int) -> State | states.Not:
        known = self.requests.get(number)
        state = lives.of_request(known.state if known else None, Step.WITHDRAW)
        if isinstance(state, State):
            if known is None:
                self.withdrawn_early.add(number)
            else:
                known.state = state
                self._end_empty()
        return state

    def expire(self) -> None:
        for request in self.requests.values():
            if request.state in OPEN and request.expires <= self.now:
                request.state = State.EXPIRED
        self._end_empty()

    def line(self) -> Line:
        """What waits, as the rules see it."""
        item = self.item_of()
        waiting: dict[str, list[Request]] = {}
        for request in self.requests.values():
            if request.state is State.WAITING:
                waiting.setdefault(item[request.key], []).append(request)
        items = []
        for root, asked in waiting.items():
            keys = {key for key in KEYS if item[key] == root}
            later = [self.not_before[key] for key in keys if key in self.not_before]
            askings = tuple(Asking(r.asker, r.accepted, r.needed_by, r.expires) for r in asked)
            items.append(
                Item(_uuid(root), askings, not keys.isdisjoint(CLASSIFIED), max(later, default=None))
            )
        return Line("enexis", tuple(items), self.turns, tuple(self.bundles), self.classified_only)

    def run_slot(self, slot: int) -> Release:
        """One worker runs a slot; a second one finds it done."""
        self.turns = turns_from_json(json.loads(turns_as_json(self.turns)))
        line = self.line()
        done = release(line, slot, self.policy(slot))
        if done.items:
            roots = [_key(item) for item in done.items]
            self.bundles[slot] = tuple(self.send(root, slot) for root in roots)
            then = after(line, slot, done)
            self.turns, self.classified_only = done.turns, then.sent_classified
        return done

    def send(self, key: str, slot: int, *, is_urgent: bool = False) -> frozenset[str]:
        """The item leaves with all who ask it."""
        keys = self.keys_of(key)
        self.with_operator |= dict.fromkeys(keys, (slot, is_urgent))
        self._step(keys, Step.SEND)
        for one in keys:
            self.not_before.pop(one, None)
        return keys

    def remind(self, slot: int) -> Remind:
        left = [*((at, False) for at in self.bundles), *((contact.slot, True) for contact in self.urgent)]
        bundles = {
            one: reminding.Sent(one[0], self.reminded.get(one, 0), one in self.with_operator.values())
            for one in left
            if one[0] < slot
        }
        policy = self.policy(slot)
        sent = list(bundles.values())
        how = reminding.remind(sent, self.standalone, slot, policy, has_bundle=slot in self.bundles)
        if how in (Remind.ALONE, Remind.RIDES_ALONG):
            for one, of_bundle in bundles.items():
                if reminding.due([of_bundle], slot):
                    self.reminded[one] = of_bundle.reminders + 1
        if how is Remind.ALONE:
            self.standalone = (*self.standalone, slot)
        return how

    def ask_urgently(self, number: int, reason: str, *, is_confirmed: bool) -> Urgent:
        request = self.requests[number]
        following = slots.next_slot(self.slot() + 1, tuple(self.bundles), self.policy)
        how = urgent(
            reason,
            request.needed_by,
            None if following is None else SLOTS.day(following),
            request.asker,
            self.slot(),
            self.urgent,
            self.policy(self.slot()),
            is_confirmed=is_confirmed,
            is_sent=request.state is not State.WAITING,
        )
        if how in (Urgent.RELEASED, Urgent.CONFIRMED):
            self.urgent = (*self.urgent, Contact(self.slot(), request.asker, how is Urgent.CONFIRMED))
            self.send(request.key, self.slot(), is_urgent=True)
        return how

    def settle(self, key: str, step: Step, until: int | None = None) -> None:
        """The operator answers, declines or postpones an item."""
        assert isinstance(states.of_item(State.SENT, step), State)
        keys = self.keys_of(key)
        self._step(keys, step)
        self._take_back(keys)
        if until is not None:
            self.not_before |= dict.fromkeys(keys, until)

    def merge(self, one: str, other: str) -> Merging:
        """A person says that two questions are the same; what the operator has covers both."""
        keys = [Key(key, "enexis", str(key in CLASSIFIED)) for key in (one, other)]
        how = components.may_merge(*keys, self.edges)
        if how is Merging.MAY:
            self.edges = (*self.edges, Edge(one, other, Word.SAME, self._moment()))
            if self.is_sent(one):
                self._step(self.keys_of(one), Step.MERGE, State.WAITING)
        return how

    def undo(self, one: str, other: str) -> None:
        """What had joined a question that the operator has, and is another one after all, waits again."""
        self.edges = (*self.edges, components.undone(one, other, self._moment()))
        for key in (one, other):
            if not self.is_sent(key):
                self._step(self.keys_of(key), Step.REOPEN, State.JOINED_SENT)
        self._end_empty()

    def _moment(self) -> datetime:
        return START + timedelta(seconds=len(self.edges))

    def _step(self, keys: frozenset[str], step: Step, only: State | None = None) -> None:
        for request in self.requests.values():
            if request.key in keys and request.state in OPEN and only in (None, request.state):
                state = lives.of_request(request.state, step)
                assert isinstance(state, State), (request, step, state)
                request.state = state

    def _take_back(self, keys: frozenset[str]) -> None:
        for key in keys:
            self.with_operator.pop(key, None)

    def _end_empty(self) -> None:
        for key in tuple(self.with_operator):
            keys = self.keys_of(key)
            asked = [r.state for r in self.requests.values() if r.key in keys and r.state in OPEN]
            if states.item_without_askers(asked) is not None:
                self._take_back(keys)

    def copy(self) -> "World":
        """The same world, from which another one may go on."""
        return replace(
            self,
            requests={n: replace(r) for n, r in self.requests.items()},
            withdrawn_early=set(self.withdrawn_early),
            with_operator=dict(self.with_operator),
            not_before=dict(self.not_before),
            bundles=dict(self.bundles),
            reminded=dict(self.reminded),
        )


def _uuid(root: str) -> UUID:
    return UUID(int=ord(root))


def _key(item: UUID) -> str:
    return chr(item.int)


def partition(keys: Iterable[str], edges: Iterable[Edge]) -> set[frozenset[str]]:
    """The items as sets of keys."""
    item = components.components(keys, edges)
    return {frozenset(key for key in item if item[key] == root) for root in item.values()}
