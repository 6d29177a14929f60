"""Which subscriptions does an event match, and what do their parties want with it?"""

from collections.abc import Iterator, Mapping

from hub.register.kinds import Wish
from hub.register.model import Register, Subscription
from hub.rules.filters import passes
from schemas.answer_withheld import AnswerWithheld
from schemas.bundle import BundleReleased
from schemas.envelope import Envelope
from schemas.register_change import SubscriptionChanged

_FROM_STRONG_TO_WEAK = tuple(Wish)


def matching(event: Envelope, register: Register) -> Iterator[Subscription]:
    """The subscriptions that the event matches, by function, area and filters, in a fixed order. What is told
    to one party alone matches none."""
    if isinstance(event, SubscriptionChanged | BundleReleased | AnswerWithheld):
        return
    candidates = dict.fromkeys(
        position for function in event.functions for position in register.subscriptions_to[function]
    )
    if not candidates:
        return
    attributes = event.model_dump(mode="json", exclude={"data"}, exclude_none=True)
    for position in sorted(candidates):
        one = register.subscriptions[position]
        near = not one.areas or register.meeting_area(one.areas, event.areas) is not None
        if near and one.party in register.parties and passes(attributes, one.filters):
            yield one


def wishes(event: Envelope, register: Register) -> Mapping[str, Wish]:
    """What each subscriber wants with the event; of several wishes the strongest."""
    found: dict[str, Wish] = {}
    for one in matching(event, register):
        known = found.get(one.party, Wish.NOT)
        found[one.party] = min(known, one.wish, key=_FROM_STRONG_TO_WEAK.index)
    return found
