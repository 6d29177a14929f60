"""The kinds of parties, roles, wishes and dependencies, and the parties that the hub itself knows."""

from enum import StrEnum


class PartyKind(StrEnum):
    __hash__ = str.__hash__  # as fast as text

    CORE_TEAM = "core-team"
    MINISTRY = "ministry"
    OPERATOR = "operator"
    UMBRELLA = "umbrella"
    SUPERVISOR = "supervisor"
    KNOWLEDGE_INSTITUTE = "knowledge-institute"
    MUNICIPALITY = "municipality"
    PROVINCE = "province"
    WATER_BOARD = "water-board"
    SAFETY_REGION = "safety-region"
    HUB = "hub"


class RoleKind(StrEnum):
    """What a party is to a function."""

    __hash__ = str.__hash__  # as fast as text

    CORE_TEAM = "core-team"
    COORDINATOR = "coordinator"
    RESPONSIBLE_MINISTRY = "responsible-ministry"
    OPERATOR = "operator"
    UMBRELLA = "umbrella"
    SUPERVISOR = "supervisor"
    ADVISER = "adviser"


class Wish(StrEnum):
    """What a subscriber wants with the events that a subscription matches."""

    IMMEDIATE = "immediate"
    DIGEST = "digest"
    NOT = "not"


class Strength(StrEnum):
    """How a dependent function suffers: high stops or gravely harms it within hours to days, medium in part,
    indirectly or later, low in special cases."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


DECENTRAL = (PartyKind.MUNICIPALITY, PartyKind.PROVINCE, PartyKind.WATER_BOARD, PartyKind.SAFETY_REGION)
OVERALL_CORE_TEAM = "kernteam-overall"
HUB = "kernhub"
"""The party that the hub itself is: it publishes what only the hub can know."""
