"""May this party see an event that stands in the hub, now?"""

from collections.abc import Sequence

from hub.register.model import Register
from hub.rules.clearance import may_know
from hub.rules.relations import Reason
from schemas.terms import Tlp


def may_see(
    party: str, publisher: str, tlp: Tlp, delivered: Sequence[Reason] | None, register: Register
) -> bool:
    """Its own events, and what was delivered to it (for these reasons; None: nothing was), as long as it may
    still know."""
    if party not in register.parties:
        return False
    if party == publisher:
        return True
    if delivered is None:
        return False
    relations = {reason.relation for reason in delivered}
    return may_know(tlp, register.parties[party].clearance, relations).allowed
