"""Every request is in one state, ends, and never joins itself."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.throttle import states
from hub.rules.throttle.policy import Change, Policy
from hub.rules.throttle.states import OPEN, RECEIVING, Not, State, Step
from tests.unit.rules.throttle import lives
from tests.unit.rules.throttle.lines import ASKERS, SLOTS, START
from tests.unit.rules.throttle.world import KEYS, World

_REQUEST = (State.WAITING, State.JOINED_SENT, State.SENT)
_asked = st.lists(st.tuples(st.sampled_from(ASKERS), st.sampled_from(KEYS)), min_size=1, max_size=12)


def _world(asked: list[tuple[str, str]], **policy: int) -> World:
    world = World(changes=(Change(0, Policy(**policy)),))
    for number, (asker, key) in enumerate(asked):
        world.receive(number, asker, key, START + timedelta(minutes=number), None)
    return world


def _run(world: World, slots: int = 1) -> None:
    for _ in range(slots):
        world.last_run += 1
        world.now = SLOTS.moment(world.last_run)
        world.expire()
        world.run_slot(world.last_run)


@given(st.lists(st.sampled_from(Step), max_size=30))
def test_p05_whatever_happens_a_request_is_in_one_state_and_once_ended_stays_ended(steps: list[Step]) -> None:
    state: State | None = None
    for step in steps:
        found = lives.of_request(state, step)
        if isinstance(found, State):
            assert state is None or state in OPEN or found is State.ANSWERED or step is Step.CONFIRM
            state = found
        else:
            assert isinstance(found, Not)


@pytest.mark.parametrize("state", _REQUEST)
def test_p06_every_open_request_can_end_by_its_time(state: State) -> None:
    assert lives.of_request(state, Step.EXPIRE) is State.EXPIRED


@pytest.mark.parametrize("state", [State.WAITING, State.SENT, State.POSTPONED])
def test_p06_every_open_item_can_end_by_its_time(state: State) -> None:
    assert states.of_item(state, Step.EXPIRE) is State.EXPIRED


@given(_asked, st.integers(0, 4))
def test_p06_without_a_budget_every_request_ends_all_the_same(asked: list[tuple[str, str]], b: int) -> None:
    world = _world(asked, bundles=b)
    _run(world, 27)
    world.now = SLOTS.moment(world.last_run)
    world.expire()
    assert {request.state for request in world.requests.values()} == {State.EXPIRED}
    assert bool(world.bundles) is (b > 0)


@given(_asked)
def test_p07_equal_keys_are_one_open_item_whoever_joins_when(asked: list[tuple[str, str]]) -> None:
    world = _world(asked, max_wait=0, places=3, reserve=1)
    for number, (asker, key) in enumerate(asked * 3):
        world.receive(100 + number, asker, key, world.now, None)
        waiting = [r.key for r in world.requests.values() if r.state is State.WAITING]
        assert world.with_operator.keys().isdisjoint(waiting)
        assert len(world.line().waiting) == len(set(waiting))
        _run(world)


def test_p08_a_withdrawal_that_comes_before_its_request_holds() -> None:
    world = World()
    assert world.withdraw(1) is State.WITHDRAWN
    assert world.receive(1, "gm0363", "a", START, None) is Not.WITHDRAWN_BEFORE
    assert world.line().waiting == ()


@given(_asked, st.data())
def test_p19_withdrawing_gives_no_budget_back_and_leaves_the_items_of_others(
    asked: list[tuple[str, str]], data: st.DataObject
) -> None:
    world = _world(asked, max_wait=0)
    _run(world, data.draw(st.integers(0, 2)))
    number = data.draw(st.integers(0, len(asked) - 1))
    own = world.requests[number]
    bundles, turns, sent = dict(world.bundles), world.turns, world.line().sent
    others = {n: r.state for n, r in world.requests.items() if n != number}
    world.withdraw(number)
    assert own.state is State.WITHDRAWN
    assert (world.bundles, world.turns, world.line().sent) == (bundles, turns, sent)
    assert {n: r.state for n, r in world.requests.items() if n != number} == others
    for request in world.requests.values():
        assert (request.state in (State.SENT, State.JOINED_SENT)) <= (request.key in world.with_operator)


@given(_asked, st.integers(0, 3))
def test_p20_a_request_that_is_tried_again_never_joins_itself(asked: list[tuple[str, str]], ran: int) -> None:
    world = _world(asked, max_wait=0)
    _run(world, ran)
    before = world.copy()
    for number, (asker, key) in enumerate(asked):
        assert world.receive(number, asker, key, START, None) is Not.RECEIVED_BEFORE
    assert world == before


@pytest.mark.parametrize("state", [s for s in State if s is not State.WITHDRAWN])
@pytest.mark.parametrize("step", sorted(RECEIVING))
def test_p20_nothing_that_was_received_is_received_again(state: State, step: Step) -> None:
    assert lives.of_request(state, step) is Not.RECEIVED_BEFORE


@pytest.mark.parametrize(
    ("state", "step", "found"),
    [
        (None, Step.REFUSE, State.REFUSED),
        (None, Step.SERVE, State.ANSWERED),
        (None, Step.ANSWER, Not.UNKNOWN),
        (State.WAITING, Step.POSTPONE, Not.NOT_SENT),
        (State.SENT, Step.SEND, Not.SENT_ALREADY),
        (State.SENT, Step.POSTPONE, State.WAITING),
        (State.WAITING, Step.MERGE, State.JOINED_SENT),
        (State.JOINED_SENT, Step.REOPEN, State.WAITING),
        (State.SENT, Step.NOT_SHARE, State.NOT_SHARED),
        (State.ANSWERED, Step.ANSWER, State.ANSWERED),
        (State.DECLINED, Step.ANSWER, State.ANSWERED),
        (State.EXPIRED, Step.ANSWER, Not.ENDED),
        (State.ANSWERED, Step.WITHDRAW, Not.ENDED),
    ],
)
def test_what_becomes_of_a_request(state: State | None, step: Step, found: State | Not) -> None:
    assert lives.of_request(state, step) is found


@pytest.mark.parametrize(
    ("state", "step", "found"),
    [
        (State.SENT, Step.POSTPONE, State.POSTPONED),
        (State.POSTPONED, Step.RESUME, State.WAITING),
        (State.SENT, Step.RESUME, Not.NOT_POSTPONED),
        (State.SENT, Step.REMIND, State.SENT),
        (State.WAITING, Step.REMIND, Not.NOT_SENT),
        (State.EXPIRED, Step.ANSWER, Not.ENDED),
        (State.ANSWERED, Step.ANSWER, State.ANSWERED),
    ],
)
def test_what_becomes_of_an_item(state: State, step: Step, found: State | Not) -> None:
    assert states.of_item(state, step) is found


def test_a_bundle_closes_with_its_last_open_item() -> None:
    assert lives.of_bundle(None, Step.SEND) is State.RELEASED
    assert lives.bundle_when([State.ANSWERED, State.SENT]) is None
    assert lives.bundle_when([State.ANSWERED, State.POSTPONED]) is Step.CLOSE
    assert lives.of_bundle(State.RELEASED, Step.CLOSE) is State.CLOSED
    assert lives.of_bundle(State.CLOSED, Step.REMIND) is Not.ENDED


def test_an_item_ends_with_its_last_request() -> None:
    assert states.item_without_askers([State.WITHDRAWN, State.SENT]) is None
    assert states.item_without_askers([State.WITHDRAWN]) is Step.WITHDRAW
    assert states.item_without_askers([State.WITHDRAWN, State.EXPIRED]) is Step.EXPIRE


def test_not_enough_may_be_said_of_what_came_back_only() -> None:
    assert {state for state in State if states.may_follow_up(state)} == {
        State.ANSWERED,
        State.NOT_SHARED,
        State.DECLINED,
    }
