"""Weekly moments on Dutch clocks, counted by week: so that summer time moves the hour, never the count."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
EPOCH_MONDAY = date(1970, 1, 5)
"""The first day of week 0."""


def dutch_day(now: datetime) -> date:
    """The day that it is in the Netherlands."""
    return now.astimezone(AMSTERDAM).date()


def midnight(day: date | None, days: int = 0) -> datetime | None:
    """When a day begins in the Netherlands, or the day so many days later; of no day: None."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=days), time(), AMSTERDAM).astimezone(UTC)


class Weekly(NamedTuple):
    """A weekday (Monday is 0) and hour in Amsterdam."""

    weekday: int
    hour: int

    def moment(self, index: int) -> datetime:
        """The moment in week `index`, in UTC."""
        day = EPOCH_MONDAY + timedelta(weeks=index, days=self.weekday)
        return datetime.combine(day, time(self.hour), AMSTERDAM).astimezone(UTC)

    def latest(self, now: datetime) -> int:
        """The index of the last moment at or before `now`."""
        index = (now.astimezone(AMSTERDAM).date() - EPOCH_MONDAY).days // 7
        return index if self.moment(index) <= now else index - 1


DIGEST = Weekly(weekday=0, hour=8)
"""When digests go out: Monday 08:00."""
