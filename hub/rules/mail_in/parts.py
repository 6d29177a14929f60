"""Which question does each part of a reply answer, as far as its own numbers tell?"""

import re
from collections import Counter
from typing import NamedTuple

_FULL = re.compile(
    r"^[ \t]{0,8}(?:vraag |question |nummer |number |nr\.? ?|no\.? ?)?"
    r"([0-9]{1,6})[-\u2010\u2011\u2013]([0-9]{1,3})(?:[ \t]{0,3}[:.)]|[ \t]{0,3}$)",
    re.I | re.M,
)
_LOOSE = re.compile(
    r"^[^\w\n]{0,8}(?:vraag |question )?([0-9]{1,6}) ?[-\u2010-\u2014] ?([0-9]{1,3})\b", re.I | re.M
)
_SHORT = re.compile(r"^[ \t]{0,8}(?:vraag |question )?([0-9]{1,3})[:.)](?=\s|$)", re.I | re.M)


class Part(NamedTuple):
    """A piece of a reply: `bundle` and `number` as in 24-3, `number` alone as in '3.', or neither."""

    bundle: int | None
    number: int | None
    text: str


class Parts(NamedTuple):
    """A reply in pieces, in order, and what stands before the first number."""

    before: str
    parts: tuple[Part, ...]


def parts_of(text: str) -> Parts:
    """The pieces of a reply's own text. Once a whole number (24-3) is used, a '3.' within an answer is part
    of that answer; text without numbers is one piece; empty text is none."""
    pattern = _FULL if _FULL.search(text) else _SHORT
    found = list(pattern.finditer(text))
    if not found:
        return Parts("", (Part(None, None, text.strip()),) if text.strip() else ())
    ends = [*(match.start() for match in found[1:]), len(text)]
    parts = []
    for match, end in zip(found, ends, strict=True):
        numbers = [int(one) for one in match.groups()]
        bundle = numbers[0] if len(numbers) == 2 else None
        parts.append(Part(bundle, numbers[-1], text[match.end() : end].strip()))
    return Parts(text[: found[0].start()].strip(), tuple(parts))


def given_twice(parts: tuple[Part, ...]) -> set[tuple[int | None, int | None]]:
    """The numbers that more than one piece has: what was meant, a person must say."""
    counted = Counter((part.bundle, part.number) for part in parts)
    return {number for number, times in counted.items() if times > 1}


def loosely_numbered(text: str) -> list[tuple[int, int]]:
    """The whole numbers with which lines begin, also where what follows makes it no heading."""
    return [(int(found[1]), int(found[2])) for found in _LOOSE.finditer(text)]
