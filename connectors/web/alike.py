"""On the page of a question: the questions like it that its asker may know, with what differs."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from connectors.web.visit import Visit
from hub.rules.differing import Mark
from hub.rules.suggesting import text_of
from schemas.catalogue import Event
from schemas.question import QuestionRaised


class Piece(NamedTuple):
    """A piece of a text, and whether it differs."""

    text: str
    differs: bool


class Likeness(NamedTuple):
    """A like question, in pieces."""

    event_key: UUID
    answered: bool
    pieces: tuple[Piece, ...]


async def alike_to(visit: Visit, event: Event, row: Any) -> list[Likeness]:
    """None for what is no question. What the asker may not know is left out, as it is for the asker."""
    if not isinstance(event, QuestionRaised):
        return []
    found = await visit.alike.find(
        row.publisher,
        event.functions,
        event.areas,
        text_of(event),
        is_different=lambda key: bool(key == row.event_key),
    )
    return [
        Likeness(one.event_key, one.answered, tuple(pieces(one.text, one.differences.other)))
        for one in found.questions
    ]


def pieces(text: str, marks: Sequence[Mark]) -> Iterator[Piece]:
    """The whole text, cut where a mark begins and ends."""
    at = 0
    for mark in marks:
        if at < mark.start:
            yield Piece(text[at : mark.start], differs=False)
        yield Piece(text[mark.start : mark.end], differs=True)
        at = mark.end
    if at < len(text):
        yield Piece(text[at:], differs=False)
