"""The head of a line decides the same bundle as the whole line, however many ask the same."""

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from hub.rules.throttle.head import head_of
from hub.rules.throttle.line import Item, Lane, Line, Turns
from hub.rules.throttle.policy import Policy
from hub.rules.throttle.release import release
from tests.unit.rules.throttle.lines import FIRST, START, asking, policies

_ASKERS = [f"gm{number:04}" for number in range(1, 41)]
_few = st.sampled_from(_ASKERS[:6])
_many = st.sampled_from(_ASKERS)


@st.composite
def _lines(draw: st.DrawFn) -> Line:
    """Many askers, of whom some ask much, many the same, and some at the same moment."""
    size = draw(st.integers(0, 40))
    items = []
    for number in range(size):
        askers = draw(st.lists(draw(st.sampled_from([_few, _many])), min_size=1, max_size=8))
        asked = tuple(
            asking(
                asker,
                draw(st.integers(0, 40)),
                draw(st.sampled_from([0, 0, 9, 20, 40])),
                draw(st.integers(0, 1)),
            )
            for asker in askers
        )
        not_before = draw(st.sampled_from([None, None, FIRST, FIRST + 2]))
        items.append(Item(UUID(int=number), asked, draw(st.integers(0, 4)) == 0, not_before))
    return Line("enexis", tuple(items), draw(_turns()), draw(st.sampled_from([(), (FIRST - 1,), (FIRST,)])))


@st.composite
def _turns(draw: st.DrawFn) -> Turns:
    def lane() -> Lane:
        served = draw(st.dictionaries(_few, st.integers(0, 4).map(lambda turns: turns * 720_720), max_size=6))
        since = {a: START - timedelta(minutes=draw(st.integers(0, 3))) for a in draw(st.sets(_few))}
        return Lane(draw(st.integers(0, 2)) * 720_720, served, since, draw(st.none() | st.just(START)))

    return Turns(lane(), lane())


@given(_lines(), policies(), st.integers(0, 3))
def test_the_head_decides_the_same_bundle_as_the_whole_line(line: Line, policy: Policy, weeks: int) -> None:
    slot = FIRST + 1 + weeks
    _, done = head_of(line, slot, policy)
    assert done == release(line, slot, policy)


def test_a_long_line_is_read_for_its_first_items_of_its_first_askers_only() -> None:
    items = tuple(Item(UUID(int=number), (asking(_ASKERS[number % 40], number, 0),)) for number in range(400))
    head, done = head_of(Line("enexis", items), FIRST + 2, Policy(places=5))
    assert len(done.items) == 5
    assert len(head.fronts[0].first) == 5
    assert all(len(own) == 2 for own in head.fronts[0].first.values())


def test_of_few_askers_so_many_items_are_read_that_they_fill_the_places() -> None:
    items = tuple(Item(UUID(int=number), (asking(_ASKERS[number % 2], number, 0),)) for number in range(400))
    head, done = head_of(Line("enexis", items), FIRST + 2, Policy(places=8))
    assert len(done.items) == 8
    assert {len(own) for own in head.fronts[0].first.values()} == {5}


def test_where_all_ask_the_same_more_is_read_of_more_askers() -> None:
    one = Item(UUID(int=1), tuple(asking(asker, number, 0) for number, asker in enumerate(_ASKERS)))
    other = Item(UUID(int=2), (asking(_ASKERS[-1], 99, 0),))
    head, done = head_of(Line("enexis", (one, other)), FIRST + 1, Policy(places=4))
    assert done.items == (one.item, other.item)
    assert len(head.fronts[0].first) == 40


def test_who_is_not_read_comes_up_after_who_is_read_also_where_a_hash_decides() -> None:
    """Three began in one moment; one had a turn before, so its next one ties with those that are not read."""
    items = tuple(Item(UUID(int=number), (asking(_ASKERS[number % 3], 0, 0),)) for number in range(12))
    for served in ({}, {_ASKERS[0]: 720_720}, {_ASKERS[1]: 720_720, _ASKERS[2]: 1_441_440}):
        line = Line("enexis", items, Turns(Lane(served=served)))
        for places in (1, 2, 3, 5):
            slot, policy = FIRST + 1, Policy(places=places)
            assert head_of(line, slot, policy)[1] == release(line, slot, policy)
