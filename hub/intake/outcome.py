"""What the front door says of an event."""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of an event. Each has one HTTP status."""

    ACCEPTED = "accepted"
    KNOWN = "known"
    INVALID = "invalid"
    NOT_YOURS = "not-yours"
    NOT_ALLOWED = "scope"
    CONFLICT = "conflict"
    TOO_LARGE = "too-large"
    UNAVAILABLE = "unavailable"
