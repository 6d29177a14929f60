"""How often an operator is asked, as it sets that itself: read, tried and changed."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.throttle.effect import Effect, effect
from hub.rules.throttle.keeping import policy_as_json
from hub.rules.throttle.policy import DEFAULT, Change, Policy
from hub.rules.throttle.slots import first_of_change, latest_slot, slots_of
from hub.store.ledger.records import Entry, record
from hub.store.throttle.lines import find_standing, lock_operator
from hub.store.throttle.policies import by_slot, changes_of, keep_change


class Pace(NamedTuple):
    """What holds from the first slot still to come, at that moment, and what changes later."""

    since: datetime
    policy: Policy
    later: tuple[tuple[datetime, Policy], ...]


class PaceSet(NamedTuple):
    """What was set before, what is set now and from when it holds; its effect on who waits, None when nobody
    does."""

    old: Policy
    new: Policy
    since: datetime
    effect: Effect | None


async def pace_of(connection: AsyncConnection, operator: str, now: datetime) -> Pace:
    """What an operator has set; the default policy when it never did."""
    changes = await changes_of(connection, operator)
    policy_of = by_slot(changes)
    slot = latest_slot(now, policy_of) + 1
    later = ((_moment(c.since, c.policy), c.policy) for c in changes if c.since > slot)
    return Pace(_moment(slot, policy_of(slot)), policy_of(slot), tuple(later))


async def set_pace(
    connection: AsyncConnection,
    operator: str,
    change: Callable[[Policy], Policy],
    by: str,
    now: datetime,
    *,
    dry_run: bool,
) -> PaceSet:
    """Changes what an operator set, from its first slot still to come; setting the same again is no change.
    What `change` raises is raised, and nothing has changed."""
    await lock_operator(connection, operator)
    changes = await changes_of(connection, operator)
    policy_of = by_slot(changes)
    old = changes[-1].policy if changes else DEFAULT
    new = change(old)
    since = max(first_of_change(now, policy_of, new), *(change.since for change in changes), 0)
    standing = await find_standing(connection, operator, now)
    waits = bool(standing.line.waiting)
    done = effect(standing.line, standing.first, changes, new) if waits else None
    if new != old and not dry_run:
        await keep_change(connection, operator, Change(since, new), now)
        policy = policy_as_json(new)
        facts = {"operator": operator, "since": since, "policy": policy, "by": by}
        unique = (operator, since, now.isoformat(), policy)
        await record(connection, [Entry("policy-set", unique, None, now, facts)])
    return PaceSet(old, new, _moment(since, new), done)


def _moment(slot: int, policy: Policy) -> datetime:
    return slots_of(policy).moment(slot)
