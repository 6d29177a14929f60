"""What may stand in a room that many people read?"""

from collections.abc import Mapping
from typing import Any

from hub.rules.clearance import ORDER
from schemas.terms import Tlp

HIGHEST = (Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER)
"""What the owner of a room may let it know: never what is for one organisation only, or for named readers."""
_CLOSED_RULES = frozenset({"invite", "private", "knock"})


def may_tell(label: Tlp, most: Tlp) -> bool:
    """Whether a room that may know `most` may be told of what has this label."""
    return ORDER.index(label) <= ORDER.index(most)


def most_for(wanted: Tlp, join_rules: Mapping[str, Any], history: Mapping[str, Any]) -> Tlp:
    """What a room may know: what its owner says, but where anybody may come in or read along only what
    anybody may know."""
    is_closed = join_rules.get("join_rule") in _CLOSED_RULES
    return wanted if is_closed and history.get("history_visibility") != "world_readable" else Tlp.CLEAR
