"""Which chain effects does the hub signal, and to whom?

A core team whose function is harmed, but who may not see the bottleneck itself, hears only that there is one:
in which function, in which area, and whom to ask. A label that is for named parties only says nothing to
others, also not that it is there.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.register.model import Register, RoleKind
from hub.rules.announcing import hub_event, source_of_hub
from hub.rules.chains import Harm, harms
from hub.rules.clearance import may_know
from hub.rules.explaining import explained_for
from hub.rules.identity import derived_key, event_key
from hub.rules.mailing import is_exercise
from hub.rules.relations import Relation
from schemas.bottleneck import BottleneckFound, BottleneckResolved
from schemas.envelope import Envelope
from schemas.terms import FunctionSlug, Tlp

LABEL = Tlp.AMBER_STRICT
"""Of a signal: for the core team that it names, and nobody else."""
_SIGNALLED = (Tlp.AMBER,)
_STATES: Mapping[type, str] = {BottleneckFound: "found", BottleneckResolved: "resolved"}
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
_TOLD = ("high", "medium")


def signals(event: Envelope, register: Register, now: datetime) -> list[dict[str, Any]]:
    """The events by which the hub signals the chain effects of this one; none for most events."""
    state = _STATES.get(type(event))
    if state is None or event.tlp not in _SIGNALLED or _would_seem_real(event, register):
        return []
    told: dict[str, Harm] = {}
    for harm in harms(event.functions, event.areas, register):
        team = register.functions[harm.function].core_team
        if harm.strength in _TOLD and team not in told and _is_left_out(team, event, register):
            told[team] = harm
    return [_signal(event, state, team, harm, register, now) for team, harm in told.items()]


def _would_seem_real(event: Envelope, register: Register) -> bool:
    """Whether the hub would tell of an exercise under its real number."""
    return is_exercise(event.source) and not is_exercise(source_of_hub(register))


def _is_left_out(team: str, event: Envelope, register: Register) -> bool:
    """Whether this core team may know the signal, but does not receive the event."""
    party = register.parties.get(team)
    return (
        party is not None
        and may_know(LABEL, party.clearance, {Relation.NAMED}).allowed
        and explained_for(team, event, register).mode is None
    )


def _signal(
    event: Envelope, state: str, team: str, harm: Harm, register: Register, now: datetime
) -> dict[str, Any]:
    key = event_key(event.source, event.id)
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
        _case(event, harm),
        ([harm.function], event.areas, LABEL),
        data,
        register,
        now,
    )


def _case(event: Envelope, harm: Harm) -> str:
    """One case for what is found and resolved; in letters, since digits could look like a personal number."""
    key = derived_key("chain-effect-of", event.source, event.subject, harm.function)
    return f"keteneffect-{key.hex.translate(_LETTERS)}"


def whom_to_ask(function: FunctionSlug, register: Register) -> str:
    """The coordinator of a function, or else its core team."""
    roles: Sequence[Any] = register.roles_of_function[function]
    coordinators = (role.party for role in roles if role.kind is RoleKind.COORDINATOR)
    return next(coordinators, register.functions[function].core_team)
