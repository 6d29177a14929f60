"""What does the hub tell an asker of its request? One event for each step that the asker must hear of."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hub.register.model import Register
from hub.rules.announcing import hub_event, source_of_hub
from hub.rules.identity import derived_key, event_key
from schemas.catalogue import Request
from schemas.envelope import is_exercise


class Step(NamedTuple):
    """What became of a request to an operator: a state and a word for why, as in
    `schemas.request_progress`. What may happen more than once has the slot in which it did as `occasion`."""

    operator: str
    state: str
    reason: str | None = None
    expected_by: datetime | None = None
    occasion: int | None = None


def progress(
    request: Request,
    step: Step,
    told: Iterable[str],
    title: str,
    register: Register,
    now: datetime,
) -> list[dict[str, Any]]:
    """The event that tells these parties of the step; none when nobody of them is in the register, or
    when the hub itself is there for exercises alone and the request is real. The same step twice is the
    same event."""
    named = [party for party in dict.fromkeys(told) if party in register.parties]
    exercise = is_exercise(request.source)
    if not named or is_exercise(source_of_hub(register, exercise=exercise)) is not exercise:
        return []
    key = event_key(request.source, request.id)
    data = {
        "recipients": named,
        "request": {"source": request.source, "id": request.id},
        "title": title,
        "operator": step.operator,
        "state": step.state,
        "reason": step.reason,
        "expected_by": step.expected_by and step.expected_by.astimezone(UTC).isoformat(),
    }
    once = (key, step.operator, step.state, step.reason)
    event_id = str(derived_key("progress", *once, *([step.occasion] if step.occasion is not None else [])))
    about = (request.functions, request.areas, request.tlp)
    present = {name: value for name, value in data.items() if value is not None}
    event = hub_event(
        "request.progressed",
        event_id,
        request.subject,
        about,
        present,
        register,
        now,
        exercise=exercise,
    )
    return [event]
