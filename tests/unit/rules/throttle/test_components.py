"""Questions are one item by a person's word only, and the word can be taken back."""

from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.throttle.components import (
    Edge,
    Key,
    Merging,
    Word,
    components,
    may_merge,
    may_suggest,
    undone,
)
from tests.unit.rules.throttle.lines import START
from tests.unit.rules.throttle.world import KEYS, partition

_pairs = st.sampled_from(list(combinations(KEYS, 2)))
_edges = st.lists(st.tuples(_pairs, st.sampled_from(Word), st.integers(0, 20))).map(
    lambda found: [Edge(one, other, word, START + timedelta(days=at)) for (one, other), word, at in found]
)
LATER = START + timedelta(days=100)


def _key(name: str) -> Key:
    return Key(name, "enexis", "GREEN")


@given(_edges, st.randoms(use_true_random=False))
def test_p17_the_order_in_which_words_come_does_not_matter(edges: list[Edge], chance: object) -> None:
    shuffled = [Edge(e.other, e.one, e.word, e.at) for e in edges]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert partition(KEYS, shuffled) == partition(KEYS, edges)


@given(_edges, _pairs)
def test_p17_after_merge_and_undo_all_is_as_before(edges: list[Edge], pair: tuple[str, str]) -> None:
    one, other = map(_key, pair)
    if may_merge(one, other, edges) is not Merging.MAY:
        return
    before = partition(KEYS, edges)
    merged = [*edges, Edge(*pair, Word.SAME, LATER)]
    assert partition(KEYS, merged) == {
        *(item for item in before if item.isdisjoint(pair)),
        frozenset().union(*(item for item in before if not item.isdisjoint(pair))),
    }
    assert partition(KEYS, [*merged, undone(*pair, LATER + timedelta(days=1))]) == before


@given(_edges, _edges, _pairs)
def test_p17_what_was_undone_never_merges_again_by_itself(
    edges: list[Edge], later: list[Edge], pair: tuple[str, str]
) -> None:
    others = [edge for edge in later if edge.pair != pair]
    words = [*edges, undone(*pair, LATER), *others]
    item = components(KEYS, words)
    assert item[pair[0]] != item[pair[1]]
    assert not may_suggest(_key(pair[0]), _key(pair[1]), words)


def test_a_person_may_merge_again_what_was_undone() -> None:
    words = [undone("a", "b", START)]
    assert may_merge(_key("a"), _key("b"), words) is Merging.MAY
    item = components(KEYS, [*words, Edge("a", "b", Word.SAME, LATER)])
    assert item["a"] == item["b"]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (_key("b"), Merging.ONE_ALREADY),
        (_key("c"), Merging.KEPT_APART),
        (Key("d", "tennet", "GREEN"), Merging.OTHER_OPERATOR),
        (Key("d", "enexis", "AMBER"), Merging.OTHER_VISIBILITY),
        (_key("d"), Merging.MAY),
    ],
)
def test_a_merge_may_be_refused_with_its_reason(other: Key, why: Merging) -> None:
    words = [Edge("a", "b", Word.SAME, START), Edge("b", "c", Word.DIFFERENT, START)]
    assert may_merge(_key("a"), other, words) is why


@given(_edges)
def test_without_a_persons_word_nothing_is_merged(edges: list[Edge]) -> None:
    apart = [edge for edge in edges if edge.word is Word.DIFFERENT]
    assert partition(KEYS, apart) == {frozenset(key) for key in KEYS}
