"""Is an answer passed on, and what does who gave it hear when it is not?"""

from collections.abc import Collection
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from hub.register.model import Register
from hub.rules.announcing import for_itself, hub_event, source_of_hub
from hub.rules.clearance import highest
from hub.rules.identity import derived_key
from schemas.catalogue import Answer
from schemas.envelope import EventRef, is_exercise
from schemas.question import QuestionAnswered


class Why(StrEnum):
    """Why an answer goes to nobody who asked, as in `schemas.answer_withheld`."""

    ANSWERED_BEFORE = "answered-before"
    NOT_ASKED = "not-asked"


class Earlier(NamedTuple):
    """An answer of the same operator that counts, and when it was taken in."""

    answer: QuestionAnswered
    at: datetime


def settled_by(
    answer: Answer, had: Collection[str], gets: Collection[str], earlier: Collection[Earlier]
) -> Earlier | None:
    """The answer by which a question was settled before this one, which so is not passed on; None: it is.

    An answer that says in `supersedes` what it corrects, that is for an asker that `had` none, or that says
    something of an area of which the earlier ones do not, is passed on."""
    if not isinstance(answer, QuestionAnswered) or answer.data.supersedes or not earlier:
        return None
    if not set(gets) <= set(had):
        return None
    first = min(earlier, key=lambda one: (one.at, one.answer.id))
    said = {row.area for one in earlier for row in one.answer.data.per_area}
    is_more = any(row.area not in said for row in answer.data.per_area)
    return None if is_more else first


def says_the_same(answer: QuestionAnswered, earlier: QuestionAnswered) -> bool:
    """Whether an answer is one that was given before, sent again."""
    return (answer.data.text, answer.data.per_area, answer.tlp) == (
        earlier.data.text,
        earlier.data.per_area,
        earlier.tlp,
    )


def answer_withheld(
    answer: Answer,
    author: str,
    why: Why,
    title: str,
    register: Register,
    now: datetime,
    before: Earlier | None = None,
) -> list[dict[str, Any]]:
    """The event that tells the author of an answer that it was not passed on. It says nothing of the question
    that the author did not write itself. None when the author is not in the register, or when the hub itself
    is there for exercises alone and the answer is real."""
    exercise = is_exercise(answer.source)
    if author not in register.parties:
        return []
    if is_exercise(source_of_hub(register, exercise=exercise)) is not exercise:
        return []
    data: dict[str, Any] = {
        "recipients": [author],
        "answer": {"source": answer.source, "id": answer.id},
        "title": title,
        "why": str(why),
    }
    if before is not None:
        data |= {"settled_by": _ref(before.answer), "settled_at": before.at.astimezone(UTC).isoformat()}
    event = hub_event(
        "answer.withheld",
        str(derived_key("answer-withheld", answer.source, answer.id)),
        answer.subject,
        (answer.functions, answer.areas, highest([for_itself(author, register), answer.tlp])),
        data,
        register,
        now,
        exercise=exercise,
    )
    return [event]


def _ref(answer: Answer) -> dict[str, str]:
    reference = EventRef(source=answer.source, id=answer.id)
    return reference.model_dump()
