"""How is a party related to an event? The words, and who has a number."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from hub.register.kinds import HUB
from hub.register.model import Register


class Relation(StrEnum):
    """How a party is tied to an event."""

    __hash__ = str.__hash__  # Enum's own is many times as slow, and routing asks it for every reason

    NAMED = "named"
    ASKED = "asked"
    ASKER = "asker"
    HAD_EARLIER = "had-earlier"
    CORE_TEAM = "core-team"
    COORDINATOR = "coordinator"
    MINISTRY = "responsible-ministry"
    OPERATOR = "operator"
    UMBRELLA = "umbrella"
    SUPERVISOR = "supervisor"
    ADVISER = "adviser"
    MUNICIPALITY = "municipality"
    PROVINCE = "province"
    WATER_BOARD = "water-board"
    SAFETY_REGION = "safety-region"
    DEPENDENT_CORE_TEAM = "dependent-core-team"
    PARTLY_DEPENDENT_CORE_TEAM = "partly-dependent-core-team"
    SUBSCRIBER = "subscriber"
    OVERALL_CORE_TEAM = "overall-core-team"


class Reason(NamedTuple):
    """Why a party is concerned: the relation, and the function and area that make it."""

    relation: Relation
    function: str | None = None
    area: str | None = None


def reasons_of(kept: Iterable[Sequence[Any]]) -> list[Reason]:
    """The reasons as a row or a record keeps them: relation, function and area of each."""
    return [Reason(Relation(relation), *rest) for relation, *rest in kept]


def publisher(source: str, register: Register) -> str | None:
    """The party that a source belongs to, by its OIN or KvK number; also one that ended."""
    parts = source.split(":")
    return register.slug_by_number.get((parts[2], parts[3])) if len(parts) > 3 else None


def party_with(number: str, register: Register) -> str | None:
    """The party that takes part with this OIN or KvK number, as an issuer tells it; never the hub's own: who
    administers the hub is known by the hub alone."""
    numbers = (("oin", number), ("kvknr", number))
    party = next((slug for one in numbers if (slug := register.slug_by_number.get(one))), None)
    return party if party in register.parties and party != HUB else None
