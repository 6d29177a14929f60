"""Subscribing and unsubscribing, as changes of the register from a day on."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from hub.errors import HubError
from hub.register.faults import faults_of
from hub.register.history import Entry, History, Kind
from hub.register.kinds import Wish
from hub.register.model import Subscription
from schemas.problems import Problem

MOST = 50
"""Subscriptions of one party."""
MOST_AN_HOUR = 30
"""Changes that a party makes: each is a version of the register and an event."""
_HOUR = timedelta(hours=1)


class SubscriptionRefused(HubError):
    """The subscriptions stay as they were. `problems` names what is wrong with the new one; none: there is no
    such subscription."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()):
        self.problems = tuple(problems)
        super().__init__(message)


class SubscribingTooOften(HubError):
    """The party changed its subscriptions as often as it may in an hour; after `wait` it may again."""

    try_again = True

    def __init__(self, wait: timedelta):
        self.wait = wait
        super().__init__(f"U hebt uw abonnementen het afgelopen uur al {MOST_AN_HOUR} keer veranderd.")


def check_pace(changed: Sequence[datetime], now: datetime) -> None:
    """Whether a party that changed the register at these moments, the first one first, may do so now. Raises
    SubscribingTooOften."""
    lately = [moment for moment in changed if moment > now - _HOUR]
    if len(lately) >= MOST_AN_HOUR:
        raise SubscribingTooOften(lately[-MOST_AN_HOUR] + _HOUR - now)


def subscribed(history: History, wish: Subscription, on: date) -> History:
    """The history in which this subscription holds from the day on, in place of an earlier one of that name;
    the same history when it does so already. Raises SubscriptionRefused."""
    entry = Entry(wish, on)
    own = (one for one in history.of_kind(Kind.SUBSCRIPTION) if one.key == entry.key)
    if any(one.facts == wish and one.since <= on and one.until is None for one in own):
        return history
    present = (one for one in history.of_kind(Kind.SUBSCRIPTION) if one.holds_on(on) and one.key != entry.key)
    if sum(isinstance(one.facts, Subscription) and one.facts.party == wish.party for one in present) >= MOST:
        problem = Problem("", "too_many", f"u hebt er al {MOST}; stop er eerst een")
        raise SubscriptionRefused("Er is niets veranderd.", [problem])
    new = History.of(history.version, (*_ended(history, entry.key, on), entry))
    if found := faults_of(entry, new):
        problems = [Problem(fault.field, fault.code, fault.detail) for fault in found]
        raise SubscriptionRefused("Er is niets veranderd.", problems)
    return new


def unsubscribed(history: History, party: str, name: str, on: date) -> History:
    """The history in which this subscription ends on the day. Raises SubscriptionRefused."""
    key = Entry(Subscription(party, name, Wish.NOT), on).key
    if not any(e.key == key and e.holds_on(on) for e in history.of_kind(Kind.SUBSCRIPTION)):
        raise SubscriptionRefused(f"U hebt geen abonnement '{name}'.")
    return History.of(history.version, _ended(history, key, on))


def _ended(history: History, key: str, on: date) -> list[Entry]:
    """The entries, without what holds under this key on the day or later; what began earlier ends then."""
    kept = []
    for entry in history.entries:
        if (entry.kind, entry.key) != (Kind.SUBSCRIPTION, key) or (entry.until and entry.until <= on):
            kept.append(entry)
        elif entry.since < on:
            kept.append(replace(entry, until=on))
    return kept
