"""How does a party get an event by mail, given what it wants? At once, in its digest, or not."""

from collections.abc import Collection
from enum import StrEnum

from hub.register.model import Register
from hub.rules.digesting import Urgency, urgency
from hub.rules.policy import Mode
from hub.rules.preferences import DIGEST, MANDATORY, Preferences
from hub.rules.relations import Relation
from schemas.catalogue import BY_TYPE
from schemas.envelope import Envelope

_DUTIES = {Relation.NAMED, Relation.ASKED, Relation.ASKER, Relation.HAD_EARLIER}
"""Who is addressed by name hears of it, whatever it wants."""


class Mailing(StrEnum):
    """How an event is mailed, if it is."""

    AT_ONCE = "immediate"
    DIGEST = "digest"
    NOT = "not"


def mailing(
    wanted: Preferences,
    planned: Mode,
    event: Envelope,
    ties: Collection[Relation],
    register: Register,
) -> Mailing:
    """How a party with these ties to an event gets it, that was planned for it in this way. What must be read
    comes as planned or sooner; what is urgent never waits for a digest because of a wish."""
    short = BY_TYPE[event.type].short
    if short in wanted.at_once:
        planned = Mode.IMMEDIATE
    if must_read(event.type, ties):
        return Mailing(planned)
    if short in wanted.stopped or not _passes(wanted, event, register):
        return Mailing.NOT
    if short in wanted.digested and urgency(event) is not Urgency.URGENT:
        planned = Mode.DIGEST
    if planned is Mode.DIGEST and DIGEST in wanted.stopped:
        return Mailing.NOT
    return Mailing(planned)


def must_read(event_type: str, ties: Collection[Relation]) -> bool:
    """Whether no wish keeps this event from its receiver."""
    return BY_TYPE[event_type].short in MANDATORY or not _DUTIES.isdisjoint(ties)


def may_stop(event_type: str, ties: Collection[Relation]) -> str | None:
    """The kind of mail that the receiver of this event may stop; None: it must be read."""
    return None if must_read(event_type, ties) else BY_TYPE[event_type].short


def _passes(wanted: Preferences, event: Envelope, register: Register) -> bool:
    if wanted.functions and not set(wanted.functions) & set(event.functions):
        return False
    if wanted.areas and register.meeting_area(wanted.areas, event.areas) is None:
        return False
    return urgency(event) <= Urgency[wanted.least.upper()]
