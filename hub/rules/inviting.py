"""Is a party invited with this event, to what, and as which version of that invitation?"""

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from hub.rules.identity import derived_key, event_key
from hub.rules.relations import Relation
from schemas.catalogue import Plan
from schemas.envelope import Envelope
from schemas.participation import ParticipationRequested
from schemas.risk_dialogue import RiskDialoguePlanned

_AT_THE_TABLE = {Relation.NAMED, Relation.CORE_TEAM, Relation.MINISTRY, Relation.COORDINATOR}
"""Who sits at a consultation with a ministry."""


class Invitation(NamedTuple):
    """A meeting in someone's calendar: `uid` is the same for all versions of its plan, `sequence` counts
    them from 0; `is_off`: it does not take place."""

    uid: UUID
    sequence: int
    is_off: bool


def invitation(
    event: Envelope, before: Sequence[Plan], party: str, ties: Collection[Relation]
) -> Invitation | None:
    """The invitation of a party with these ties, if it is invited. `before`: the plans that the event came in
    place of, the newest first. Who takes part no longer is told so as if all was off."""
    if not isinstance(event, Plan) or not any(takes_part(one, party, ties) for one in (event, *before)):
        return None
    first = before[-1] if before else event
    uid = derived_key("invitation", event_key(first.source, first.id))
    is_off = event.data.state == "cancelled" or not takes_part(event, party, ties)
    return Invitation(uid, len(before), is_off)


def asked_along(request: ParticipationRequested) -> Invitation:
    """The meeting that an operator is asked to come to."""
    return Invitation(derived_key("invitation", event_key(request.source, request.id)), 0, is_off=False)


def takes_part(plan: Plan, party: str, ties: Collection[Relation]) -> bool:
    """Whether the party is expected at what is planned."""
    if isinstance(plan, RiskDialoguePlanned):
        return party in plan.data.participants
    return not _AT_THE_TABLE.isdisjoint(ties)
