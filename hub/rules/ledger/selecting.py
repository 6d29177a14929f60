"""Which records belong in an export?"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from hub.rules.ledger.checking import said_in


class Selection(NamedTuple):
    """A period (from `since`, before `until`), a function and a party; None does not matter. `is_own`: only
    what is about this party alone, for it to read."""

    since: datetime | None = None
    until: datetime | None = None
    function: str | None = None
    party: str | None = None
    is_own: bool = False

    def told(self) -> dict[str, Any]:
        """As an export tells of it."""
        return {
            "from": self.since.isoformat() if self.since else None,
            "to": self.until.isoformat() if self.until else None,
            "function": self.function,
            "party": self.party,
            **({"own": True} if self.is_own else {}),
        }


_OF_ONE = {
    "event-received": "publisher",
    "event-refused": "party",
    "more-refused": "party",
    "file-received": "party",
    "event-from-file": "publisher",
    "mail-sent": "party",
    "delivery-sent": "party",
    "delivery-replayed": "party",
    "bottleneck-read": "party",
    "content-read": "party",
}
"""The kinds of records that a party may read, and the member that names it. What is decided on an event tells
of others; what was composed may have been taken back, because the party may not know it."""


def is_own_record(record: bytes, party: str) -> bool:
    """Whether a record tells of this party and of no other."""
    said = said_in(record)
    member = _OF_ONE.get(str(said.get("kind")))
    return member is not None and said.get(member) == party


def events_of(record: bytes) -> set[UUID]:
    """The events that a record is about, or tells that they were mailed."""
    said = said_in(record)
    events = said.get("events")
    told = [said.get("event"), *(events if isinstance(events, list) else ())]
    return {UUID(one) for one in told if isinstance(one, str)}


def is_of_party(record: bytes, party: str) -> bool:
    """Whether a record names a party. Its short name needs no escape in JSON and is no part of another."""
    return f'"{party}"'.encode() in record


def is_selected(record: bytes, selection: Selection) -> bool:
    """Whether a record is of the period and the party; its function is for who knows the event."""
    if selection.party is not None and not is_of_party(record, selection.party):
        return False
    if selection.is_own and not is_own_record(record, selection.party or ""):
        return False
    if selection.since is None and selection.until is None:
        return True
    at = said_in(record).get("at")
    moment = datetime.fromisoformat(at) if isinstance(at, str) else None
    return (
        moment is not None
        and (selection.since is None or selection.since <= moment)
        and (selection.until is None or moment < selection.until)
    )
