"""What limits does an operator set on being asked, and which of them bind in a slot?"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple


class Quiet(NamedTuple):
    """Days on which an operator is asked nothing routine: from `since` until the day before `until`."""

    since: date
    until: date


class Limit(NamedTuple):
    """At most `bundles` in any `window` consecutive slots; none at all when `bundles` is 0."""

    window: int
    bundles: int

    @property
    def gap(self) -> int | None:
        """Slots from one bundle to the next: so spread, any window holds at most `bundles`."""
        return -(-self.window // self.bundles) if self.bundles else None

    def allows(self, slot: int, sent: Sequence[int]) -> bool:
        """Whether a bundle in this slot keeps the limit, after those sent in other slots."""
        if self.gap is None:
            return False
        apart = all(slot - earlier >= self.gap for earlier in sent)
        return apart and sum(slot - earlier < self.window for earlier in sent) < self.bundles


class Validity(NamedTuple):
    """For how many days an answer of each kind holds."""

    static: int = 365
    plans: int = 90
    crisis: int = 28
    decline: int = 84


class Policy(NamedTuple):
    """An operator's own parameters. `weekday` counts from Monday = 0.

    `still` are limits of former policies that bind as well, in windows that reach back to them."""

    weekday: int = 1
    hour: int = 10
    window: int = 4
    bundles: int = 2
    places: int = 20
    max_wait: int = 3
    urgent: int = 2
    confirmed: int = 2
    urgent_share: int = 1
    expiry_days: int = 14
    expiry_slots: int = 26
    reserve: int = 4
    validity: Validity = Validity()
    quiet: tuple[Quiet, ...] = ()
    still: tuple[Limit, ...] = ()

    @property
    def limit(self) -> Limit:
        """The operator's limit on routine bundles."""
        return Limit(self.window, self.bundles)

    @property
    def gap(self) -> int | None:
        """Slots from one bundle to the next; None: there is no routine bundle at all."""
        return self.limit.gap

    def allows(self, slot: int, sent: Sequence[int]) -> bool:
        """Whether every limit that binds allows a routine bundle in this slot."""
        return all(limit.allows(slot, sent) for limit in (self.limit, *self.still))

    def is_quiet(self, day: date) -> bool:
        """Whether the operator has asked for quiet on this day."""
        return any(quiet.since <= day < quiet.until for quiet in self.quiet)


DEFAULT = Policy()
"""The parameters of every operator that has set none."""

LONGEST_QUIET = timedelta(days=366)
LONGEST_WINDOW = 52
"""Slots. What left before that binds nothing any more."""


class Change(NamedTuple):
    """A policy and the first slot for which it holds."""

    since: int
    policy: Policy


def policy_at(changes: Iterable[Change], slot: int) -> Policy:
    """The policy for a slot, before the first change the default one. A window of slots that spans a change
    keeps both limits, so the stricter one decides."""
    current, since, still = DEFAULT, 0, []
    for change in sorted(changes, key=lambda change: change.since):
        if change.since > slot:
            break
        if change.since > since:
            still.append((change.since, current.limit))
        current, since = change.policy, change.since
    binding = [limit for ended, limit in still if slot - limit.window + 1 < ended]
    return current._replace(still=tuple(dict.fromkeys(x for x in binding if x != current.limit)))
