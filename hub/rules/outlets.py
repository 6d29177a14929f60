"""How is a party's system doing that the hub sends to, and what follows?"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from hub.rules.retry import next_look

LONGEST_FAILING = timedelta(days=3)
"""A system that takes nothing for so long is stopped, and its owner told."""
_BACK_AFTER = 3
"""From so many failures on end on, what waits for it goes at once when it is back."""


class Outcome(StrEnum):
    """What became of one attempt; kept: it may not go there, which is for good."""

    TAKEN = "taken"
    FAILED = "failed"
    BUSY = "busy"
    GONE = "gone"
    KEPT = "kept"


class Sent(NamedTuple):
    """One attempt: how it ended, in words why not, and until when the system wants to be left alone."""

    outcome: Outcome
    why: str = ""
    until: datetime | None = None


class StopReason(StrEnum):
    """Why nothing more is sent."""

    OWNER = "owner"
    GONE = "gone"
    FAILING = "failing"
    REFUSED = "refused"


class Health(NamedTuple):
    """How often on end a system took nothing, and since when."""

    failures: int = 0
    failing_since: datetime | None = None


class After(NamedTuple):
    """What follows from a turn: health, no sooner than when the next turn is, whether to stop, and whether
    all that waits may go at once."""

    health: Health
    not_before: datetime | None = None
    stop: StopReason | None = None
    is_back: bool = False


def after_turn(health: Health, sent: Sequence[Sent], now: datetime, jitter: float = 0.0) -> After:
    """What follows from these attempts in one turn. None at all: the way there is closed."""
    asked = max((one.until for one in sent if one.until), default=None)
    if any(one.outcome is Outcome.GONE for one in sent):
        return After(health, stop=StopReason.GONE)
    if any(one.outcome in (Outcome.TAKEN, Outcome.KEPT) for one in sent):
        return After(Health(), asked, is_back=health.failures >= _BACK_AFTER)
    since = health.failing_since or now
    failing = Health(health.failures + 1, since)
    if now - since >= LONGEST_FAILING:
        return After(failing, stop=StopReason.FAILING)
    return After(failing, asked or next_look(failing.failures, now, jitter))


_OLD_SECRET = timedelta(days=1)
"""How long what is sent is signed with the old secret too, when there is a new one."""


def with_new_secret(
    secrets: Sequence[dict[str, Any]], new: str, now: datetime
) -> tuple[list[dict[str, Any]], datetime]:
    """The secrets with a new one, and until when the one before is valid beside it; older ones end."""
    until = now + _OLD_SECRET
    before = [{"secret": one["secret"], "until": until.isoformat()} for one in secrets[:1]]
    return [{"secret": new, "until": None}, *before], until
