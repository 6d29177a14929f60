"""Days and moments on Dutch clocks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
EPOCH_MONDAY = date(1970, 1, 5)
"""The first day of week 0."""


def dutch_day(now: datetime) -> date:
    """The day that it is in the Netherlands."""
    return now.astimezone(AMSTERDAM).date()


def midnight(day: date | None, days: int = 0) -> datetime | None:
    """When a day begins in the Netherlands, or the day so many days later; of no day, or one
    that a clock elsewhere can't tell: None, so that a period is open there."""
    if day is None:
        return None
    try:
        return datetime.combine(day + timedelta(days=days), time(), AMSTERDAM).astimezone(UTC)
    except OverflowError:
        return None
