"""What does a party want of its mail: which events, how, when its digest comes, and who stands in?"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from hub.register.model import Register
from hub.rules.digesting import Urgency
from hub.rules.mail_in.judging import is_sender_of
from hub.rules.moments import AMSTERDAM, dutch_day
from hub.rules.throttle.slots import is_working_day
from schemas.catalogue import CATALOGUE
from schemas.problems import Problem
from schemas.terms import FunctionSlug, is_readable

DIGEST = "digest"
"""What stops when a party wants no digest."""

KINDS = (DIGEST, *(row.short for row in CATALOGUE))
MANDATORY = ("situation-opened",)
"""Kinds of events that every receiver is mailed at once, whatever it wants: who misses that a crisis has
sheets goes on asking."""
MOST_AREAS = 100
DUTCH = "nl"
LANGUAGES = (DUTCH, "en")


class Preferences(NamedTuple):
    """On which days (Monday is 0) and at which hour in Amsterdam the digest comes, whether on working days
    only; which kinds of mail do not come, which events come `at_once` or in the digest (`digested`) whatever
    is usual; of which functions and areas (none named: of all), how urgent at `least`, and
    in which `language` the hub writes.

    Between two days (both included) the party is away: its digest waits, unless a `deputy`, another mailbox
    of the party, reads all its mail too."""

    weekdays: tuple[int, ...] = (0,)
    hour: int = 8
    working_days: bool = True
    stopped: tuple[str, ...] = ()
    away_from: date | None = None
    away_until: date | None = None
    deputy: str | None = None
    at_once: tuple[str, ...] = ()
    digested: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    least: str = Urgency.USUAL.name.lower()
    language: str = DUTCH

    def without(self, kind: str) -> "Preferences":
        """The same, and this kind stopped."""
        return self._replace(
            stopped=tuple(sorted({*self.stopped, kind})),
            at_once=tuple(one for one in self.at_once if one != kind),
            digested=tuple(one for one in self.digested if one != kind),
        )

    def is_away(self, day: date) -> bool:
        """Whether the party reads no mail on this day."""
        return bool(self.away_from and self.away_until and self.away_from <= day <= self.away_until)

    def named_on(self, day: date) -> str | None:
        """The deputy that is named for this day, whether or not it may be one."""
        return self.deputy if self.is_away(day) else None


USUAL = Preferences()
LEVELS = tuple(one.name.lower() for one in sorted(Urgency, reverse=True))
"""How urgent an event is, from usual to urgent, in words."""
_LISTS = ("weekdays", "stopped", "at_once", "digested", "functions", "areas")
_DAYS = ("away_from", "away_until")


def problems(wanted: Preferences, party: str, register: Register) -> Iterator[Problem]:
    """All that is wrong with what a party of this register wants."""
    if not wanted.weekdays or not set(wanted.weekdays) <= set(range(7)):
        told = "noemt een of meer dagen, van 0 (maandag) tot en met 6 (zondag)"
        yield Problem("weekdays", "weekdays", told)
    if not 0 <= wanted.hour <= 23:
        yield Problem("hour", "hour", "moet een heel uur zijn, van 0 tot en met 23")
    yield from _problems_of_kinds(wanted)
    if unknown := sorted(set(wanted.functions) - set(FunctionSlug)):
        yield Problem("functions", "functions", f"noemt een functie die er niet is: {unknown[0]!a}")
    if unknown := sorted(set(wanted.areas) - register.areas.keys()):
        yield Problem("areas", "unknown_area", f"noemt een gebied dat er niet is: {unknown[0]!a}")
    if len(wanted.areas) > MOST_AREAS:
        yield Problem("areas", "too_long", f"noemt meer gebieden dan het hoogste aantal: {MOST_AREAS}")
    if wanted.least not in LEVELS:
        yield Problem("least", "least", f"kan zijn: {', '.join(LEVELS)}")
    if wanted.language not in LANGUAGES:
        yield Problem("language", "language", f"kan zijn: {', '.join(LANGUAGES)}")
    yield from _problems_of_absence(wanted, party, register)


def _problems_of_kinds(wanted: Preferences) -> Iterator[Problem]:
    named = [("stopped", wanted.stopped), ("atOnce", wanted.at_once), ("inDigest", wanted.digested)]
    for field, kinds in named:
        known = set(KINDS) if field == "stopped" else set(KINDS) - {DIGEST}
        if unknown := sorted(set(kinds) - known):
            yield Problem(field, "kind", f"noemt een soort die er niet is: {unknown[0]!a}")
        if field != "atOnce" and (always := sorted(set(kinds) & set(MANDATORY))):
            yield Problem(field, "mandatory", f"noemt wat altijd direct gemaild wordt: {', '.join(always)}")
    said = [kind for _, kinds in named for kind in kinds]
    if twice := sorted({kind for kind in said if said.count(kind) > 1}):
        yield Problem("stopped", "doubled", f"staat ook in atOnce of inDigest: {', '.join(twice)}")


def _problems_of_absence(wanted: Preferences, party: str, register: Register) -> Iterator[Problem]:
    since, until, deputy = wanted.away_from, wanted.away_until, wanted.deputy
    if (since is None) != (until is None):
        yield Problem(
            "awayFrom", "away", "geef de eerste en de laatste dag dat u er niet bent, of geen van beide"
        )
    elif since and until and until < since:
        yield Problem("awayUntil", "away", "ligt voor de eerste dag dat u er niet bent")
    if since and until and (until - since).days > 366:
        yield Problem("awayUntil", "away", "ligt meer dan een jaar na de eerste dag dat u er niet bent")
    if deputy is not None and since is None:
        yield Problem("deputy", "away", "geef ook de eerste en de laatste dag dat u er niet bent")
    if deputy is not None and not _is_beside(deputy, party, register):
        domain = register.parties[party].mailbox.rpartition("@")[2].casefold()
        told = "moet een andere postbus van uw organisatie zijn, waar niemand anders een postbus mag hebben"
        yield Problem("deputy", "deputy", f"{told}: {domain}")


def deputy_on(wanted: Preferences, party: str, register: Register, day: date) -> str | None:
    """Who reads the mail of this party too on this day."""
    named = wanted.named_on(day)
    return named if named is not None and _is_beside(named, party, register) else None


def _is_beside(deputy: str, party: str, register: Register) -> bool:
    """Whether this is another mailbox of the party: its mail never goes elsewhere."""
    local = deputy.rpartition("@")[0]
    plain = is_readable(deputy) and not set(local) & set(' \t\n"(),:;<>@[\\]') and local.isascii()
    if not local or len(deputy) > 254 or not plain or not is_sender_of(deputy, party, register):
        return False
    return deputy.casefold() != register.parties[party].mailbox.casefold()


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
    if wanted.is_away(day) and wanted.deputy is None:
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


def written(wanted: Preferences) -> dict[str, Any]:
    """As JSON."""
    return {name: _plain(value) for name, value in wanted._asdict().items()}


def _plain(value: Any) -> Any:
    return (
        value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value
    )


def as_written(content: Mapping[str, Any]) -> Preferences:
    """From JSON as `written` made it; what it does not name is as usual."""
    days = {name: date.fromisoformat(content[name]) for name in _DAYS if content.get(name)}
    lists = {name: tuple(content[name]) for name in _LISTS if name in content}
    return Preferences(**{**content, **lists, **days})
