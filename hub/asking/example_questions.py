"""Questions as municipalities, water boards and safety regions ask them, in pairs that ask the same or not.

Written for this hub; no question of a real party is among them. They teach how much each piece of a word
says, and measure how well the hub finds like questions (docs/explanation/similar-questions.md).
"""

import csv
from collections.abc import Iterable
from importlib import resources
from typing import NamedTuple

from schemas.terms import FunctionSlug


class Pair(NamedTuple):
    """Two questions, about a function. `kind` says what makes them the same (paraphrase) or different."""

    function: FunctionSlug
    kind: str
    same: bool
    one: str
    other: str


def pairs() -> list[Pair]:
    """All of them, in the order of the file."""
    text = (resources.files("hub.asking") / "example_questions.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter=";")
    return [
        Pair(FunctionSlug(row["function"]), row["kind"], row["same"] == "yes", row["one"], row["other"])
        for row in rows
    ]


def texts(of: Iterable[Pair]) -> list[str]:
    """Every question in these pairs, once."""
    return list(dict.fromkeys(text for pair in of for text in (pair.one, pair.other)))
