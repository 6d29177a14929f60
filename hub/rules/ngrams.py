"""Which pieces of words does a text have, and how much does each piece say? Character n-grams of 3 to 5."""

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hub.rules.asking import normalised

Grams: TypeAlias = NDArray[np.uint32]
"""Hashes of n-grams, each once, in order."""
Floats: TypeAlias = NDArray[np.float64]

MOST_CHARACTERS: Final = 2_000
"""Of a longer text only the beginning is read."""

_LENGTHS = (3, 4, 5)
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_COMMON = 0.2
"""What more than this share of the texts has weighs nothing: it takes the most time and says the least."""


class Weights(NamedTuple):
    """How much each known n-gram says: the rarer in the texts that it was learnt from, the more. One that is
    not known was rarer than all."""

    grams: Grams
    weights: Floats
    unknown: float

    def read(self, text: str) -> tuple[Grams, Floats]:
        """The n-grams of a text that say something, and their weights."""
        grams = grams_of(text)
        if not self.grams.size:
            return grams, np.full(grams.size, self.unknown)
        places = np.minimum(np.searchsorted(self.grams, grams), self.grams.size - 1)
        weights = np.where(self.grams[places] == grams, self.weights[places], self.unknown)
        return grams[weights > 0], weights[weights > 0]


def weights_of(texts: Iterable[str]) -> Weights:
    """The weights (inverse document frequency) that these texts teach. They stay as they are when questions
    come and go: else what one asker sees would tell of questions that he may not see."""
    read = [grams_of(text) for text in texts]
    grams, counts = np.unique(np.concatenate([*read, _NONE]), return_counts=True)
    most = np.log1p(len(read))
    weights = np.where(counts > _COMMON * len(read), 0.0, most - np.log1p(counts))
    return Weights(grams, weights, float(most))


def grams_of(text: str) -> Grams:
    """The n-grams within the words of the normalised text, a blank at both ends of each word included."""
    plain = f" {normalised(text[:MOST_CHARACTERS])} "
    points = np.frombuffer(plain.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    blanks = np.concatenate([[0], np.cumsum(points == ord(" "))])
    found = [_NONE]
    hashes = np.zeros(points.size, np.uint64)
    for length in range(1, _LENGTHS[-1] + 1):
        starts = points.size - length + 1
        if starts < 1:
            break
        hashes = hashes[:starts] * _FACTOR + points[length - 1 :] + np.uint64(1)
        if length in _LENGTHS:
            inner = blanks[length - 1 : length - 1 + starts] - blanks[1 : 1 + starts]
            mixed = (hashes ^ (hashes >> np.uint64(29))) * _FACTOR
            found.append((mixed[inner == 0] >> np.uint64(32)).astype(np.uint32))
    return np.unique(np.concatenate(found))


_NONE: Grams = np.empty(0, np.uint32)
