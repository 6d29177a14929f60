"""The laws over anything that may happen: asking, joining, merging, changing one's mind, and time."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hub.rules.throttle import states
from hub.rules.throttle.components import Merging
from hub.rules.throttle.forecast import expected
from hub.rules.throttle.policy import Change, Policy, Quiet
from hub.rules.throttle.slots import slot_to_run
from hub.rules.throttle.states import OPEN, State, Step
from hub.rules.throttle.telling import told
from hub.rules.throttle.urgent import Urgent
from tests.unit.rules.throttle.lines import ASKERS, SLOTS, START, policies
from tests.unit.rules.throttle.world import KEYS, World, partition

_keys = st.sampled_from(KEYS)
_askers = st.sampled_from(ASKERS)
_first = st.integers(0, 10**6)


class Throttle(RuleBasedStateMachine):
    """`world` gets requests in any order, twice, and with crashes; `calm` gets each once, as accepted."""

    def __init__(self) -> None:
        super().__init__()
        self.world, self.calm = World(), World()
        self.under_way: list[tuple[str, tuple[Any, ...]]] = []
        self.numbers = 0
        self.policies_of: dict[int, Policy] = {}
        self.changed: list[int] = []

    @initialize(policy=policies(quiet=True, window=4))
    def begin(self, policy: Policy) -> None:
        self._both(lambda world: setattr(world, "changes", (Change(0, policy),)))

    def _both(self, do: Any) -> tuple[Any, Any]:
        return do(self.world), do(self.calm)

    # what askers do: it comes in any order
    @rule(asker=_askers, key=_keys, needed=st.none() | st.integers(-5, 60), minutes=st.integers(0, 300))
    def ask(self, asker: str, key: str, needed: int | None, minutes: int) -> None:
        self._pass(timedelta(minutes=minutes))
        now = self.world.now + timedelta(microseconds=self.numbers)
        needed_by = None if needed is None else now.date() + timedelta(days=needed)
        self._send("receive", self.numbers, asker, key, now, needed_by)
        self.numbers += 1

    @rule(key=_keys, count=st.integers(3, 12))
    def flood(self, key: str, count: int) -> None:
        for n in range(count):
            self.ask("flood", KEYS[(KEYS.index(key) + n) % len(KEYS)], None, 0)

    @precondition(lambda self: self.numbers)
    @rule(which=_first)
    def withdraw(self, which: int) -> None:
        self._settle_under_way()
        number = which % self.numbers
        request = self.world.requests.get(number)
        item = self.world.item_of()
        others = [
            (n, r.state)
            for n, r in self.world.requests.items()
            if request is not None and n != number and item[r.key] == item[request.key]
        ]
        before = tuple(self.world.bundles)
        self._both(lambda world: world.withdraw(number))
        assert tuple(self.world.bundles) == before  # P19
        assert [(n, self.world.requests[n].state) for n, _ in others] == others  # P19

    @rule()
    def withdraw_before_it_comes(self) -> None:
        self._settle_under_way()
        self.calm.withdraw(self.numbers)
        assert self.world.withdraw(self.numbers) is State.WITHDRAWN
        self.ask("gm0363", "a", None, 0)
        self._settle_under_way()
        assert self.numbers - 1 not in self.world.requests  # P8

    def _send(self, what: str, *given: Any) -> None:
        getattr(self.calm, what)(*given)
        self.under_way.append((what, given))

    @precondition(lambda self: self.under_way)
    @rule(which=_first, twice=st.booleans())
    def arrive(self, which: int, twice: bool) -> None:
        what, given = self.under_way.pop(which % len(self.under_way))
        getattr(self.world, what)(*given)
        if twice:
            before = self.world.copy()
            assert self.world.receive(*given) in (  # P8, P20
                states.Not.RECEIVED_BEFORE,
                states.Not.WITHDRAWN_BEFORE,
            )
            assert self.world == before

    def _settle_under_way(self) -> None:
        while self.under_way:
            what, given = self.under_way.pop()
            getattr(self.world, what)(*given)

    # what the operator and coordinator do
    def _with_operator(self) -> list[str]:
        return sorted(self.world.with_operator)

    @precondition(lambda self: self._with_operator())
    @rule(which=_first, step=st.sampled_from([Step.ANSWER, Step.DECLINE]))
    def settle(self, which: int, step: Step) -> None:
        self._settle_under_way()
        key = self._with_operator()[which % len(self._with_operator())]
        self._both(lambda world: world.settle(key, step))

    @precondition(lambda self: self._with_operator())
    @rule(which=_first, later=st.integers(1, 8))
    def postpone(self, which: int, later: int) -> None:
        self._settle_under_way()
        key = self._with_operator()[which % len(self._with_operator())]
        until = self.world.slot() + later
        self._both(lambda world: world.settle(key, Step.POSTPONE, until))

    @rule(one=_keys, other=_keys, undo=st.booleans())
    def merge(self, one: str, other: str, undo: bool) -> None:
        self._settle_under_way()
        before = partition(KEYS, self.world.edges)
        world = self.world.copy()
        how, _ = self._both(lambda world: world.merge(one, other))
        if how is Merging.MAY and undo:
            self._both(lambda world: world.undo(one, other))
            assert partition(KEYS, self.world.edges) == before  # P17
            assert (self.world.requests, self.world.line()) == (world.requests, world.line())

    @rule(policy=policies(window=4), none=st.booleans())
    def change_policy(self, policy: Policy, none: bool) -> None:
        self._settle_under_way()
        since = self.world.slot() + 1
        new = policy._replace(bundles=0 if none else policy.bundles)
        self.changed.append(since)
        self._both(lambda world: setattr(world, "changes", (*world.changes, Change(since, new))))

    @rule(days=st.integers(0, 20), length=st.integers(1, 40))
    def ask_for_quiet(self, days: int, length: int) -> None:
        self._settle_under_way()
        since, day = self.world.slot() + 1, self.world.now.date() + timedelta(days=days)
        policy = self.world.policy(since)._replace(
            quiet=(Quiet(day, day + timedelta(days=length)),), still=()
        )
        self._both(lambda world: setattr(world, "changes", (*world.changes, Change(since, policy))))

    @precondition(lambda self: any(r.state is State.WAITING for r in self.world.requests.values()))
    @rule(which=_first, is_confirmed=st.booleans())
    def ask_urgently(self, which: int, is_confirmed: bool) -> None:
        self._settle_under_way()
        waiting = [n for n, r in self.world.requests.items() if r.state is State.WAITING]
        number = waiting[which % len(waiting)]
        before = len(self.world.urgent)
        how, calm = self._both(lambda w: w.ask_urgently(number, "dijk", is_confirmed=is_confirmed))
        assert how is calm
        assert len(self.world.urgent) == before + (how in (Urgent.RELEASED, Urgent.CONFIRMED))

    # time
    def _pass(self, time: timedelta) -> None:
        ahead = min(self.world.now + time, SLOTS.moment(self.world.slot() + 1) - timedelta(microseconds=1))

        def forward(world: World) -> None:
            world.now = max(world.now, ahead)
            world.expire()

        self._both(forward)

    @rule(hours=st.integers(1, 160))
    def wait(self, hours: int) -> None:
        self._pass(timedelta(hours=hours))

    @rule(late=st.integers(0, 30), workers=st.integers(1, 3), crash=st.booleans())
    def reach_slot(self, late: int, workers: int, crash: bool) -> None:
        """The next slot, on time or hours late; a day late it is skipped."""
        self._settle_under_way()
        slot = self.world.slot() + 1
        forecasts = self._forecasts(slot)

        def forward(world: World) -> None:
            world.now = SLOTS.moment(slot) + timedelta(hours=late)
            world.expire()

        self._both(forward)
        runs = slot_to_run(self.world.now, self.world.last_run, self.world.policy)
        assert (runs is None) == (late >= 14)  # P4
        if runs is None:
            return
        self.policies_of[slot] = self.world.policy(slot)
        if crash:
            self.world.copy().run_slot(slot)
        for _ in range(workers):
            self.world.run_slot(slot)
            self.world.remind(slot)
        self.calm.run_slot(slot)
        self.calm.remind(slot)
        self._both(lambda world: setattr(world, "last_run", slot))
        assert self.world.bundles == self.calm.bundles  # P8, P9
        assert self.world.turns == self.calm.turns
        if late == 0:
            self._check(forecasts, slot)

    def _forecasts(self, slot: int) -> dict[frozenset[str], int | None]:
        line, item = self.world.line(), self.world.item_of()
        return {
            frozenset(key for key in KEYS if item[key] == chr(one.item.int)): expected(
                line, one.item, slot, self.world.policy
            ).slot
            for one in line.waiting
        }

    def _check(self, forecasts: dict[frozenset[str], int | None], slot: int) -> None:
        sent = set(self.world.bundles.get(slot, ()))
        assert sent == {keys for keys, when in forecasts.items() if when == slot}  # P13

    # laws
    @invariant()
    def p01_p02_contacts(self) -> None:
        world, limits = self.world, self.policies_of
        for at in world.bundles:
            within = [s for s in world.bundles if at - 4 < s <= at]
            assert len(within) <= min(world.policy(s).bundles for s in range(at - 3, at + 1))  # P1, P18
        assert all(later - earlier >= 1 for earlier, later in pairwise(world.bundles))
        for at in {contact.slot for contact in world.urgent}:
            within_window = [c for c in world.urgent if at - 4 < c.slot <= at]
            assert sum(not c.confirmed for c in within_window) <= 2
            assert sum(c.confirmed for c in within_window) <= 2
            own = [c.asker for c in within_window if not c.confirmed]
            assert len(set(own)) == len(own)
        assert len(set(world.standalone)) == len(world.standalone)
        assert set(world.reminded.values()) <= {1, 2}
        for at in limits:
            most = max(world.policy(s).bundles for s in range(at - 3, at + 1))
            reminders = sum(at - 4 < s <= at for s in world.standalone)
            assert reminders <= 2 * most  # P2
            contacts = reminders + sum(at - 4 < s <= at for s in world.bundles)
            assert contacts + sum(at - 4 < c.slot <= at for c in world.urgent) <= 3 * most + 4

    @invariant()
    def p03_p04_bundles(self) -> None:
        for slot, items in self.world.bundles.items():
            policy = self.policies_of[slot]
            assert 1 <= len(items) <= policy.places
            assert len(set(items)) == len(items)
            assert sum("f" in keys for keys in items) <= policy.reserve
            assert not policy.is_quiet(SLOTS.day(slot))

    @invariant()
    def p05_p06_p07_states(self) -> None:
        world = self.world
        line = world.line()
        for request in world.requests.values():
            assert request.state not in OPEN or request.expires > world.now  # P6
            holding = [i for i in line.waiting if any(_is(request, a) for a in i.askings)]
            assert bool(holding) is (request.state is State.WAITING)  # P5
            if request.state in OPEN:
                assert world.is_sent(request.key) is not (request.state is State.WAITING)  # P5, P7
        for key in world.with_operator:
            assert any(r.state in OPEN and r.key in world.keys_of(key) for r in world.requests.values())
        assert len({item.item for item in line.waiting}) == len(line.waiting)  # P7
        assert sum(len(i.askings) for i in line.waiting) == sum(
            r.state is State.WAITING for r in world.requests.values()
        )

    @invariant()
    def p14_what_is_told_does_not_know_what_is_hidden(self) -> None:
        line = self.world.line()
        slot = self.world.last_run + 1
        seen = line._replace(
            waiting=tuple(item for item in line.waiting if not item.classified),
            turns=line.turns._replace(classified=World().turns.classified),
            sent=tuple(s for s in line.sent if s not in line.sent_classified),
            sent_classified=(),
        )
        for item in seen.waiting[:1]:
            asker = item.askings[0].asker
            figures = [told(one, item.item, asker, slot, self.world.policy) for one in (line, seen)]
            assert figures[0] == figures[1]

    def teardown(self) -> None:
        """P6: if nobody does anything more, every request ends by its time."""
        self._settle_under_way()
        world = self.world
        last = max((r.expires for r in world.requests.values()), default=START)
        world.now = max(world.now, last)
        world.expire()
        assert not any(r.state in OPEN for r in world.requests.values())
        assert not self._with_operator()


def _is(request: Any, asking: Any) -> bool:
    return (request.asker, request.accepted) == (asking.asker, asking.since)


TestThrottle = Throttle.TestCase
