"""Who receives an event? Everybody whom the policy tells, who may know, each with the reasons."""

from typing import NamedTuple

from hub.register.model import Register
from hub.rules.asking import asked_operators
from hub.rules.clearance import Verdict, may_know
from hub.rules.policy import POLICY, Mode
from hub.rules.relations import Reason, publisher, relations
from schemas.catalogue import BY_TYPE, Request
from schemas.envelope import Envelope


class Recipient(NamedTuple):
    """One party that receives the event: how, and for which reasons."""

    party: str
    mode: Mode
    reasons: tuple[Reason, ...]


class Consideration(NamedTuple):
    """What was weighed for one related party: `mode` None when the policy does not tell it of this type."""

    party: str
    mode: Mode | None
    reasons: tuple[Reason, ...]
    verdict: Verdict


def considerations(event: Envelope, register: Register) -> list[Consideration]:
    """Every related party with the policy's answer and the verdict; without the publisher, and without those
    whom a request asks: they hear of it in their bundle only."""
    out = {publisher(event.source, register)}
    if isinstance(event, Request):
        out |= {asked.operator for asked in asked_operators(event, register)}
    reasons: dict[str, list[Reason]] = {}
    for party, reason in relations(event, register):
        if party not in out:
            reasons.setdefault(party, []).append(reason)
    row = POLICY[BY_TYPE[event.type].short]
    return [
        Consideration(
            party,
            _strongest([row.get(reason.relation) for reason in why]),
            tuple(why),
            may_know(event.tlp, register.parties[party].clearance, {reason.relation for reason in why}),
        )
        for party, why in reasons.items()
    ]


def recipients(event: Envelope, register: Register) -> list[Recipient]:
    """The parties that receive the event, each once, in a fixed order."""
    return [
        Recipient(c.party, c.mode, c.reasons)
        for c in considerations(event, register)
        if c.mode is not None and c.verdict.allowed
    ]


def _strongest(modes: list[Mode | None]) -> Mode | None:
    return Mode.IMMEDIATE if Mode.IMMEDIATE in modes else Mode.DIGEST if Mode.DIGEST in modes else None
