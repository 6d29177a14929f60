"""What is left of an event when its content is removed: what it is about, nothing that was written in it."""

from collections.abc import Iterator, Mapping
from typing import Any

from schemas.catalogue import parse
from schemas.envelope import Envelope
from schemas.problems import Refused

REMOVED = "(verwijderd)"
_KEPT = frozenset({"source", "id"})
"""In a reference to another event."""
_MARKS: Mapping[str | int, Any] = {"parameters": {}, "link": "https://verwijderd.example/"}
"""Of what can't be the usual mark; of parameters the names are free too."""
_ENVELOPE = frozenset(Envelope.model_fields) - {"dataref", "correlationid", "causationid"}
_Place = tuple[str | int, ...]


def redacted(content: dict[str, Any]) -> dict[str, Any]:
    """The event, still valid, with a mark in place of each text that its publisher was free to write;
    attributes of the publisher's own, and those that point elsewhere, are gone. Dates, areas, parties,
    functions and references stay."""
    left = {name: value for name, value in content.items() if name in _ENVELOPE}
    for place in list(_places(content.get("data"), ("data",))):
        tried = _with(left, place, _MARKS.get(place[-1], REMOVED))
        if _is_valid(tried):
            left = tried
    return left


def _places(value: Any, place: _Place) -> Iterator[_Place]:
    if isinstance(value, str):
        if place[-1] not in _KEPT:
            yield place
    elif isinstance(value, dict) and place[-1] in _MARKS:
        yield place
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _places(inner, (*place, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(inner, (*place, number))


def _with(value: Any, place: _Place, new: Any) -> Any:
    if not place:
        return new
    first, rest = place[0], place[1:]
    if isinstance(value, list):
        return [_with(one, rest, new) if n == first else one for n, one in enumerate(value)]
    return {**value, first: _with(value[first], rest, new)}


def _is_valid(content: dict[str, Any]) -> bool:
    try:
        parse(content)
    except Refused:
        return False
    return True
