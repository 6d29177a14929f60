"""Who would receive an event, and for any party why not?"""

from enum import StrEnum
from typing import NamedTuple

from hub.register.kinds import Wish
from hub.register.model import Register
from hub.rules.asking import AskedOperator, asked_operators
from hub.rules.exercises import EXERCISE, ONLY_EXERCISES, apart
from hub.rules.policy import Mode
from hub.rules.recipients import Consideration, considerations
from hub.rules.relations import Reason, publisher
from schemas.catalogue import Request
from schemas.envelope import Envelope


class WhyNot(StrEnum):
    """Why a party does not receive an event as a delivery."""

    UNKNOWN_PARTY = "unknown-party"
    PARTY_ENDED = "party-ended"
    PUBLISHER = "publisher"
    ASKED = "asked-through-the-throttle"
    NO_RELATION = "no-relation"
    CLEARANCE_TOO_LOW = "clearance-too-low"
    NOT_NAMED = "not-named"
    NO_NEED_TO_KNOW = "no-need-to-know"
    MAY_NOT_KNOW = "may-not-know"
    """The three before, as others hear of it: what a party is cleared for is its own."""
    EXERCISE = EXERCISE
    ONLY_EXERCISES = ONLY_EXERCISES
    UNSUBSCRIBED = "unsubscribed"
    NOT_IN_POLICY = "not-in-policy"


class Explained(NamedTuple):
    """One party and an event: how it receives it (None: not), through which relations, else why not."""

    party: str
    mode: Mode | None
    reasons: tuple[Reason, ...]
    why_not: WhyNot | None


class Explanation(NamedTuple):
    """Everyone that has to do with an event; `asked` receive it in a bundle."""

    register_version: int
    related: tuple[Explained, ...]
    asked: tuple[AskedOperator, ...]


def explanation(event: Envelope, register: Register) -> Explanation:
    """All related parties, who receives it first."""
    related = [_explained(one, event, register) for one in considerations(event, register)]
    related.sort(key=lambda one: (one.mode is None, one.mode is Mode.DIGEST, one.party))
    asked = asked_operators(event, register) if isinstance(event, Request) else []
    return Explanation(register.version, tuple(related), tuple(asked))


def explanation_for_publisher(event: Envelope, register: Register) -> Explanation:
    """The same, as far as the publisher may know of others: what the policy decides, not who subscribed or
    unsubscribed, and not what it is that keeps a party from knowing."""
    found = explanation(event, register.without_subscriptions)
    return found._replace(related=tuple(map(_merged, found.related)))


def explained_for(party: str, event: Envelope, register: Register) -> Explained:
    """The same for one party, also when it has nothing to do with the event."""
    found = explanation(event, register)
    for one in found.related:
        if one.party == party:
            return one
    if party not in register.parties:
        why_not = WhyNot.PARTY_ENDED if party in register.former else WhyNot.UNKNOWN_PARTY
    elif party == publisher(event.source, register):
        why_not = WhyNot.PUBLISHER
    elif any(asked.operator == party for asked in found.asked):
        why_not = WhyNot.ASKED
    else:
        why_not = WhyNot.NO_RELATION
    return Explained(party, None, (), why_not)


_MAY_NOT_KNOW = frozenset({WhyNot.CLEARANCE_TOO_LOW, WhyNot.NOT_NAMED, WhyNot.NO_NEED_TO_KNOW})


def _merged(one: Explained) -> Explained:
    return one._replace(why_not=WhyNot.MAY_NOT_KNOW) if one.why_not in _MAY_NOT_KNOW else one


def _explained(weighed: Consideration, event: Envelope, register: Register) -> Explained:
    why_not: WhyNot | None = None
    if why := apart(event.source, register.parties[weighed.party]):
        why_not = WhyNot(why)
    elif not weighed.verdict.allowed:
        why_not = WhyNot(weighed.verdict.ruling.value)
    elif weighed.mode is None:
        why_not = WhyNot.UNSUBSCRIBED if weighed.wish is Wish.NOT else WhyNot.NOT_IN_POLICY
    return Explained(weighed.party, None if why_not else weighed.mode, weighed.reasons, why_not)
