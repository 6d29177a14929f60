"""Which texts have which n-grams? A part of an index, for at most 65,536 texts; never changed once made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hub.rules.ngrams import Floats, Grams, Weights

_Rows: TypeAlias = NDArray[np.uint16]
_NO_ROWS: _Rows = np.empty(0, np.uint16)
_TINY = 1e-9


@dataclass(frozen=True)
class Postings:
    """Of n-gram `grams[i]`, the texts that have it are `rows[starts[i]:starts[i + 1]]`. A text that was
    dropped is no longer alive, and leaves when parts are joined."""

    places: Mapping[str, int]
    keys: tuple[str, ...]
    texts: tuple[str, ...]
    norms: Floats
    alive: NDArray[np.bool_]
    grams: Grams
    starts: NDArray[np.int64]
    rows: _Rows

    @property
    def size(self) -> int:
        """How many texts are alive."""
        return int(np.count_nonzero(self.alive))

    def likeness(self, grams: Grams, weights: Floats) -> Floats:
        """The cosine of a text with these n-grams and each text here; 0 for what was dropped."""
        if not self.grams.size:
            return np.zeros(len(self.keys))
        places = np.minimum(np.searchsorted(self.grams, grams), self.grams.size - 1)
        known = self.grams[places] == grams
        begins, ends = self.starts[places[known]], self.starts[places[known] + 1]
        squares = np.square(weights)
        rows = [_NO_ROWS, *(self.rows[b:e] for b, e in zip(begins.tolist(), ends.tolist(), strict=True))]
        each = np.repeat(squares[known], ends - begins)
        scores = np.bincount(np.concatenate(rows), each, minlength=len(self.keys))
        likeness: Floats = scores / np.maximum(self.norms * np.sqrt(squares.sum()), _TINY)
        return likeness * self.alive

    def without(self, keys: set[str]) -> "Postings":
        """The same, without the texts of these keys."""
        gone = [self.places[key] for key in keys if key in self.places]
        if not gone:
            return self
        alive = self.alive.copy()
        alive[gone] = False
        return replace(self, alive=alive)


def postings_of(questions: Mapping[str, str], weights: Weights) -> Postings:
    """Of texts by key."""
    read = [weights.read(text) for text in questions.values()]
    norms = np.array([np.sqrt(np.square(each).sum()) for _, each in read])
    rows = np.repeat(np.arange(len(read), dtype=np.uint16), [grams.size for grams, _ in read])
    grams = np.concatenate([grams for grams, _ in read])
    return _sorted(tuple(questions), tuple(questions.values()), norms, grams, rows)


def joined(parts: Sequence[Postings]) -> Postings:
    """One part of several, in their order, with only what is alive."""
    grams, rows, before = [], [], 0
    for part in parts:
        moved = before + np.cumsum(part.alive) - 1
        kept = part.alive[part.rows]
        grams.append(np.repeat(part.grams, np.diff(part.starts))[kept])
        rows.append(moved[part.rows[kept]].astype(np.uint16))
        before += part.size
    keys = tuple(key for part in parts for key, lives in zip(part.keys, part.alive, strict=True) if lives)
    texts = tuple(text for part in parts for text, lives in zip(part.texts, part.alive, strict=True) if lives)
    norms = np.concatenate([part.norms[part.alive] for part in parts])
    return _sorted(keys, texts, norms, np.concatenate(grams), np.concatenate(rows))


def _sorted(
    keys: tuple[str, ...], texts: tuple[str, ...], norms: Floats, grams: Grams, rows: _Rows
) -> Postings:
    order = np.argsort(grams, kind="stable")
    unique, starts = np.unique(grams[order], return_index=True)
    places = {key: place for place, key in enumerate(keys)}
    alive = np.ones(len(keys), bool)
    ends = np.append(starts, grams.size)
    return Postings(places, keys, texts, norms, alive, unique, ends, rows[order])
