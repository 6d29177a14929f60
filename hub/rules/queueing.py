"""In which order do queued mails go? What is urgent first; then each mailbox in turn."""

from collections.abc import Sequence
from datetime import datetime, timedelta

_URGENT = timedelta(days=4)
"""Longer than any mail waits: what is urgent goes before all that is not."""
_TURN = timedelta(minutes=1)


def place_in_queue(urgent: bool, earlier: int, made: datetime) -> datetime:
    """Where a mail stands in the queue; lower goes first. `earlier`: the mails made for the same mailbox in
    the hour before: each lets the mails go first that others get in the next minute. So nobody's many
    mails hold up another's few, and nothing waits for ever."""
    return made + earlier * _TURN - (_URGENT if urgent else timedelta())


def stand_together(places: Sequence[datetime]) -> int:
    """How many of the first in the queue may be sent beside one another: what is urgent goes before what is
    not, so never beside it. `places`: in order."""
    return sum(place - places[0] < _URGENT / 2 for place in places)
