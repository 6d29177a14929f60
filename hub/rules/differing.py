"""In what do two questions differ? For who reads a suggestion: the places to look at, in both texts."""

import difflib
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from hub.rules.particulars import Content, Kind, Particular, content

MOST_CHARACTERS: Final = 2_000
"""Of a longer text only the beginning is compared."""

_WORD = re.compile(r"\w+(?:[-'’]\w+)*")
_NEARLY_THE_SAME = 0.5
"""From this share of words in common, each word that is changed or moved is a difference."""
_OPPOSED = frozenset({Kind.COMPARISON, Kind.FUNCTION})
"""Only a difference when each text has one that the other lacks: 'hoog' beside 'laag', not beside nothing."""

_OPPOSED_LESS, _ALONE_LESS = 0.75, 0.25
"""How often a kind that differs halves the likeness: when both texts have their own, or only one has."""


class Difference(StrEnum):
    """What differs: a particular, or the wording of texts that are otherwise nearly the same."""

    NUMBER = "number"
    CODE = "code"
    MOMENT = "moment"
    NEGATION = "negation"
    COMPARISON = "comparison"
    FUNCTION = "function"
    NAME = "name"
    WORDING = "wording"


class Mark(NamedTuple):
    """`text[start:end]` is not in the other text, or not in this place."""

    kind: Difference
    start: int
    end: int


class Differences(NamedTuple):
    """The marks in each text, in order and without overlap. Not `whole`: a text was cut, so that there may
    be more. No marks means that nothing known differs, never that the questions are the same."""

    one: tuple[Mark, ...]
    other: tuple[Mark, ...]
    whole: bool


def differences(one: str, other: str) -> Differences:
    """The same differences, whichever of the two comes first."""
    if one > other:
        found = differences(other, one)
        return Differences(found.other, found.one, found.whole)
    whole = max(len(one), len(other)) <= MOST_CHARACTERS
    one, other = one[:MOST_CHARACTERS], other[:MOST_CHARACTERS]
    only_one, only_other = apart(content(one), content(other))
    changed_one, changed_other = _worded(one, other)
    return Differences(_marks(only_one, changed_one), _marks(only_other, changed_other), whole)


def apart(one: Content, other: Content) -> tuple[list[Particular], list[Particular]]:
    """The particulars that only the one, and that only the other has."""
    only_one, only_other = _only(one, other), _only(other, one)
    both = {p.kind for p in only_one} & {p.kind for p in only_other}
    alone = _OPPOSED - both
    return [p for p in only_one if p.kind not in alone], [p for p in only_other if p.kind not in alone]


def discount(one: Content, other: Content) -> float:
    """By how much it is less likely that these ask the same, from 1 (nothing known differs) down: for each
    kind that differs, more when each text has something of its own."""
    only_one, only_other = apart(one, other)
    kinds = [{p.kind for p in only_one}, {p.kind for p in only_other}]
    opposed, alone = kinds[0] & kinds[1], kinds[0] ^ kinds[1]
    less = sum(
        _OPPOSED_LESS if kind in opposed or kind is Kind.NEGATION else _ALONE_LESS for kind in opposed | alone
    )
    return float(2.0**-less)


def _only(these: Content, those: Content) -> list[Particular]:
    known = {(p.kind, p.value) for p in those.particulars}
    if _denials(these) > _denials(those):
        known.discard((Kind.NEGATION, "not"))
    return [p for p in these.particulars if (p.kind, p.value) not in known and not _named(p, those)]


def _denials(text: Content) -> int:
    """Counted, since a double negation is none."""
    return sum(p.kind is Kind.NEGATION for p in text.particulars)


def _named(name: Particular, text: Content) -> bool:
    return name.kind is Kind.NAME and (
        name.value in text.words or all(part in text.words for part in name.value.split("-"))
    )


def _worded(one: str, other: str) -> tuple[list[re.Match[str]], list[re.Match[str]]]:
    ones, others = list(_WORD.finditer(one)), list(_WORD.finditer(other))
    matcher = difflib.SequenceMatcher(
        None, [w[0].casefold() for w in ones], [w[0].casefold() for w in others]
    )
    if matcher.quick_ratio() < _NEARLY_THE_SAME:
        return [], []
    changed = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    return (
        [word for _, start, end, _, _ in changed for word in ones[start:end]],
        [word for _, _, _, start, end in changed for word in others[start:end]],
    )


def _marks(particular: Iterable[Particular], words: Iterable[re.Match[str]]) -> tuple[Mark, ...]:
    marks = [Mark(Difference(p.kind.value), p.start, p.end) for p in particular]
    free = (w for w in words if all(w.end() <= mark.start or mark.end <= w.start() for mark in marks))
    worded = [Mark(Difference.WORDING, *word.span()) for word in free]
    return tuple(sorted(marks + worded, key=lambda mark: mark.start))
