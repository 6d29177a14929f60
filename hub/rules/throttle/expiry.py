"""When does a request end that nobody answered, and when are asker and coordinator told that it may?"""

from datetime import UTC, date, datetime, time, timedelta

from hub.rules.moments import AMSTERDAM
from hub.rules.throttle.policy import Policy
from hub.rules.throttle.slots import slots_of

_LAST_DAY = date(2199, 12, 31)
"""A request that is needed later ends as if it were needed then."""


def expires_at(
    accepted: datetime, needed_by: date | None, policy: Policy, stated: datetime | None = None
) -> datetime:
    """When a request ends: so many days after the day it is needed, else after so many slots in which it
    could have left, and never after the moment that its asker states. Nothing moves it: not quiet, not
    postponing, not a change of policy."""
    if needed_by is None:
        slots = slots_of(policy)
        end = slots.moment(slots.first_for(accepted) + policy.expiry_slots)
    else:
        day = min(needed_by, _LAST_DAY) + timedelta(days=policy.expiry_days + 1)
        end = datetime.combine(day, time(), AMSTERDAM).astimezone(UTC)
    return min(end, stated) if stated is not None else end


def half_way(accepted: datetime, expires: datetime) -> datetime:
    """When asker and coordinator are told that a request has waited for half of its time."""
    return accepted + max(expires - accepted, timedelta()) / 2


def is_to_be_told(accepted: datetime, expires: datetime, now: datetime, *, was_told: bool) -> bool:
    """Whether asker and coordinator are to be told now."""
    return not was_told and half_way(accepted, expires) <= now < expires
