"""The policy: who hears of what at once, who in the digest, who not. Data, read as a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hub.rules.relations import Relation


class Mode(StrEnum):
    """How a delivery reaches its party."""

    IMMEDIATE = "immediate"
    DIGEST = "digest"


_COLUMNS = (
    Relation.CORE_TEAM,
    Relation.COORDINATOR,
    Relation.MINISTRY,
    Relation.OPERATOR,
    Relation.MUNICIPALITY,
    Relation.PROVINCE,
    Relation.WATER_BOARD,
    Relation.SAFETY_REGION,
    Relation.UMBRELLA,
    Relation.SUPERVISOR,
    Relation.ADVISER,
    Relation.DEPENDENT_CORE_TEAM,
    Relation.PARTLY_DEPENDENT_CORE_TEAM,
    Relation.OVERALL_CORE_TEAM,
)
# i = immediate, d = digest, . = not. Operators get requests through the throttle, so never from this table.
#                                       ker coo min ope gem pro wat vei koe toe adv afh dee ove
_TABLE = {
    "stress-test-planned": "             i   i   d   d   d   d   d   d   .   d   .   .   .   d",
    "stress-test-completed": "           i   i   d   d   d   d   d   d   d   d   .   d   .   d",
    "impact-analysis-published": "       i   i   d   d   d   d   d   i   d   d   .   d   .   d",
    "vulnerability-analysis-published": "i   i   d   d   d   d   d   i   d   d   .   d   .   d",
    "bottleneck-found": "                i   i   d   d   i   i   i   i   d   d   .   i   d   d",
    "bottleneck-updated": "              i   i   d   d   d   d   d   d   d   d   .   d   d   d",
    "bottleneck-resolved": "             i   i   d   d   d   d   d   d   d   d   .   d   d   d",
    "question-raised": "                 d   d   .   .   .   .   .   .   .   .   .   .   .   .",
    "question-answered": "               d   d   .   .   d   d   d   d   .   .   .   .   .   .",
    "answer-deposited": "                d   d   .   .   .   .   .   .   .   .   .   .   .   .",
    "answer-retracted": "                d   d   .   .   .   .   .   .   .   .   .   .   .   .",
    "information-requested": "           d   d   .   .   .   .   .   .   .   .   .   .   .   .",
    "participation-requested": "         d   d   .   .   .   .   .   .   .   .   .   .   .   .",
    "participation-accepted": "          d   d   .   .   .   .   .   .   .   .   .   .   .   .",
    "participation-declined": "          d   d   .   .   .   .   .   .   .   .   .   .   .   .",
    "request-withdrawn": "               d   d   .   .   .   .   .   .   .   .   .   .   .   .",
    "request-declined": "                d   d   .   .   .   .   .   .   .   .   .   .   .   .",
    "request-postponed": "               d   d   .   .   .   .   .   .   .   .   .   .   .   .",
    "request-referred": "                d   d   .   .   .   .   .   .   .   .   .   .   .   .",
    "request-confirmed": "               d   d   .   .   .   .   .   .   .   .   .   .   .   .",
    "questions-merged": "                d   d   .   .   .   .   .   .   .   .   .   .   .   .",
    "questions-separated": "             d   d   .   .   .   .   .   .   .   .   .   .   .   .",
    "situation-opened": "                i   i   i   .   i   i   i   i   .   .   .   .   .   i",
    "situation-renewed": "               i   i   d   .   d   d   d   i   .   .   .   .   .   d",
    "situation-reported": "              i   i   d   .   i   i   i   i   .   .   .   .   .   d",
    "request-progressed": "              .   .   .   .   .   .   .   .   .   .   .   .   .   .",
    "bundle-released": "                 .   .   .   .   .   .   .   .   .   .   .   .   .   .",
    "answer-withheld": "                 .   .   .   .   .   .   .   .   .   .   .   .   .   .",
    "risk-dialogue-planned": "           d   d   d   d   d   d   d   d   .   .   .   .   .   d",
    "risk-dialogue-held": "              d   d   d   d   d   d   d   d   d   d   .   .   .   d",
    "knowledge-shared": "                d   d   d   d   d   d   d   d   d   d   d   .   .   d",
    "ambition-set": "                    i   i   d   d   d   d   d   d   d   d   .   .   .   d",
    "measure-adopted": "                 i   i   d   d   d   d   d   d   d   d   .   d   .   d",
    "measure-implemented": "             i   i   d   d   d   d   d   d   d   d   .   d   .   d",
    "ministry-consultation-requested": " i   i   i   .   .   .   .   .   .   .   .   .   .   d",
    "ministry-consultation-planned": "   i   i   i   .   .   .   .   .   .   .   .   .   .   d",
    "ministry-consultation-concluded": " i   i   i   .   .   .   .   .   .   .   .   .   .   d",
    "progress-reported": "               d   d   d   d   d   d   d   d   d   d   .   .   .   d",
    "chain-effect-signalled": "          .   .   .   .   .   .   .   .   .   .   .   .   .   .",
    "party-changed": "                   d   d   .   .   .   .   .   .   .   .   .   .   .   d",
    "role-changed": "                    d   d   d   .   .   .   .   .   .   .   .   .   .   d",
    "area-changed": "                    .   d   .   .   d   d   d   d   .   .   .   .   .   d",
    "function-changed": "                d   d   d   .   .   .   .   .   d   d   .   .   .   d",
    "dependency-changed": "              d   d   .   .   .   .   .   .   .   .   .   .   .   d",
    "subscription-changed": "            .   .   .   .   .   .   .   .   .   .   .   .   .   .",
}
_MODES = {"i": Mode.IMMEDIATE, "d": Mode.DIGEST, ".": None}
_ALWAYS = dict.fromkeys((Relation.NAMED, Relation.ASKER, Relation.HAD_EARLIER), Mode.IMMEDIATE)
_WHEN_ASKED: dict[str, dict[Relation, Mode | None]] = {"answer-deposited": {Relation.NAMED: None}}
"""Who is named in a deposit may have it, and gets it when it asks."""

POLICY: Mapping[str, Mapping[Relation, Mode | None]] = {
    short: {
        **dict(zip(_COLUMNS, (_MODES[cell] for cell in row.split()), strict=True)),
        **_ALWAYS,
        **_WHEN_ASKED.get(short, {}),
    }
    for short, row in _TABLE.items()
}
POLICY_VERSION = 5


@dataclass(frozen=True, eq=False)
class Policy:
    """Rows as those of POLICY, of every type. Each is equal to itself alone: decisions are kept by policy."""

    rows: Mapping[str, Mapping[Relation, Mode | None]]


OF_NOW = Policy(POLICY)
