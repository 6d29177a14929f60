"""Who receives an event? Everybody whom the policy tells, who may know, each with the reasons."""

from functools import lru_cache
from typing import NamedTuple

from hub.register.model import Register, Wish
from hub.rules.asking import asked_operators
from hub.rules.clearance import Verdict, may_know
from hub.rules.policy import POLICY, Mode
from hub.rules.relations import Reason, Relation, publisher, relations
from hub.rules.subscribing import wishes
from schemas.catalogue import BY_TYPE, Request
from schemas.envelope import Envelope
from schemas.terms import Tlp


class Recipient(NamedTuple):
    """One party that receives the event: how, and for which reasons."""

    party: str
    mode: Mode
    reasons: tuple[Reason, ...]


class Consideration(NamedTuple):
    """What was weighed for one related party: `mode` None when it is not told of this type; `wish` what it
    asked for by subscribing."""

    party: str
    mode: Mode | None
    reasons: tuple[Reason, ...]
    verdict: Verdict
    wish: Wish | None = None


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
    short = BY_TYPE[event.type].short
    wished = wishes(event, register)
    weighed = []
    for party, why in reasons.items():
        ties = tuple(reason.relation for reason in why)
        wish = wished.get(party)
        verdict = _verdict(event.tlp, register.parties[party].clearance, ties)
        weighed.append(Consideration(party, _mode(short, ties, wish), tuple(why), verdict, wish))
    return weighed


def recipients(event: Envelope, register: Register) -> list[Recipient]:
    """The parties that receive the event, each once, in a fixed order."""
    return [
        Recipient(c.party, c.mode, c.reasons)
        for c in considerations(event, register)
        if c.mode is not None and c.verdict.allowed
    ]


@lru_cache(maxsize=10_000)
def _verdict(tlp: Tlp, clearance: Tlp, ties: tuple[Relation, ...]) -> Verdict:
    return may_know(tlp, clearance, set(ties))


@lru_cache(maxsize=10_000)
def _mode(short: str, ties: tuple[Relation, ...], wish: Wish | None) -> Mode | None:
    """What a party asked for goes before the policy, but who is named hears of it at once."""
    if wish is None or not _ADDRESSED.isdisjoint(ties):
        return _strongest([POLICY[short].get(relation) for relation in ties])
    return None if wish is Wish.NOT else Mode(wish)


_ADDRESSED = {Relation.NAMED, Relation.ASKER, Relation.ASKED}


def _strongest(modes: list[Mode | None]) -> Mode | None:
    return Mode.IMMEDIATE if Mode.IMMEDIATE in modes else Mode.DIGEST if Mode.DIGEST in modes else None
