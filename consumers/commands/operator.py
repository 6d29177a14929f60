"""What an operator sets for being asked: shown, and changed by the administrator in its name."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.say import tell
from hub import wording
from hub.errors import HubError
from hub.rules.throttle.effect import effect
from hub.rules.throttle.keeping import policy_as_json, policy_from_json
from hub.rules.throttle.policy import DEFAULT, Change, Policy
from hub.rules.throttle.policy_problems import problems
from hub.rules.throttle.slots import first_of_change, latest_slot, slots_of
from hub.rules.throttle.standing import Standing
from hub.settings import Settings
from hub.store.clock import Clock, clock_of
from hub.store.database import opened, transaction
from hub.store.ledgers import Entry, record
from hub.store.lines import find_standing, lock_operator
from hub.store.policies import by_slot, changes_of, keep_change
from hub.store.registers import Registers

_QUIET, _VALIDITY = "quiet", "validity"
_NAMES = (*(name for name in policy_as_json(DEFAULT) if name not in (_QUIET, _VALIDITY)), _QUIET)


class PolicyRefused(HubError):
    """What the operator had set stays as it was. The message says why, and what to do."""


async def show_policy(settings: Settings, operator: str) -> int:
    """Tells what holds now, and what was set for later. Raises PolicyRefused or Unavailable."""
    async with opened(settings) as pool:
        now = await _now(clock_of(settings, pool), pool, operator)
        async with transaction(pool) as connection:
            changes = await changes_of(connection, operator)
    policy_of = by_slot(changes)
    slot = latest_slot(now, policy_of) + 1
    tell(f"Wat {operator} heeft ingesteld, vanaf {_moment(slot, policy_of(slot))}:")
    for name, value in _lines(policy_of(slot)):
        tell(f"  {name:17} {value}")
    for limit in policy_of(slot).still:
        tell(f"  Nu geldt ook nog: hoogstens {limit.bundles} bundels per {limit.window} weken.")
    for change in changes:
        if change.since > slot:
            tell(f"Vanaf {_moment(change.since, change.policy)} verandert dit:")
            for name, value in _lines(change.policy):
                if dict(_lines(policy_of(change.since - 1)))[name] != value:
                    tell(f"  {name:17} {value}")
    return 0


async def set_policy(settings: Settings, operator: str, values: Sequence[str], *, dry_run: bool) -> int:
    """Changes what an operator set, from its first slot still to come, and tells what that does to who
    waits. Raises PolicyRefused or Unavailable; then nothing has changed."""
    async with opened(settings) as pool:
        now = await _now(clock_of(settings, pool), pool, operator)
        async with transaction(pool) as connection:
            await lock_operator(connection, operator)
            changes = await changes_of(connection, operator)
            policy_of = by_slot(changes)
            old = changes[-1].policy if changes else DEFAULT
            new = changed(old, values)
            if new == old:
                tell("Er verandert niets.")
                return 0
            since = max(first_of_change(now, policy_of, new), *(change.since for change in changes), 0)
            standing = await find_standing(connection, operator, now)
            if not dry_run:
                await keep_change(connection, operator, Change(since, new), now)
                policy = policy_as_json(new)
                facts = {"operator": operator, "since": since, "policy": policy, "by": "administrator"}
                unique = (operator, since, now.isoformat(), policy)
                await record(connection, [Entry("policy-set", unique, None, now, facts)])
    before = dict(_lines(old))
    for name, value in _lines(new):
        if before[name] != value:
            tell(f"~ {name}: {before[name]} wordt {value}")
    tell(f"Dit geldt vanaf {_moment(since, new)}; was het strenger, dan telt dat nog {old.window} weken mee.")
    tell(_effect(standing, changes, new))
    if dry_run:
        tell("Dit was een proef: er is niets veranderd.")
    return 0


def changed(old: Policy, values: Sequence[str]) -> Policy:
    """The policy with values as 'bundles=1' or 'quiet=2027-07-01/2027-08-01'. Raises PolicyRefused."""
    given: dict[str, Any] = policy_as_json(old)
    wrong = []
    for one in values:
        name, _, value = one.partition("=")
        try:
            if name == _QUIET:
                given[name] = [_period(period) for period in value.split(",") if period]
            elif name in _NAMES:
                given[name] = int(value)
            elif name.startswith(f"{_VALIDITY}.") and name.partition(".")[2] in given[_VALIDITY]:
                given[_VALIDITY][name.partition(".")[2]] = int(value)
            else:
                wrong.append(f"'{name}' is niet in te stellen. Wel: {', '.join(_names(given))}.")
        except ValueError:
            form = "perioden als 2027-07-01/2027-08-01" if name == _QUIET else "een heel getal"
            wrong.append(f"{name} verwacht {form}, niet '{value}'.")
    new = policy_from_json(given) if not wrong else old
    wrong += [f"{problem.field} {problem.detail}." for problem in problems(new)]
    if wrong:
        raise PolicyRefused("\n".join(["Er is niets veranderd.", *(f"  {line}" for line in wrong)]))
    return new


def _names(given: Mapping[str, Any]) -> list[str]:
    return [*_NAMES, *(f"{_VALIDITY}.{kind}" for kind in given[_VALIDITY])]


def _period(text: str) -> list[str]:
    since, until = (date.fromisoformat(day) for day in text.split("/"))
    return [str(since), str(until)]


def _lines(policy: Policy) -> list[tuple[str, str]]:
    plain = policy_as_json(policy)
    quiet = ",".join("/".join(days) for days in plain[_QUIET]) or "geen"
    validity = [(f"{_VALIDITY}.{kind}", str(days)) for kind, days in plain[_VALIDITY].items()]
    return [*((name, str(plain[name])) for name in _NAMES if name != _QUIET), (_QUIET, quiet), *validity]


def _moment(slot: int, policy: Policy) -> str:
    return wording.moment(slots_of(policy).moment(slot))


def _effect(standing: Standing, changes: tuple[Change, ...], new: Policy) -> str:
    if not standing.line.waiting:
        return "Er wacht nu niemand."
    weeks, longest, ending = effect(standing.line, standing.first, changes, new)
    more = f"Wie nu wacht: doorgaans {weeks:+g} weken, de laatste {longest:+d} weken"
    return more + (f"; {ending} vragen verlopen dan voordat zij aan de beurt zijn." if ending > 0 else ".")


async def _now(clock: Clock, pool: AsyncEngine, operator: str) -> datetime:
    register = await Registers(pool, clock).newest()
    if operator not in register.operators:
        raise PolicyRefused(f"'{operator}' is geen beheerder van een functie.")
    return await clock.now()
