"""May this party know? TLP 2.0, read strictly: without a reason to know, the answer is no."""

from collections.abc import Iterable, Set
from enum import StrEnum
from typing import NamedTuple

from hub.rules.relations import Relation
from schemas.terms import Tlp

ORDER = tuple(Tlp)


_OWN_NEED = frozenset(
    {
        Relation.CORE_TEAM,
        Relation.COORDINATOR,
        Relation.MINISTRY,
        Relation.OPERATOR,
        Relation.SUPERVISOR,
        Relation.MUNICIPALITY,
        Relation.PROVINCE,
        Relation.WATER_BOARD,
        Relation.SAFETY_REGION,
        Relation.ASKED,
        Relation.ASKER,
        Relation.HAD_EARLIER,
    }
)
"""Relations that give a need to know of their own, as AMBER asks; chain effects and advice do not."""


def is_classified(tlp: Tlp) -> bool:
    """Whether those who may not read it may not even know that it is there."""
    return tlp in (Tlp.AMBER_STRICT, Tlp.RED)


def highest(labels: Iterable[str]) -> Tlp:
    """The highest of these labels; of none: CLEAR."""
    return max(map(Tlp, labels), key=ORDER.index, default=Tlp.CLEAR)


class Ruling(StrEnum):
    """Why a party may or may not know."""

    NAMED = "named"
    OPEN = "open-label"
    NEED_TO_KNOW = "need-to-know"
    NO_RELATION = "no-relation"
    NOT_NAMED = "not-named"
    NO_NEED_TO_KNOW = "no-need-to-know"
    CLEARANCE_TOO_LOW = "clearance-too-low"


class Verdict(NamedTuple):
    """The answer and its reason."""

    allowed: bool
    ruling: Ruling


def may_know(tlp: Tlp, clearance: Tlp, relations: Set[Relation]) -> Verdict:
    """Whether a party with this clearance and these relations to the event may receive it."""
    if not relations:
        return Verdict(False, Ruling.NO_RELATION)
    if ORDER.index(clearance) < ORDER.index(tlp):
        return Verdict(False, Ruling.CLEARANCE_TOO_LOW)
    if Relation.NAMED in relations:
        return Verdict(True, Ruling.NAMED)
    if tlp in (Tlp.CLEAR, Tlp.GREEN):
        return Verdict(True, Ruling.OPEN)
    if tlp is not Tlp.AMBER:
        return Verdict(False, Ruling.NOT_NAMED)
    if relations & _OWN_NEED:
        return Verdict(True, Ruling.NEED_TO_KNOW)
    return Verdict(False, Ruling.NO_NEED_TO_KNOW)
