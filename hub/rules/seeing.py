"""May this party see an event that stands in the hub, now?"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hub.register.kinds import Wish
from hub.register.model import Register
from hub.rules.clearance import may_know
from hub.rules.exercises import apart, apart_in_mail
from hub.rules.relations import Reason, Relation
from hub.rules.subscribing import wishes
from hub.rules.ties import standing
from schemas.bundle import BundleReleased
from schemas.envelope import Envelope
from schemas.terms import Tlp

_LASTING = frozenset({Relation.NAMED, Relation.ASKED, Relation.ASKER, Relation.HAD_EARLIER})
"""Relations that an event made for good: the register can't undo them."""

RESTRICTED = "restricted-since"
"""Why an event is not sent whose publisher lets fewer know since."""

IN_ITS_BUNDLE = "in-its-bundle"
"""Why what a bundle asks is not mailed beside it: the mail of the bundle says so."""


class Marking(NamedTuple):
    """How an event is marked: its label, and who is named in it."""

    tlp: Tlp
    recipients: Sequence[str]


def may_see(
    party: str,
    publisher: str,
    event: Envelope,
    delivered: Sequence[Reason] | None,
    register: Register,
    newest: Marking | None = None,
) -> bool:
    """Its own events, and what was delivered to it (for these reasons; None: nothing was), as long as it may
    still know. `newest`: how its publisher marked what came in its place, if anything did."""
    if party not in register.parties:
        return False
    if party == publisher:
        return True
    if delivered is None or apart(event.source, register.parties[party]):
        return False
    holding = still_holding(delivered, party, event, register)
    relations = {reason.relation for reason in holding}
    if not may_know(event.tlp, register.parties[party].clearance, relations).allowed:
        return False
    return refusal_since(newest, party, holding, register) is None


def still_holding(
    reasons: Sequence[Reason], party: str, event: Envelope, register: Register
) -> tuple[Reason, ...]:
    """Those of the reasons, found in an earlier register, that tie the party to the event in this one. In
    which of the event's areas is no matter."""
    if all(reason.relation in _LASTING for reason in reasons):
        return tuple(reasons)
    ties = {
        (tie.relation, tie.function)
        for tied in standing(event.functions, event.areas, register)
        if party in tied.parties
        for tie in tied.reasons
    }
    if any(reason.relation is Relation.SUBSCRIBER for reason in reasons):
        wish = wishes(event, register).get(party, Wish.NOT)
        ties |= {(Relation.SUBSCRIBER, None)} if wish is not Wish.NOT else set()
    return tuple(r for r in reasons if r.relation in _LASTING or (r.relation, r.function) in ties)


def refusal(event: Envelope, party: str, reasons: Sequence[Reason], register: Register) -> str | None:
    """Why a party may not know, for these reasons that hold, what was planned for it; None: it may."""
    if party not in register.parties:
        return "party-ended"
    if why := apart(event.source, register.parties[party]):
        return why
    relations = {reason.relation for reason in reasons}
    verdict = may_know(event.tlp, register.parties[party].clearance, relations)
    return None if verdict.allowed else str(verdict.ruling)


def marking_of(found: Mapping[str, Any] | None) -> Marking | None:
    """A marking as the store has it."""
    return Marking(Tlp(found["tlp"]), found["recipients"] or ()) if found else None


def refusal_since(
    newest: Marking | None, party: str, reasons: Sequence[Reason], register: Register
) -> str | None:
    """Why a party of the register, with these reasons that hold, may no longer know an event whose publisher
    marked its `newest` version so (None: nothing came in its place); None: it may."""
    if newest is None:
        return None
    relations = {reason.relation for reason in reasons} - {Relation.NAMED}
    if party in newest.recipients:
        relations.add(Relation.NAMED)
    allowed = may_know(newest.tlp, register.parties[party].clearance, relations).allowed
    return None if allowed else RESTRICTED


def refusal_at_sending(
    event: Envelope, party: str, reasons: Sequence[Reason], register: Register
) -> str | None:
    """Why a planned delivery does not go out by mail; None: it may."""
    if isinstance(event, BundleReleased):
        return IN_ITS_BUNDLE
    if why := refusal(event, party, reasons, register):
        return why
    return apart_in_mail(event.source, register.parties[party])
