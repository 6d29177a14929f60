"""What does the hub tell an operator's systems of a bundle that left? All that its mail asks, and nobody else
hears of it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from hub.register.model import Register
from hub.rules.announcing import for_itself, hub_event, source_of_hub
from hub.rules.clearance import highest
from hub.rules.identity import canonical, derived_key
from schemas.envelope import MOST_AREAS, EventRef, is_exercise
from schemas.question import QuestionRaisedData
from schemas.terms import Tlp

_MOST_TEXT = 4_000
"""Characters of one question."""
_MOST_TOGETHER = 40 * 1024
"""Bytes of the questions in one event: no event is larger than 64 KB."""


class Bundled(NamedTuple):
    """A bundle with its number. `kind`: routine or urgent."""

    key: UUID
    operator: str
    number: int
    kind: str
    slot_at: datetime


class Asked(NamedTuple):
    """A question in a bundle: its number there, one of its requests with its data, its text in words, the
    functions and areas that all who ask it ask about, the earliest day, and their highest label."""

    number: int
    request: EventRef
    data: Any
    text: str
    functions: Sequence[str]
    areas: Sequence[str]
    needed_by: date | None
    tlp: Tlp


def bundle_released(
    bundle: Bundled, questions: Iterable[Asked], register: Register, now: datetime
) -> list[dict[str, Any]]:
    """The events that tell of a bundle, in parts that are small enough; none when the hub itself is there for
    exercises alone and the questions are real. The same bundle twice is the same events."""
    asked = sorted(questions, key=lambda one: one.number)
    if not asked:
        return []
    exercise = is_exercise(asked[0].request.source)
    if is_exercise(source_of_hub(register, exercise=exercise)) is not exercise:
        return []
    label = highest([for_itself(bundle.operator, register), *(one.tlp for one in asked)])
    parts = list(_parts([(one, _told(one)) for one in asked]))
    return [
        hub_event(
            "bundle.released",
            str(derived_key("bundle-released", bundle.key, number)),
            f"bundel-{bundle.operator}-{bundle.number}",
            (_all(one.functions for one, _ in some), _areas(one.areas for one, _ in some), label),
            {
                "recipients": [bundle.operator],
                "title": _title(bundle, len(asked)),
                "bundle": bundle.number,
                "kind": bundle.kind,
                "slot_at": bundle.slot_at.astimezone(UTC).isoformat(),
                "part": number,
                "parts": len(parts),
                "questions": [told for _, told in some],
            },
            register,
            now,
            exercise=exercise,
        )
        for number, some in enumerate(parts, start=1)
    ]


def _title(bundle: Bundled, count: int) -> str:
    return f"Bundel {bundle.number}: {'1 vraag' if count == 1 else f'{count} vragen'}"


def _told(one: Asked) -> dict[str, Any]:
    code = one.data.standard_question if isinstance(one.data, QuestionRaisedData) else None
    told = {
        "number": one.number,
        "request": {"source": one.request.source, "id": one.request.id},
        "text": one.text if len(one.text) <= _MOST_TEXT else f"{one.text[: _MOST_TEXT - 1]}…",
        "standard_question": code,
        "functions": list(one.functions),
        "areas": _areas([one.areas]),
        "needed_by": one.needed_by.isoformat() if one.needed_by else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _parts(told: Sequence[tuple[Asked, dict[str, Any]]]) -> Iterator[list[tuple[Asked, dict[str, Any]]]]:
    part: list[tuple[Asked, dict[str, Any]]] = []
    size = 0
    for one in told:
        more = len(canonical(one[1]))
        if part and size + more > _MOST_TOGETHER:
            yield part
            part, size = [], 0
        part.append(one)
        size += more
    yield part


def _all(lists: Iterable[Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(one for some in lists for one in some))


def _areas(lists: Iterable[Sequence[str]]) -> list[str]:
    found = _all(lists)
    return found if len(found) <= MOST_AREAS else ["NL"]
