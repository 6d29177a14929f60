"""How good are the suggestions of like questions, on pairs that are labelled?

The pairs are halved by their first question. Weights and threshold come from one half and are measured on the
other, both ways. What is searched are all texts, so that near copies that ask something else compete.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from hub.asking import example_questions
from hub.asking.example_questions import Pair
from hub.rules.alike import THRESHOLD, Index, Suggestion, alike, index_of
from hub.rules.asking import normalised
from hub.rules.differing import Difference, differences
from hub.rules.ngrams import weights_of

_THRESHOLDS = [step / 100 for step in range(5, 61)]


class Found(NamedTuple):
    """What a question of the set gave: the suggestions, and which texts ask the same."""

    suggestions: list[Suggestion]
    same: set[str]


class Quality(NamedTuple):
    """Shares of the questions that have a paraphrase; precision is over all suggestions made."""

    recall_at_1: float
    recall_at_3: float
    precision: float
    shown: float
    """Suggestions for a question, on average."""


def halves(pairs: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Pairs with the same first question stay together."""
    place = {text: number for number, text in enumerate(dict.fromkeys(pair.one for pair in pairs))}
    return (
        [pair for pair in pairs if place[pair.one] % 2 == 0],
        [pair for pair in pairs if place[pair.one] % 2 == 1],
    )


def found(pairs: Iterable[Pair], index: Index, threshold: float) -> list[Found]:
    """Per question that has a paraphrase, the three suggestions from all the others."""
    same = defaultdict(set)
    for pair in pairs:
        if pair.same:
            same[pair.one].add(pair.other)
            same[pair.other].add(pair.one)
    return [Found(alike(index, text, 3, text.__ne__, threshold), wanted) for text, wanted in same.items()]


def above(results: Iterable[Found], threshold: float) -> list[Found]:
    """Only the suggestions that reach the threshold."""
    return [Found([s for s in suggestions if s.score >= threshold], same) for suggestions, same in results]


def quality(results: Sequence[Found]) -> Quality:
    """Of the suggestions made."""
    kept = [([suggestion.key for suggestion in suggestions], same) for suggestions, same in results]
    shown = sum(len(keys) for keys, _ in kept)
    return Quality(
        sum(bool(same.intersection(keys[:1])) for keys, same in kept) / len(kept),
        sum(bool(same.intersection(keys)) for keys, same in kept) / len(kept),
        sum(len(same.intersection(keys)) for keys, same in kept) / max(shown, 1),
        shown / len(kept),
    )


def chosen_threshold(results: Sequence[Found]) -> float:
    """With the highest F2: a suggestion too many costs a glance, a missing one a question asked twice."""

    def f2(threshold: float) -> float:
        of = quality(above(results, threshold))
        return 5 * of.precision * of.recall_at_3 / max(4 * of.precision + of.recall_at_3, 1e-9)

    return max(_THRESHOLDS, key=f2)


class Measured(NamedTuple):
    """The thresholds that the halves choose; the quality with what the other half chose, and with the one in
    use."""

    thresholds: tuple[float, float]
    chosen: Quality
    used: Quality


def measured(pairs: Sequence[Pair], searched: Sequence[str]) -> Measured:
    """Each half with weights and threshold of the other."""
    both = halves(pairs)
    indexes = [
        index_of(weights_of(example_questions.texts(half)), ((t, t) for t in searched)) for half in both
    ]
    first, second = (chosen_threshold(found(both[i], indexes[i], 0.0)) for i in (0, 1))
    results = found(both[1], indexes[0], 0.0), found(both[0], indexes[1], 0.0)
    kept = [*above(results[0], first), *above(results[1], second)]
    return Measured((first, second), quality(kept), quality(above([*results[0], *results[1]], THRESHOLD)))


def marked(pairs: Iterable[Pair]) -> dict[str, tuple[int, int, int]]:
    """Per kind: how many pairs, how many have a mark, and how many one that is not about wording only."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for pair in pairs:
        result = differences(pair.one, pair.other)
        marks = {mark.kind for mark in (*result.one, *result.other)}
        counts[pair.kind].update(pairs=1, marked=bool(marks), particular=bool(marks - {Difference.WORDING}))
    return {kind: (of["pairs"], of["marked"], of["particular"]) for kind, of in counts.items()}


def false_merges(pairs: Sequence[Pair]) -> list[tuple[str, str]]:
    """Different texts of the set that would be one question, those labelled the same left out."""
    same = {frozenset((pair.one, pair.other)) for pair in pairs if pair.same}
    by_key = defaultdict(list)
    for text in example_questions.texts(pairs):
        by_key[normalised(text)].append(text)
    return [two for texts in by_key.values() for two in combinations(texts, 2) if frozenset(two) not in same]
