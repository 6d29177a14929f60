"""Which records belong in an export?"""

from datetime import datetime
from typing import Any, NamedTuple

from hub.rules.ledger.checking import said_in


class Selection(NamedTuple):
    """A period (from `since`, before `until`), a function and a party; what is None does not matter."""

    since: datetime | None = None
    until: datetime | None = None
    function: str | None = None
    party: str | None = None

    def told(self) -> dict[str, Any]:
        """As an export tells of it."""
        return {
            "from": self.since.isoformat() if self.since else None,
            "to": self.until.isoformat() if self.until else None,
            "function": self.function,
            "party": self.party,
        }


def is_of_party(record: bytes, party: str) -> bool:
    """Whether a record names a party. Its short name needs no escape in JSON and is no part of another."""
    return f'"{party}"'.encode() in record


def is_selected(record: bytes, selection: Selection) -> bool:
    """Whether a record is of the period and the party; its function is for who knows the event."""
    if selection.party is not None and not is_of_party(record, selection.party):
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
