"""Which chain effects does the hub signal, and to whom?

A core team whose function is harmed, but who may not see the bottleneck itself, hears only that there is one:
in which function, in which area, and whom to ask. A label that is for named parties only says nothing to
others, also not that it is there. What the hub says in its own name must have a ground: it signals only for
a publisher that has a part in the failing function, in an area that it serves.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from hub.register.kinds import RoleKind
from hub.register.model import Register
from hub.rules.announcing import hub_event
from hub.rules.bottlenecks import areas_spoken_for, functions_spoken_for
from hub.rules.chains import Harm, harms
from hub.rules.clearance import is_classified, may_know
from hub.rules.explaining import explained_for
from hub.rules.identity import derived_key, event_key
from hub.rules.relations import Relation, publisher
from schemas.bottleneck import BottleneckFound, BottleneckResolved
from schemas.envelope import Envelope, is_exercise
from schemas.terms import FunctionSlug, Tlp

LABEL = Tlp.AMBER_STRICT
"""Of a signal: for the core team that it names, and nobody else."""
_SIGNALLED = (Tlp.AMBER,)
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
_TOLD = ("high", "medium")


class Silence(StrEnum):
    """Why the hub signals nothing of an event."""

    OTHER_TYPE = "no-bottleneck-that-was-found"
    LABEL = "told-itself-or-for-names-only"
    NO_STANDING = "publisher-without-standing"


def silence(event: Envelope, register: Register) -> Silence | None:
    """Why the hub signals nothing, whomever it harms; None: it may signal."""
    if not isinstance(event, BottleneckFound):
        return Silence.OTHER_TYPE
    if event.tlp not in _SIGNALLED:
        return Silence.LABEL
    if not functions_spoken_for(event, register) or not areas_spoken_for(event, register):
        return Silence.NO_STANDING
    return None


def signals(event: Envelope, register: Register, now: datetime) -> list[dict[str, Any]]:
    """The events by which the hub signals the chain effects of this one; none for most events."""
    return [
        _signal("found", event, event, team, harm, register, now)
        for team, harm in _harmed(event, register).items()
    ]


def signals_of_end(
    found: BottleneckFound, end: BottleneckResolved, register: Register, now: datetime
) -> list[dict[str, Any]]:
    """The events by which the hub takes its signals of a bottleneck back, when `end` closes it: to the same
    core teams, in the same cases."""
    if is_classified(end.tlp):
        return []
    return [
        _signal("resolved", found, end, team, harm, register, now)
        for team, harm in _harmed(found, register).items()
    ]


def _harmed(event: Envelope, register: Register) -> dict[str, Harm]:
    """The core teams that hear of the bottleneck from the hub, and how it harms them."""
    if silence(event, register) is not None:
        return {}
    told: dict[str, Harm] = {}
    areas = areas_spoken_for(event, register)
    for harm in harms(functions_spoken_for(event, register), areas, register):
        team = register.functions[harm.function].core_team
        if (
            harm.strength in _TOLD
            and harm.function not in event.functions
            and team not in told
            and _is_left_out(team, event, register)
        ):
            told[team] = harm
    return told


def _is_left_out(team: str, event: Envelope, register: Register) -> bool:
    """Whether this core team may know the signal, but does not receive the event."""
    party = register.parties.get(team)
    return (
        party is not None
        and may_know(LABEL, party.clearance, {Relation.NAMED}).allowed
        and explained_for(team, event, register).mode is None
    )


def _signal(
    state: str,
    found: Envelope,
    event: Envelope,
    team: str,
    harm: Harm,
    register: Register,
    now: datetime,
) -> dict[str, Any]:
    """The signal that this event gives rise to, about a bottleneck that was found."""
    key, areas = event_key(event.source, event.id), areas_spoken_for(found, register)
    cause = register.functions[harm.path[0]].name_nl
    data = {
        "title": f"Een knelpunt in {cause[:80]} kan uw functie raken"
        if state == "found"
        else f"Een knelpunt in {cause[:80]} is opgelost",
        "state": state,
        "harmed": harm.function,
        "path": list(harm.path),
        "strength": str(harm.strength),
        "ask": whom_to_ask(harm.path[0], register),
        "recipients": [team],
    }
    return hub_event(
        "chain-effect.signalled",
        str(derived_key("chain-effect", key, harm.function)),
        _case(found, harm, register),
        ([harm.function], areas, LABEL),
        data,
        register,
        now,
        exercise=is_exercise(event.source),
    )


def _case(found: Envelope, harm: Harm, register: Register) -> str:
    """One case for what is found and resolved, by whichever system or party; in letters, since digits could
    look like a personal number."""
    party = publisher(found.source, register)
    key = derived_key("chain-effect-of", party, found.subject, harm.function)
    return f"keteneffect-{key.hex.translate(_LETTERS)}"


def whom_to_ask(function: FunctionSlug, register: Register) -> str:
    """The coordinator of a function, or else its core team."""
    roles: Sequence[Any] = register.roles_of_function[function]
    coordinators = (role.party for role in roles if role.kind is RoleKind.COORDINATOR)
    return next(coordinators, register.functions[function].core_team)
