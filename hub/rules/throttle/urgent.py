"""May an urgent request reach the operator now, outside its slots?"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from hub.rules.throttle.policy import Policy


class Contact(NamedTuple):
    """An urgent contact of an operator: in the week of which slot, for whom, whether it left on the word of a
    coordinator, and whether other askers may not know of it."""

    slot: int
    asker: str
    confirmed: bool
    classified: bool = False


class Urgent(StrEnum):
    """What happens with a request that its asker calls urgent."""

    RELEASED = "released-at-once"
    CONFIRMED = "released-at-once-on-the-coordinators-word"
    ALREADY_SENT = "operator-has-the-question-already"
    NO_REASON = "no-reason-given"
    CAN_WAIT = "next-slot-is-in-time"
    SHARE_SPENT = "asker-has-had-its-share-so-ask-the-coordinator"
    ASK_COORDINATOR = "urgent-places-are-taken-so-ask-the-coordinator"
    DUTY_NUMBER = "only-the-duty-number"


LEAVES = (Urgent.RELEASED, Urgent.CONFIRMED)


def told(how: Urgent, seen: Urgent) -> Urgent:
    """What the asker hears when `how` was decided, and `seen` is what follows from what it may know. What it
    may not know decides whether its question leaves, and nothing else that it hears."""
    return how if how in LEAVES or seen in LEAVES else seen


def known_to(asker: str, earlier: Sequence[Contact]) -> list[Contact]:
    """The urgent contacts that this asker may know of."""
    return [contact for contact in earlier if not contact.classified or contact.asker == asker]


def urgent(
    reason: str,
    needed_by: date | None,
    next_slot: date | None,
    asker: str,
    slot: int,
    earlier: Sequence[Contact],
    policy: Policy,
    *,
    is_confirmed: bool = False,
    is_sent: bool = False,
) -> Urgent:
    """Whether a question leaves at once. `slot` is the last one before now; `next_slot` is the day of the
    next one that the operator may use, None when it never comes. What is not released waits as any other."""
    if is_sent:
        return Urgent.ALREADY_SENT
    if not reason.strip():
        return Urgent.NO_REASON
    if needed_by is None or (next_slot is not None and needed_by >= next_slot):
        return Urgent.CAN_WAIT
    here = [contact for contact in earlier if contact.slot > slot - policy.window]
    own = [contact for contact in here if not contact.confirmed]
    has_share = sum(contact.asker == asker for contact in own) < policy.urgent_share
    if has_share and len(own) < policy.urgent:
        return Urgent.RELEASED
    if len(here) - len(own) >= policy.confirmed:
        return Urgent.DUTY_NUMBER
    if is_confirmed:
        return Urgent.CONFIRMED
    return Urgent.ASK_COORDINATOR if has_share else Urgent.SHARE_SPENT
