"""Retry or give up?"""

from datetime import datetime, timedelta

_WAITS = (10, 60, 300, 1800, 7200, 21600, 43200, 86400)
"""Seconds before each next attempt: two days in all, as mail servers are repaired within days."""


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """When to try again after `attempts` failures; None: give up and let a person look."""
    return now + timedelta(seconds=_WAITS[attempts - 1]) if attempts <= len(_WAITS) else None
