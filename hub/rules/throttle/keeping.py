"""How is the state of a line written down, and how is it known that a release can be done again?"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from pydantic_core import to_json as _json

from hub.rules.throttle.head import Figures, Head
from hub.rules.throttle.line import Item, Lane, Turns
from hub.rules.throttle.policy import Policy, Quiet, Validity
from hub.rules.throttle.turns import Front


def turns_as_json(turns: Turns) -> str:
    """Whose turn it is, as JSON."""
    return _json({name: _lane_as_json(lane) for name, lane in turns._asdict().items()}).decode()


def turns_from_json(value: Mapping[str, Any]) -> Turns:
    """Whose turn it is, from the values of that JSON."""
    return Turns(**{name: _lane_from_json(lane) for name, lane in value.items()})


def policy_as_json(policy: Policy) -> dict[str, Any]:
    """What an operator set, as JSON values; limits of former policies stand with those."""
    plain = policy._asdict() | {"validity": policy.validity._asdict(), "quiet": _quiet_as_json(policy)}
    return {name: value for name, value in plain.items() if name != "still"}


def policy_from_json(value: Mapping[str, Any]) -> Policy:
    """What an operator set, as it was written down; what was no parameter then has its default."""
    quiet = tuple(Quiet(*map(date.fromisoformat, days)) for days in value["quiet"])
    return Policy(**{**value, "validity": Validity(**value["validity"]), "quiet": quiet})


def release_hash(head: Head, slot: int, policy: Policy) -> bytes:
    """SHA-256 over all that decides a release, in any order of items and askings: who has the same input can
    compute the same bundle."""
    decides = {
        "operator": head.operator,
        "slot": slot,
        "lanes": [
            _lane_of_head(figures, front)
            for figures, front in zip((head.open, head.classified), head.fronts, strict=True)
        ],
        "turns": [_lane_as_json(lane) for lane in head.turns],
        "sent": sorted(head.sent),
        "weights": sorted(head.weights.items()),
        "policy": policy_as_json(policy) | {"still": policy.still},
    }
    return hashlib.sha256(_json(decides)).digest()


def _lane_of_head(figures: Figures, front: Front) -> list[Any]:
    items = {item.item: item for own in front.first.values() for item in own}
    return [
        figures.items,
        figures.oldest and figures.oldest.astimezone(UTC),
        figures.needed_by,
        sorted([asker, figures.own[asker], since.astimezone(UTC)] for asker, since in front.since.items()),
        sorted((asker, [item.item for item in own]) for asker, own in front.first.items()),
        sorted((key, _askings(item)) for key, item in items.items()),
    ]


def _askings(item: Item) -> list[Any]:
    return sorted(
        [a.asker, a.since.astimezone(UTC), a.needed_by or date.max, a.expires.astimezone(UTC)]
        for a in item.askings
    )


def _lane_as_json(lane: Lane) -> dict[str, Any]:
    return {
        "level": lane.level,
        "served": dict(sorted(lane.served.items())),
        "since": {asker: since.astimezone(UTC) for asker, since in sorted(lane.since.items())},
        "at": lane.at and lane.at.astimezone(UTC),
    }


def _lane_from_json(value: Mapping[str, Any]) -> Lane:
    since = {asker: datetime.fromisoformat(text) for asker, text in value["since"].items()}
    at = datetime.fromisoformat(value["at"]) if value["at"] else None
    return Lane(value["level"], dict(value["served"]), since, at)


def _quiet_as_json(policy: Policy) -> list[list[str]]:
    return [[str(quiet.since), str(quiet.until)] for quiet in policy.quiet]
