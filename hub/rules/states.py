"""How far is a delivery, over every way out together, and what of it may its sender know?"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from hub.rules.explaining import Explanation


class State(StrEnum):
    """How far a delivery is. Sent: a mail server or a reader of the party has it; delivered: its own system
    has taken it; acknowledged: the party itself showed that it has it, by going on after it or by answering.
    Failed: it is tried again; given up: somebody has to look. Withheld: it may not go out."""

    PENDING = "pending"
    SENT = "sent"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    GIVEN_UP = "given-up"
    WITHHELD = "withheld"


class OnTheWay(NamedTuple):
    """A delivery to a party over one way (`mail`, `bundle`, `pull`, `feed`, or a channel and the name of its
    system): how far it is, since when (None: that isn't kept), and why not where it is stuck."""

    party: str
    way: str
    state: State
    at: datetime | None = None
    why: str = ""


_FURTHEST = (
    State.ACKNOWLEDGED,
    State.DELIVERED,
    State.SENT,
    State.PENDING,
    State.FAILED,
    State.GIVEN_UP,
    State.WITHHELD,
)
"""What counts for a party that is sent to over several ways."""


def as_sender_knows(ways: Iterable[OnTheWay], told: Explanation) -> list[OnTheWay]:
    """Of each party that the sender may know of (`told`: what the policy decided, as its publisher hears it)
    how far it is, not over which way.

    Pending also is what does not go: that a party may know it no longer, or does not want it, is its own."""
    parties = {one.party for one in told.related if one.mode is not None}
    parties |= {one.operator for one in told.asked}
    found: dict[str, list[OnTheWay]] = {party: [] for party in parties}
    for one in ways:
        if one.party in found:
            found[one.party].append(one)
    return [_furthest(party, found[party]) for party in sorted(found)]


def _furthest(party: str, ways: Sequence[OnTheWay]) -> OnTheWay:
    best = min(ways, key=lambda one: _FURTHEST.index(one.state), default=None)
    if best is None or best.state in (State.PENDING, State.WITHHELD):
        return OnTheWay(party, "", State.PENDING)
    return OnTheWay(party, "", best.state, best.at)


def as_receiver_knows(ways: Iterable[OnTheWay], party: str) -> list[OnTheWay]:
    """What goes to the party itself, by each way; not what is withheld from it."""
    return [one for one in ways if one.party == party and one.state is not State.WITHHELD]
