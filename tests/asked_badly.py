"""Requests that every way in refuses, each for one reason, of Maastricht to a grid operator."""

from typing import Any, Final, NamedTuple

from tests.events import attributes

FAR: Final = {"areas": "GM0363", "data": {"asked": ["liander"]}}
"""Amsterdam has nothing that Maastricht is there for."""


class Bad(NamedTuple):
    """What differs from a good question, and the field and the code that are told."""

    changes: dict[str, Any]
    field: str
    code: str


BAD: Final = (
    Bad({"data": {"asked": ["liander"]}}, "data/asked/0", "serves_elsewhere"),
    Bad({"data": {"asked": ["enexis", "stedin"]}}, "data/asked/1", "serves_elsewhere"),
    Bad(FAR, "areas", "no_standing"),
    Bad({"data": {"needed_by": "2020-01-01"}}, "data/needed_by", "past"),
    Bad({"data": {"text": " \n "}}, "data/text", "blank"),
    Bad({"data": {"text": "x" * 20_001}}, "data/text", "string_too_long"),
    Bad({"areas": "gm935"}, "areas/0", "string_pattern_mismatch"),
    Bad({"data": {"asked": ["Enexis"]}}, "data/asked/0", "string_pattern_mismatch"),
    Bad({"data": {"asked": ["netbeheer-nederland"]}}, "data/asked/0", "no_operator"),
)


def asked_badly(bad: Bad, event_id: str = "slecht") -> dict[str, Any]:
    """The attributes of such a request."""
    return good(id=event_id, **bad.changes)


def good(**changes: Any) -> dict[str, Any]:
    """The attributes of a request that is taken in, with these changes."""
    data = {"asked": ["enexis"], "needed_by": None, **changes.pop("data", {})}
    return attributes("question-raised", data=data, **changes)
