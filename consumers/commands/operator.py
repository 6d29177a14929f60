"""What an operator sets for being asked: shown, and changed by the administrator in its name."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.say import tell
from hub.errors import HubError
from hub.rules.throttle.effect import Effect
from hub.rules.throttle.keeping import policy_as_json, policy_from_json
from hub.rules.throttle.policy import DEFAULT, Policy
from hub.rules.throttle.policy_problems import problems
from hub.settings import Settings
from hub.store.clock import Clock, clock_of
from hub.store.database import opened, transaction
from hub.store.register.registers import Registers
from hub.store.throttle.pacing import pace_of, set_pace
from hub.words import wording

_QUIET, _VALIDITY = "quiet", "validity"
_NAMES = (*(name for name in policy_as_json(DEFAULT) if name not in (_QUIET, _VALIDITY)), _QUIET)


class PolicyRefused(HubError):
    """What the operator had set stays as it was. The message says why, and what to do."""


async def show_policy(settings: Settings, operator: str) -> int:
    """Tells what holds now, and what was set for later. Raises PolicyRefused or Unavailable."""
    async with opened(settings) as pool:
        now = await _now(clock_of(settings, pool), pool, operator)
        async with transaction(pool) as connection:
            since, policy, later = await pace_of(connection, operator, now)
    tell(f"Wat {operator} heeft ingesteld, vanaf {wording.moment(since)}:")
    for name, value in _lines(policy):
        tell(f"  {name:17} {value}")
    for limit in policy.still:
        tell(f"  Nu geldt ook nog: hoogstens {limit.bundles} bundels per {limit.window} weken.")
    before = policy
    for since, policy in later:
        tell(f"Vanaf {wording.moment(since)} verandert dit:")
        _tell_difference(before, policy, "  {name:17} {new}")
        before = policy
    return 0


async def set_policy(settings: Settings, operator: str, values: Sequence[str], *, dry_run: bool) -> int:
    """Changes what an operator set, from its first slot still to come, and tells what that does to who
    waits. Raises PolicyRefused or Unavailable; then nothing has changed."""
    async with opened(settings) as pool:
        now = await _now(clock_of(settings, pool), pool, operator)
        async with transaction(pool) as connection:
            old, new, since, effect = await set_pace(
                connection,
                operator,
                lambda old: changed(old, values),
                "administrator",
                now,
                dry_run=dry_run,
            )
    if new == old:
        tell("Er verandert niets.")
        return 0
    _tell_difference(old, new, "~ {name}: {old} wordt {new}")
    tell(
        f"Dit geldt vanaf {wording.moment(since)}; was het strenger, dan telt dat nog {old.window} weken mee."
    )
    tell(_effect(effect))
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


def _tell_difference(old: Policy, new: Policy, form: str) -> None:
    before = dict(_lines(old))
    for name, value in _lines(new):
        if before[name] != value:
            tell(form.format(name=name, old=before[name], new=value))


def _effect(effect: Effect | None) -> str:
    if effect is None:
        return "Er wacht nu niemand."
    weeks, longest, ending = effect
    more = f"Wie nu wacht: doorgaans {weeks:+g} weken, de laatste {longest:+d} weken"
    if ending <= 0:
        return f"{more}."
    if ending == 1:
        return f"{more}; 1 vraag verloopt dan voordat zij aan de beurt is."
    return f"{more}; {ending} vragen verlopen dan voordat zij aan de beurt zijn."


async def _now(clock: Clock, pool: AsyncEngine, operator: str) -> datetime:
    register = await Registers(pool, clock).newest()
    if operator not in register.operators:
        raise PolicyRefused(f"'{operator}' is geen beheerder van een functie.")
    return await clock.now()
