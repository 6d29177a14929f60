"""What in a question must be the same for the same answer? Its numbers, codes, moments, names, and more."""

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from hub.rules import dutch

_TOKEN = re.compile(
    r"""(?P<number>(?<![\w.,])[-+]?\d+(?:[.,]\d+)*(?!\w))
      |(?P<word>\w+(?:[-'’/=]\w+|\.\d{3}(?!\d))*)
      |(?P<sign>%|°C?)
      |(?P<end>[.!?:;]+(?=\s|$)|\n)""",
    re.VERBOSE,
)
_CODE = re.compile(r"(?:[^\W\d]{1,6}[-=]?\d[\d.]*|\d+[^\W\d]{1,2})$")
_YEAR = re.compile(r"(?:19|20)\d\d$")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:\.\d{3})+$")
_FIGURES = re.compile(r"[-+]?\d[\d.,]*$")
_MOST_FIGURES = 12
_NO_UNIT = (1.0, "")
_ENDING = re.compile(r"(?<=\w{4})(?:'s|se?|er)$")
_NO_MORE = 4
"""As many words may stand between 'geen' and 'meer' in 'geen stroom meer', which compares nothing."""


class Kind(StrEnum):
    """What a particular is."""

    NUMBER = "number"
    CODE = "code"
    MOMENT = "moment"
    NEGATION = "negation"
    COMPARISON = "comparison"
    FUNCTION = "function"
    NAME = "name"


class Particular(NamedTuple):
    """`text[start:end]`, and its value: equal values say the same, as 150 cm and 1,5 meter do."""

    kind: Kind
    value: str
    start: int
    end: int


class _Token(NamedTuple):
    text: str
    lower: str
    start: int
    end: int
    opens: bool
    """Whether a sentence begins here, so that a capital says nothing."""


class Content(NamedTuple):
    """What of a text counts in a comparison: its particulars in order; every word, and part of a word with a
    hyphen, in the form that a name has as value."""

    particulars: tuple[Particular, ...]
    words: frozenset[str]


@lru_cache(maxsize=2_000)
def content(text: str) -> Content:
    """Read once, since open questions are compared again and again."""
    tokens = list(_tokens(text))
    words = {_named(token.lower) for token in tokens}
    words.update(_named(part) for token in tokens if "-" in token.lower for part in token.lower.split("-"))
    return Content(tuple(_particulars(tokens)), frozenset(words))


def _particulars(tokens: list[_Token]) -> Iterator[Particular]:
    denied, taken = -_NO_MORE, -1
    for place, token in enumerate(tokens):
        if place == taken:
            continue
        after = tokens[place + 1] if place + 1 < len(tokens) else None
        measured = _measured(token, after)
        if measured:
            yield measured
            taken = place + 1 if measured.end > token.end else taken
        elif not (token.lower == "meer" and place - denied < _NO_MORE):
            yield from _of_word(token)
        if token.lower in dutch.NEGATIONS:
            denied = place


def _tokens(text: str) -> Iterator[_Token]:
    opens = True
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "end":
            opens = True
            continue
        yield _Token(match[0], match[0].casefold(), match.start(), match.end(), opens)
        opens = False


def _measured(token: _Token, after: _Token | None) -> Particular | None:
    """A number, with its unit where it has one. 'Een' is a number only before a unit: een dag."""
    said = token.lower
    if not (said == "een" or said in dutch.NUMBERS or _FIGURES.match(said)):
        return None
    factor, unit = dutch.UNITS.get(after.lower, _NO_UNIT) if after else _NO_UNIT
    end = after.end if after and unit else token.end
    if said == "een":
        return Particular(Kind.NUMBER, f"{factor:g} {unit}", token.start, end) if unit else None
    if _YEAR.match(said) and not unit:
        return Particular(Kind.MOMENT, said, token.start, end)
    amount = _amount(dutch.NUMBERS.get(said, said))
    value = said if amount is None else f"{amount * factor:.12g}"
    return Particular(Kind.NUMBER, f"{value} {unit}".strip(), token.start, end)


def _amount(text: str) -> float | None:
    """As Dutch writes it: 1.500 is fifteen hundred, 1,5 and 1.5 are one and a half. None for 1.2.3, and for
    more figures than a float can tell apart."""
    plain = text.replace(".", "") if _THOUSANDS.match(text) else text.replace(",", ".")
    return float(plain) if plain.count(".") < 2 and len(plain) <= _MOST_FIGURES else None


def _of_word(token: _Token) -> Iterator[Particular]:
    word, where = token.lower, (token.start, token.end)
    if word in dutch.NEGATIONS:
        yield Particular(Kind.NEGATION, "not", *where)
    elif word in dutch.COMPARISONS:
        yield Particular(Kind.COMPARISON, dutch.COMPARISONS[word], *where)
    elif word in dutch.MOMENTS:
        yield Particular(Kind.MOMENT, dutch.MOMENTS[word], *where)
    elif _CODE.match(word) and word not in dutch.UNITS:
        yield Particular(Kind.CODE, re.sub(r"[-=.]", "", word), *where)
    elif function := dutch.function_of(word):
        yield Particular(Kind.FUNCTION, function, *where)
    elif token.text[1:] != word[1:] or (token.text[0].isupper() and not token.opens):
        yield Particular(Kind.NAME, _named(word), *where)


def _named(word: str) -> str:
    return _ENDING.sub("", word)
