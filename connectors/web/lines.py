"""Events as one line in a list."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from connectors.web.states import of_request
from connectors.web.visit import Visit
from hub.register.model import Register
from hub.words import wording
from schemas.catalogue import parse
from schemas.envelope import is_exercise

_SHOWN = 3


class EventLine(NamedTuple):
    """An event in a list. `deliveries` is None where the list does not count them."""

    event_key: UUID
    type_name: str
    title: str
    functions: str
    areas: str
    tlp: str
    publisher: str
    accepted_at: datetime
    deliveries: int | None
    exercise: bool


def event_lines(rows: Iterable[Any], register: Register) -> list[EventLine]:
    """The lines of rows with an event's content."""
    return [_line(row, register) for row in rows]


def shown_lines(rows: Iterable[Any], visit: Visit) -> list[EventLine]:
    """The lines of rows that a page shows: the ledger tells of it."""
    lines = event_lines(rows, visit.register)
    for line in lines:
        visit.look(line.tlp)
    return lines


def request_line(row: Any) -> dict[str, Any]:
    """What a list of requests shows of one: a row with the content of its event."""
    event = parse(row.content)
    return {
        "row": row,
        "title": wording.title(event),
        "state": of_request(row.state),
        "exercise": is_exercise(event.source),
    }


def _line(row: Any, register: Register) -> EventLine:
    event = parse(row.content)
    return EventLine(
        row.event_key,
        wording.type_name(event),
        wording.title(event),
        wording.functions(event, register),
        some_areas(event.areas, register),
        str(event.tlp),
        row.publisher,
        row.accepted_at,
        getattr(row, "deliveries", None),
        is_exercise(event.source),
    )


def some_areas(codes: Sequence[str], register: Register) -> str:
    """The names of the first few areas, and how many more there are."""
    names = wording.areas(codes[:_SHOWN], register)
    more = len(codes) - _SHOWN
    return f"{names} en nog {more}" if more > 0 else names
