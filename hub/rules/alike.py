"""Which open questions look like this one? Suggestions for a person to read, never a reason to merge.

Whoever imports this imports numpy: do so where an index is kept, not where the program starts.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hub.rules.differing import discount
from hub.rules.ngrams import MOST_CHARACTERS, Floats, Weights
from hub.rules.particulars import content
from hub.rules.postings import Postings, joined, postings_of

THRESHOLD: Final = 0.07
"""From this score a question is shown. Chosen by `python -m bench.similar_questions`."""

_LARGEST = 16_384
"""Parts of more texts are not joined: that bounds how long one addition can take."""
CONSIDERED: Final = 30
"""So many of the nearest questions are compared in what they say."""
_TINY = 1e-9
"""Less is nothing in common."""


class Suggestion(NamedTuple):
    """An open question that looks like the one that was typed: 0 not at all, 1 in the same words."""

    key: str
    text: str
    score: float


class Index(NamedTuple):
    """Open questions by key. Never changed: adding and dropping give another index that shares most of it."""

    weights: Weights
    parts: tuple[Postings, ...] = ()

    @property
    def size(self) -> int:
        """How many questions it has."""
        return sum(part.size for part in self.parts)


def index_of(weights: Weights, questions: Iterable[tuple[str, str]] = ()) -> Index:
    """An index over (key, text) pairs."""
    return with_questions(Index(weights), questions)


def with_questions(index: Index, questions: Iterable[tuple[str, str]]) -> Index:
    """The index with these (key, text) pairs; a key that it has already gets the new text."""
    new = {key: text[:MOST_CHARACTERS] for key, text in questions}
    parts = list(without(index, new).parts)
    waiting = iter(new.items())
    while some := dict(islice(waiting, _LARGEST)):
        parts.append(postings_of(some, index.weights))
        while len(parts) > 1 and _worth_joining(parts[-2], parts[-1]):
            parts[-2:] = [joined(parts[-2:])]
    return Index(index.weights, tuple(parts))


def without(index: Index, keys: Iterable[str]) -> Index:
    """The index without the questions of these keys, known or not."""
    gone = set(keys)
    parts = (part.without(gone) for part in index.parts)
    return Index(index.weights, tuple(_lean(part) for part in parts if part.size))


def alike(
    index: Index,
    text: str,
    most: int = 3,
    may_see: Callable[[str], bool] = lambda _: True,
    threshold: float = THRESHOLD,
) -> list[Suggestion]:
    """At most `most` questions, the likeliest first. `may_see` says of a key whether the reader may know that
    question: one that he may not know has no influence on what he gets, nor on its order."""
    near = (one for one in nearest(index, text, threshold) if may_see(one.key))
    return ranked(text, islice(near, CONSIDERED), most, threshold)


def ranked(
    text: str, near: Iterable[Suggestion], most: int = 3, threshold: float = THRESHOLD
) -> list[Suggestion]:
    """The likeliest of the nearest questions, by what they say too: of as many as are `CONSIDERED`, all of
    which the reader may know."""
    typed = content(text[:MOST_CHARACTERS])
    found = [one._replace(score=one.score * discount(typed, content(one.text))) for one in near]
    found.sort(key=lambda one: -one.score)
    return [one for one in found if one.score >= threshold][:most]


def nearest(index: Index, text: str, threshold: float = THRESHOLD) -> Iterator[Suggestion]:
    """By likeness of their n-grams, the oldest first of those that are equally like it."""
    grams, weights = index.weights.read(text)
    if not grams.size or not index.parts:
        return
    scores = np.concatenate([part.likeness(grams, weights) for part in index.parts])
    begins = np.cumsum([0, *(len(part.keys) for part in index.parts)])
    for places in _highest(scores, max(threshold, _TINY)):
        numbers = np.searchsorted(begins, places, side="right") - 1
        rows, likeness = places - begins[numbers], np.minimum(scores[places], 1.0)
        for number, row, score in zip(numbers.tolist(), rows.tolist(), likeness.tolist(), strict=True):
            part = index.parts[number]
            yield Suggestion(part.keys[row], part.texts[row], score)


def _highest(scores: Floats, least: float) -> Iterator[NDArray[np.intp]]:
    """The places of the scores from `least`, some at a time, the highest first, equal ones in their order.
    Only as many are sorted as are asked for."""
    reach, given, cut = 2 * CONSIDERED, 0, np.inf
    while cut > least:
        cut = max(least, np.partition(scores, -reach)[-reach]) if reach < scores.size else least
        (near,) = np.nonzero(scores >= cut)
        yield near[np.argsort(-scores[near], kind="stable")][given:]
        reach, given = 8 * reach, near.size


def _worth_joining(older: Postings, newer: Postings) -> bool:
    """So that there are few parts, and each text is joined few times."""
    return older.size <= 2 * newer.size and older.size + newer.size <= _LARGEST


def _lean(part: Postings) -> Postings:
    """Without the dropped texts, once they are the most of it."""
    return joined([part]) if 2 * part.size < len(part.keys) else part
