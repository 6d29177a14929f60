"""Does routing an event again come to what the ledger says was decided?"""

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from hub.register.model import Register
from hub.rules.ledger.contents import is_said
from hub.rules.policy import OF_NOW, POLICY_VERSION, Mode, Policy
from hub.rules.recipients import route
from hub.rules.ties import Tied
from schemas.catalogue import parse


class Outcome(StrEnum):
    """What came of routing again."""

    SAME = "same"
    DIFFERENT = "different"
    OTHER_RULES = "other-rules"
    """The rules of then are not those of this program: run the version of then."""
    NO_CONTENT = "no-content"
    """The event is not kept, or is not the one of then."""
    REMOVED = "removed"
    """The content was removed, by retention or because someone asked."""


class Replayed(NamedTuple):
    """The outcome; for a difference what each party got then, and would get again."""

    outcome: Outcome
    then: Mapping[str, Any] = {}
    again: Mapping[str, Any] = {}

    @property
    def different(self) -> list[str]:
        """The parties for whom it differs."""
        return sorted(
            p for p in self.then.keys() | self.again.keys() if self.then.get(p) != self.again.get(p)
        )


def delivery_json(channel: str, mode: Mode, tied: Tied) -> str:
    """A decided delivery as a record has it."""
    return f'{{"channel":"{channel}","mode":"{mode}",{tied.members_json}}}'


def routed_again(
    said: Mapping[str, Any], content: dict[str, Any] | None, salt: bytes | None, register: Register
) -> Replayed:
    """Routes the event of a record `event-routed` again, with the register of then. `salt` is that of the
    content; None: removed."""
    if content is not None and salt is None:
        return Replayed(Outcome.REMOVED)
    if content is None or not is_said(said, content, salt):
        return Replayed(Outcome.NO_CONTENT)
    if said["policy"] != POLICY_VERSION:
        return Replayed(Outcome.OTHER_RULES)
    again = _routed(content, register, OF_NOW)
    if again == said["deliveries"]:
        return Replayed(Outcome.SAME)
    return Replayed(Outcome.DIFFERENT, _by_party(said["deliveries"]), _by_party(again))


def routed_otherwise(
    said: Mapping[str, Any],
    content: dict[str, Any] | None,
    salt: bytes | None,
    register: Register,
    policy: Policy,
) -> Replayed:
    """Routes the event of a record `event-routed` with another register or other rules. It differs when a
    party would get it, or not, or in another way; for which reasons is no matter."""
    if content is not None and salt is None:
        return Replayed(Outcome.REMOVED)
    if content is None or not is_said(said, content, salt):
        return Replayed(Outcome.NO_CONTENT)
    then = {party: way[:2] for party, way in _by_party(said["deliveries"]).items()}
    again = {party: way[:2] for party, way in _by_party(_routed(content, register, policy)).items()}
    return Replayed(Outcome.SAME if then == again else Outcome.DIFFERENT, then, again)


def _routed(content: dict[str, Any], register: Register, policy: Policy) -> list[Any]:
    return [
        json.loads(delivery_json("mail", mode, tied))
        for tied, mode in route(parse(content), register, policy)
    ]


def _by_party(deliveries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        party: (one["channel"], one["mode"], one["reasons"]) for one in deliveries for party in one["parties"]
    }
