"""What does a party want of its mail: when its digest comes, and which kinds of mail do not?"""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from hub.rules.moments import AMSTERDAM, dutch_day
from hub.rules.relations import Relation
from hub.rules.throttle.slots import is_working_day
from schemas.catalogue import BY_TYPE, CATALOGUE
from schemas.problems import Problem

DIGEST = "digest"
"""What stops when a party wants no digest."""

KINDS = (DIGEST, *(row.short for row in CATALOGUE))
_DUTIES = {Relation.NAMED, Relation.ASKED, Relation.ASKER, Relation.HAD_EARLIER}
"""Who is addressed by name hears of it, whatever it wants."""


class Preferences(NamedTuple):
    """On which days (Monday is 0) and at which hour in Amsterdam the digest comes, whether on working days
    only, what is not mailed, and between which days (both included) no digest comes: it waits."""

    weekdays: tuple[int, ...] = (0,)
    hour: int = 8
    working_days: bool = True
    stopped: tuple[str, ...] = ()
    away_from: date | None = None
    away_until: date | None = None

    def without(self, kind: str) -> "Preferences":
        """The same, and this kind stopped."""
        return self._replace(stopped=tuple(sorted({*self.stopped, kind})))


USUAL = Preferences()


def problems(wanted: Preferences) -> Iterator[Problem]:
    """All that is wrong with what a party wants."""
    if not wanted.weekdays or not set(wanted.weekdays) <= set(range(7)):
        yield Problem("weekdays", "weekdays", "noemt een of meer dagen: 0 (maandag) tot en met 6 (zondag)")
    if not 0 <= wanted.hour <= 23:
        yield Problem("hour", "hour", "moet een heel uur zijn: 0 tot en met 23")
    if unknown := sorted(set(wanted.stopped) - set(KINDS)):
        yield Problem("stopped", "stopped", f"noemt een soort die er niet is: {unknown[0]!a}")
    if (wanted.away_from is None) != (wanted.away_until is None):
        yield Problem("awayFrom", "away", "hoort bij awayUntil: geef beide, of geen van beide")
    elif wanted.away_from and wanted.away_until and wanted.away_until < wanted.away_from:
        yield Problem("awayUntil", "away", "ligt voor awayFrom")
    if wanted.away_from and wanted.away_until and (wanted.away_until - wanted.away_from).days > 366:
        yield Problem("awayUntil", "away", "ligt meer dan een jaar na awayFrom")


def latest_digest(wanted: Preferences, now: datetime) -> datetime | None:
    """The last moment at or before `now` at which the party's digest was to come, in UTC; None when there was
    none in the year before. A day that is no working day moves it to the next that is."""
    today = dutch_day(now)
    for back in range(400):
        day = today - timedelta(days=back)
        if _is_digest_day(day, wanted) and (moment := _moment(day, wanted.hour)) <= now:
            return moment
    return None


def digests_until(wanted: Preferences, first: datetime, last: datetime) -> list[datetime]:
    """The moments of the party's digest from `first` on, up to the first that is later than `last`; in UTC,
    oldest first. Of a party that is away for over a year: up to then."""
    found: list[datetime] = []
    for ahead in range((dutch_day(last) - dutch_day(first)).days + 400):
        day = dutch_day(first) + timedelta(days=ahead)
        if _is_digest_day(day, wanted) and (moment := _moment(day, wanted.hour)) >= first:
            found.append(moment)
            if moment > last:
                break
    return found


def _moment(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), AMSTERDAM).astimezone(UTC)


def _is_digest_day(day: date, wanted: Preferences) -> bool:
    if _is_away(day, wanted):
        return False
    if not wanted.working_days:
        return day.weekday() in wanted.weekdays
    if not is_working_day(day):
        return False
    while day.weekday() not in wanted.weekdays:
        day -= timedelta(days=1)
        if is_working_day(day):
            return False
    return True


def _is_away(day: date, wanted: Preferences) -> bool:
    return bool(wanted.away_from and wanted.away_until and wanted.away_from <= day <= wanted.away_until)


def is_stopped(wanted: Preferences, kind: str, event_type: str, ties: Collection[Relation]) -> bool:
    """Whether a party does not want an event in a mail of this kind: `digest`, or `immediate`."""
    if not wanted.stopped or not _DUTIES.isdisjoint(ties):
        return False
    return BY_TYPE[event_type].short in wanted.stopped or (kind == DIGEST and DIGEST in wanted.stopped)


def may_stop(event_type: str, ties: Collection[Relation]) -> str | None:
    """The kind of mail that the receiver of this event may stop; None when it is addressed by name."""
    return BY_TYPE[event_type].short if _DUTIES.isdisjoint(ties) else None


def written(wanted: Preferences) -> dict[str, Any]:
    """As JSON."""
    return {name: _plain(value) for name, value in wanted._asdict().items()}


def _plain(value: Any) -> Any:
    return (
        value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value
    )


def as_written(content: Mapping[str, Any]) -> Preferences:
    """From JSON as `written` made it."""
    days = {
        name: date.fromisoformat(content[name]) if content.get(name) else None
        for name in ("away_from", "away_until")
    }
    lists = {name: tuple(content[name]) for name in ("weekdays", "stopped")}
    return Preferences(**{**content, **lists, **days})
