"""What may a program do for its party? A key or access token carries scopes; each thing it does needs one."""

from collections.abc import Collection
from enum import StrEnum
from functools import cache

from hub.register.kinds import HUB
from schemas.catalogue import Answer, ByOperator, LibraryChange, Request
from schemas.envelope import Envelope
from schemas.problems import Problem
from schemas.situation import SituationOpened, SituationRenewed, SituationReported
from schemas.steering import QuestionsMerged, QuestionsSeparated, RequestConfirmed, RequestWithdrawn


class Scope(StrEnum):
    """One thing that a program may do."""

    PUBLISH = "publish"
    ASK = "ask"
    READ = "read"
    ANSWER = "answer"
    AUDIT = "audit"
    ADMINISTER = "administer"


SAYING = frozenset({Scope.PUBLISH, Scope.ASK, Scope.ANSWER})
"""Whoever has one of these publishes some kinds of events."""
_OF_ANY_PARTY = SAYING | {Scope.READ}
_OF_THE_HUB = frozenset({Scope.READ, Scope.ADMINISTER})

_Asking = Request | RequestWithdrawn | SituationOpened | SituationRenewed
_Answering = (
    Answer
    | LibraryChange
    | ByOperator
    | RequestConfirmed
    | QuestionsMerged
    | QuestionsSeparated
    | SituationReported
)


def usual_scopes(party: str) -> frozenset[Scope]:
    """What a program of this party may do unless less is chosen. Audit is never given unasked."""
    return _OF_THE_HUB if party == HUB else _OF_ANY_PARTY


def possible_scopes(party: str) -> frozenset[Scope]:
    """All that a program of this party can be allowed: the hub's own party takes no part in the exchange, and
    it alone administers."""
    return usual_scopes(party) | {Scope.AUDIT}


def needed_to_publish(event: Envelope) -> Scope:
    """The scope for an event: `ask` for what asks operators something or takes that back, `answer` for what
    becomes of a request, `publish` for all else."""
    return _needed(type(event))


@cache
def _needed(kind: type[Envelope]) -> Scope:
    if issubclass(kind, _Asking):
        return Scope.ASK
    return Scope.ANSWER if issubclass(kind, _Answering) else Scope.PUBLISH


def unallowed(event: Envelope, scopes: Collection[Scope]) -> Problem | None:
    """Why a program with these scopes may not publish the event; None: it may."""
    needed = needed_to_publish(event)
    if needed in scopes:
        return None
    return Problem("type", "scope", f"mag niet met deze sleutel: zij mist het recht '{needed}'")


def in_order(scopes: Collection[Scope]) -> list[Scope]:
    """The same, each once, as they stand in lists that people read."""
    return [one for one in Scope if one in scopes]
