"""How much does an operator have on its plate, as its coordinator may know? Nothing classified counts."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from hub.rules.throttle.standing import Standing, next_bundle

SOON = timedelta(days=14)
"""A request that ends within this time is told of."""


class Sent(NamedTuple):
    """A contact that reached an operator: its kind, and the week of which slot it was in."""

    kind: str
    slot: int


class Pace(NamedTuple):
    """What an operator has had once a bundle left, that one included: its ordinary bundles of at most
    `bundles` in `window` weeks; and in a year, how often it was asked something, in how many contacts."""

    sent: int
    bundles: int
    window: int
    asked: int
    contacts: int


class Load(NamedTuple):
    """Of an operator: its budget of `bundles` in `window` weeks, its contacts in the last such window by
    kind, how many questions wait, when a routine bundle may come next, None when it never does; and how many
    requests end soon."""

    operator: str
    window: int
    bundles: int
    routine: int
    urgent: int
    crisis: int
    waiting: int
    next_at: datetime | None
    ending_soon: int


def load_of(standing: Standing, sent: Iterable[Sent], ends: Iterable[datetime], now: datetime) -> Load:
    """The load, from the contacts and the open requests that are not classified: `ends` is when each of those
    ends."""
    line, first, policy_of = standing
    policy = policy_of(first)
    # An urgent or crisis contact after a slot is of that slot, which may still be to be run today.
    here = [
        one
        for one in sent
        if first - policy.window <= one.slot and (one.slot < first or one.kind != "routine")
    ]
    kinds = [one.kind for one in here]
    # From what may be known only: so it is "at the earliest", and tells nothing of what is hidden.
    known = tuple(slot for slot in line.sent if slot not in line.sent_classified)
    return Load(
        line.operator,
        policy.window,
        policy.bundles,
        kinds.count("routine"),
        kinds.count("urgent"),
        kinds.count("crisis"),
        sum(not item.classified for item in line.waiting),
        next_bundle(first - 1, known, policy_of),
        sum(now < end <= now + SOON for end in ends),
    )
