"""Which questions are one item? Equal keys are; other keys only when a person says so.

A person's word stands between two keys, and a newer word about the same two replaces it. Items follow from
the words that stand: so their order does not count, an undo is exact, and nothing that was undone comes back.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Word(StrEnum):
    """What a person says of two questions."""

    SAME = "same"
    DIFFERENT = "different"


class Edge(NamedTuple):
    """A person's word about two merge keys."""

    one: str
    other: str
    word: Word
    at: datetime

    @property
    def pair(self) -> tuple[str, str]:
        """The two keys, in the one order."""
        return (min(self.one, self.other), max(self.one, self.other))


class Merging(StrEnum):
    """Whether two questions may become one item, or why not."""

    MAY = "may-merge"
    ONE_ALREADY = "are-one-item-already"
    KEPT_APART = "a-person-keeps-them-apart"
    OTHER_OPERATOR = "are-asked-of-other-operators"
    OTHER_VISIBILITY = "are-not-for-the-same-eyes"


class Key(NamedTuple):
    """A merge key, with what has to be equal before a person may merge it with another."""

    key: str
    operator: str
    visibility: str


def standing(edges: Iterable[Edge]) -> list[Edge]:
    """The newest word about each two keys, oldest first; of two in one moment `different` stands."""
    newest: dict[tuple[str, str], Edge] = {}
    for edge in sorted(edges, key=lambda edge: (edge.at, edge.word is Word.DIFFERENT, edge.pair)):
        newest[edge.pair] = edge
    return sorted(newest.values(), key=lambda edge: (edge.at, edge.pair))


def components(keys: Iterable[str], edges: Iterable[Edge]) -> Mapping[str, str]:
    """For each key the item that it belongs to, by the smallest key in it. Of words that contradict one
    another `different` stands, and of those that say `same` the oldest."""
    words = standing(edges)
    item = {key: key for key in {*keys, *(key for edge in words for key in edge.pair)}}
    members = {key: {key} for key in item}
    apart = [edge.pair for edge in words if edge.word is Word.DIFFERENT]
    for edge in words:
        left, right = sorted(item[key] for key in edge.pair)
        if edge.word is Word.DIFFERENT or left == right:
            continue
        together = members[left] | members[right]
        if any(one in together and other in together for one, other in apart):
            continue
        members[left] = together
        item.update(dict.fromkeys(members.pop(right), left))
    return item


def may_merge(one: Key, other: Key, edges: Iterable[Edge]) -> Merging:
    """Whether a person may say that these two are the same question."""
    if one.operator != other.operator:
        return Merging.OTHER_OPERATOR
    if one.visibility != other.visibility:
        return Merging.OTHER_VISIBILITY
    words = standing(edges)
    item = components((one.key, other.key), words)
    here, there = item[one.key], item[other.key]
    if here == there:
        return Merging.ONE_ALREADY
    own = tuple(sorted((one.key, other.key)))
    for edge in words:
        sides = {item[edge.one], item[edge.other]}
        if edge.word is Word.DIFFERENT and edge.pair != own and sides == {here, there}:
            return Merging.KEPT_APART
    return Merging.MAY


def may_suggest(one: Key, other: Key, edges: Iterable[Edge]) -> bool:
    """Whether the hub may show the two as alike: not when a person has kept any of their questions apart."""
    words = list(edges)
    said_apart = any(
        edge.word is Word.DIFFERENT and edge.pair == tuple(sorted((one.key, other.key)))
        for edge in standing(words)
    )
    return not said_apart and may_merge(one, other, words) is Merging.MAY


def undone(one: str, other: str, at: datetime) -> Edge:
    """The word that undoes a merge: these two are different, until a person says otherwise."""
    return Edge(one, other, Word.DIFFERENT, at)
