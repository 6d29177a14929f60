"""Retry or give up? One policy for every way out."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_WAITS = (10, 60, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
"""Seconds before each next attempt: three days in all, as servers are repaired within days."""
_JITTER = 0.2
_BUSY_AFTER = 3
_LATELY = timedelta(minutes=10)
_AS_OFTEN = 60
LONGEST_WAIT = timedelta(days=1)
"""However long a server asks us to stay away."""


def next_attempt(attempts: int, now: datetime, jitter: float = 0.0) -> datetime | None:
    """When to try again after `attempts` failures; None: give up and let a person look.

    `jitter`, from 0 to 1, lengthens the wait by up to a fifth: what failed together comes back apart."""
    if attempts > len(_WAITS):
        return None
    return now + timedelta(seconds=_WAITS[attempts - 1] * (1 + _JITTER * jitter))


def is_busy(refusals: int, domains: int, since_busy: timedelta | None) -> bool:
    """Whether a mail server that turned down so many mails on end, each for now, to mailboxes of so many
    domains, wants less from us: then that is no fault of these mails. Of one domain it may be its mailboxes
    that can't be reached. `since_busy`: how long ago it was so before; lately, and one is enough."""
    if since_busy is not None and since_busy < _LATELY:
        return refusals > 0
    return refusals >= _BUSY_AFTER and domains > 1


def is_wary(refusals: int, since_busy: timedelta | None) -> bool:
    """Whether a mail server is sent one mail at a time, since it turned down the last ones or was busy
    lately: so that it is seen with each what it wants, and no more than that one is turned down."""
    return refusals > 0 or (since_busy is not None and since_busy < _LATELY)


def goes_behind(refusals: int) -> bool:
    """Whether the mail that a busy server turned down so often on end lets others go first for a while: for
    all we know it is this one that the server does not want."""
    return refusals % _AS_OFTEN == 0


def next_look(failures: int, now: datetime, jitter: float = 0.0) -> datetime:
    """When to see whether a server is back that failed us `failures` times on end: within half an hour, so
    that it need not wait long for us."""
    waits: Sequence[int] = _WAITS[:4]
    return next_attempt(min(failures, len(waits)), now, jitter) or now


def asked_to_wait(retry_after: str | None, now: datetime) -> datetime | None:
    """Until when a server wants to be left alone (RFC 9110, `Retry-After`): at most a day; None: it doesn't
    say, or not in a way that can be read."""
    said = (retry_after or "").strip()
    if said.isascii() and said.isdigit():
        return now + min(timedelta(seconds=int(said[:9])), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until, now), now + LONGEST_WAIT)
