"""Who receives an event? Everybody whom the policy tells, who may know, each with the reasons."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from hub.register.kinds import Wish
from hub.register.model import Register
from hub.rules.asking import asked_operators
from hub.rules.clearance import Verdict, may_know
from hub.rules.policy import OF_NOW, Mode, Policy
from hub.rules.relations import Reason, Relation, publisher
from hub.rules.subscribing import wishes
from hub.rules.ties import Tied, standing
from schemas.catalogue import BY_TYPE, Request
from schemas.envelope import Envelope
from schemas.terms import Tlp


class Recipient(NamedTuple):
    """One party that receives the event: how, and for which reasons."""

    party: str
    mode: Mode
    reasons: tuple[Reason, ...]


class Audience(NamedTuple):
    """Parties that receive the event in the same way, for the same reasons."""

    tied: Tied
    mode: Mode


class Consideration(NamedTuple):
    """What was weighed for one related party: `mode` None when it is not told of this type; `wish` what it
    asked for by subscribing."""

    party: str
    mode: Mode | None
    reasons: tuple[Reason, ...]
    verdict: Verdict
    wish: Wish | None = None


def route(event: Envelope, register: Register, policy: Policy = OF_NOW) -> list[Audience]:
    """Who receives the event, each party once, in a fixed order."""
    short = BY_TYPE[event.type].short
    found = []
    for tied, wish in _tied(event, register):
        about = (policy, short, event.tlp, wish)
        if about not in tied.decided:
            tied.decided[about] = _told(policy, short, event.tlp, wish, tied)
        if (mode := tied.decided[about]) is not None:
            found.append(Audience(tied, mode))
    return found


def recipients(event: Envelope, register: Register) -> list[Recipient]:
    """The same, party by party."""
    return [
        Recipient(party, mode, tied.reasons)
        for tied, mode in route(event, register)
        for party in tied.parties
    ]


def considerations(event: Envelope, register: Register) -> list[Consideration]:
    """Every related party with the policy's answer and the verdict; without the publisher, and without those
    whom a request asks: they hear of it in their bundle only."""
    short = BY_TYPE[event.type].short
    return [
        Consideration(
            party,
            _mode(OF_NOW, short, tied.relations, wish),
            tied.reasons,
            _verdict(event.tlp, tied.clearance, tied.relations),
            wish,
        )
        for tied, wish in _tied(event, register)
        for party in tied.parties
    ]


def _tied(event: Envelope, register: Register) -> Iterator[tuple[Tied, Wish | None]]:
    """Who is tied to the event: most together with their likes, who is named or subscribed alone."""
    out = {publisher(event.source, register)}
    if isinstance(event, Request):
        out |= {asked.operator for asked in asked_operators(event, register)}
    wished = wishes(event, register)
    alone: dict[str, tuple[Reason, ...]] = {
        slug: () for slug in (*event.data.recipients, *wished) if slug in register.parties and slug not in out
    }
    apart = out | alone.keys()
    for tied in standing(event.functions, event.areas, register):
        if apart.isdisjoint(tied.parties):
            yield tied, None
            continue
        alone |= {party: tied.reasons for party in tied.parties if party in alone}
        if others := tuple(party for party in tied.parties if party not in apart):
            yield tied._replace(parties=others), None
    for party, reasons in alone.items():
        wish = wished.get(party)
        named = [Reason(Relation.NAMED)] if party in event.data.recipients else []
        subscribed = [Reason(Relation.SUBSCRIBER)] if wish not in (None, Wish.NOT) else []
        if why := (*named, *reasons, *subscribed):
            yield Tied((party,), register.parties[party].clearance, why), wish


def _told(policy: Policy, short: str, tlp: Tlp, wish: Wish | None, tied: Tied) -> Mode | None:
    mode = _mode(policy, short, tied.relations, wish)
    return mode if mode is not None and _verdict(tlp, tied.clearance, tied.relations).allowed else None


@lru_cache(maxsize=10_000)
def _verdict(tlp: Tlp, clearance: Tlp, ties: tuple[Relation, ...]) -> Verdict:
    return may_know(tlp, clearance, set(ties))


@lru_cache(maxsize=10_000)
def _mode(policy: Policy, short: str, ties: tuple[Relation, ...], wish: Wish | None) -> Mode | None:
    """What a party asked for goes before the policy, but who is named hears of it at once."""
    if wish is None or not _ADDRESSED.isdisjoint(ties):
        return _strongest([policy.rows[short].get(relation) for relation in ties])
    return None if wish is Wish.NOT else Mode(wish)


_ADDRESSED = {Relation.NAMED, Relation.ASKER, Relation.ASKED}


def _strongest(modes: list[Mode | None]) -> Mode | None:
    return Mode.IMMEDIATE if Mode.IMMEDIATE in modes else Mode.DIGEST if Mode.DIGEST in modes else None
