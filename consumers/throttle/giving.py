"""What reaches a party at once, as it answers, declines or changes what that party asked."""

from datetime import datetime
from uuid import UUID

from hub.register.model import Register
from hub.rules.policy import Mode
from hub.rules.relations import Reason
from hub.rules.ties import Tied
from hub.store.exchanges import NewDeliveries


def at_once(
    event_key: UUID, party: str, reasons: tuple[Reason, ...], register: Register, now: datetime
) -> NewDeliveries:
    """The delivery of an event to one party, in a mail of its own."""
    tied = Tied((party,), register.parties[party].clearance, reasons)
    return NewDeliveries(event_key, tied, Mode.IMMEDIATE, register.version, now)
