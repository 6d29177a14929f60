"""Items follow the components of what people say, whatever the order."""

from itertools import count
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from hub.rules.throttle.regrouping import Asked, Regrouping, regroup

_SPACE = UUID(int=7)
_KEYS = "abcd"


def _id(name: str) -> UUID:
    return uuid5(_SPACE, name)


def _asked(event: str, key: str, state: str, item: str, item_state: str) -> Asked:
    return Asked(_id(event), key, state, _id(item), item[0], item_state)


def _together(*groups: str) -> dict[str, str]:
    return {key: min(group) for group in groups for key in group}


def test_two_that_wait_become_one_under_the_smallest_key() -> None:
    asked = [_asked("1", "b", "waiting", "b0", "waiting"), _asked("2", "a", "waiting", "a0", "waiting")]
    done = regroup(asked, _together("ab"))
    assert done.emptied == (_id("b0"),)
    assert done.moves == (((_id("1"),), _id("a0"), "a", "waiting"),)


def test_what_waits_joins_what_was_sent() -> None:
    asked = [_asked("1", "a", "waiting", "a0", "waiting"), _asked("2", "b", "sent", "b0", "sent")]
    done = regroup(asked, _together("ab"))
    assert done.moves == (((_id("1"),), _id("b0"), "b", "joined-sent"),)
    assert done.emptied == (_id("a0"),)


def test_who_joined_what_was_sent_stays_when_the_first_asker_is_gone() -> None:
    asked = [_asked("2", "a", "joined-sent", "a0", "sent")]
    for words in (_together("a", "b"), _together("ab")):
        assert regroup(asked, words) == Regrouping()


def test_two_that_were_sent_stay_as_they_are() -> None:
    asked = [_asked("1", "a", "sent", "a0", "sent"), _asked("2", "b", "sent", "b0", "sent")]
    assert regroup(asked, _together("ab")) == Regrouping()


def test_undone_what_waits_gets_an_item_of_its_own() -> None:
    asked = [_asked("1", "a", "waiting", "a0", "waiting"), _asked("2", "b", "waiting", "a0", "waiting")]
    done = regroup(asked, _together("a", "b"))
    assert done.moves == (((_id("2"),), None, "b", "waiting"),)
    assert done.emptied == ()


def test_undone_what_was_sent_stays_and_what_joined_it_waits_again() -> None:
    asked = [
        _asked("1", "a", "sent", "a0", "sent"),
        _asked("2", "b", "sent", "a0", "sent"),
        _asked("3", "b", "joined-sent", "a0", "sent"),
        _asked("4", "c", "joined-sent", "a0", "sent"),
    ]
    done = regroup(asked, _together("a", "b", "c"))
    assert done.moves == (((_id("4"),), None, "c", "waiting"),)


def test_an_item_that_was_sent_keeps_no_key_of_a_question_that_is_not_on_it() -> None:
    asked = [_asked("1", "b", "sent", "a0", "sent")]
    assert regroup(asked, _together("a", "b")).renamed == {_id("a0"): "b"}


@st.composite
def _partitions(draw: st.DrawFn) -> dict[str, str]:
    blocks = {key: draw(st.sampled_from(_KEYS)) for key in _KEYS}
    first = {block: min(key for key in _KEYS if blocks[key] == block) for block in blocks.values()}
    return {key: first[blocks[key]] for key in _KEYS}


def _done(asked: list[Asked], done: Regrouping) -> list[Asked]:
    """The requests after the moves, with new items where these open one."""
    state = {one.item: (done.renamed.get(one.item, one.item_key), one.item_state) for one in asked}
    where = {one.event: (one.item, one.state) for one in asked}
    numbers = count(100)
    for move in done.moves:
        item = move.item
        if item is None:
            item = _id(f"new-{next(numbers)}-{len(asked)}-{move.key}")
            state[item] = (move.key, "waiting")
        where |= dict.fromkeys(move.events, (item, move.state))
    return [
        Asked(one.event, one.key, where[one.event][1], where[one.event][0], *state[where[one.event][0]])
        for one in asked
    ]


@given(st.lists(st.sampled_from(_KEYS), min_size=1, max_size=6), st.lists(_partitions(), max_size=4))
def test_p05_p17_after_any_words_what_waits_is_partitioned_by_them_and_again_changes_nothing(
    keys: list[str], words: list[dict[str, str]]
) -> None:
    asked = [_asked(str(n), key, "waiting", f"{key}0", "waiting") for n, key in enumerate(keys)]
    for component in words:
        asked = _done(asked, regroup(asked, component))
        assert regroup(asked, component) == Regrouping()
        items = {one.event: one.item for one in asked}
        assert all(
            (items[one.event] == items[other.event]) == (component[one.key] == component[other.key])
            for one in asked
            for other in asked
        )
        assert all(component[one.item_key] == component[one.key] for one in asked)


@given(st.lists(st.sampled_from(_KEYS), min_size=1, max_size=6), _partitions(), _partitions(), _partitions())
def test_p05_after_a_release_what_was_sent_stays_where_it_is(
    keys: list[str], first: dict[str, str], then: dict[str, str], last: dict[str, str]
) -> None:
    asked = [_asked(str(n), key, "waiting", f"{key}0", "waiting") for n, key in enumerate(keys)]
    asked = _done(asked, regroup(asked, first))
    gone = asked[0].item
    asked = [one._replace(state="sent", item_state="sent") if one.item == gone else one for one in asked]
    sent = {one.event for one in asked if one.item == gone}
    for component in (then, last):
        asked = _done(asked, regroup(asked, component))
        assert regroup(asked, component) == Regrouping()
        assert {one.event for one in asked if one.state == "sent"} == sent
        assert all(one.item == gone for one in asked if one.event in sent)
        seen = {component[one.key] for one in asked if one.state == "sent"}
        assert all(
            (one.state == "waiting") == (component[one.key] not in seen)
            for one in asked
            if one.event not in sent
        )
