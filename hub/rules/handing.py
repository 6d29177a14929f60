"""What does a system get of a planned delivery, and in what form?"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from hub.register.model import Register
from hub.rules.identity import derived_key
from hub.rules.relations import Reason, reasons_of
from hub.rules.seeing import Marking, refusal, refusal_since, still_holding
from schemas.envelope import Envelope, is_exercise

LAPSE = "lapse"
"""The channel by which who had an answer hears that it no longer holds."""


class Withheld(NamedTuple):
    """It may not go out, and why."""

    why: str


AGAIN = Withheld("planned-before")
"""It was planned before, for reasons that hold: then it went out."""


def handing(
    event: Envelope,
    party: str,
    reasons: Sequence[Any],
    earlier: Iterable[Sequence[Any]],
    register: Register,
    marking: Marking | None = None,
) -> tuple[Reason, ...] | Withheld:
    """The reasons for which a party gets, today, what was planned for these `reasons`; or why it doesn't.
    `marking`: that of the newest version, if the event is not that."""
    holding = _holding(reasons, event, party, register)
    if why := refusal(event, party, holding, register) or refusal_since(marking, party, holding, register):
        return Withheld(why)
    went = any(not refusal(event, party, _holding(one, event, party, register), register) for one in earlier)
    return AGAIN if went else holding


def _holding(reasons: Sequence[Any], event: Envelope, party: str, register: Register) -> tuple[Reason, ...]:
    found = reasons_of(reasons)
    return still_holding(found, party, event, register)


def delivery_key(event_key: UUID, party: str, channel: str) -> UUID:
    """The name of a delivery to a system, the same however often it is sent."""
    kind = () if channel == "mail" else (channel,)
    return derived_key("delivery", event_key, party, *kind)


def delivered(
    content: Mapping[str, Any], key: UUID, channel: str, reasons: Iterable[Reason]
) -> dict[str, Any]:
    """The event as its publisher wrote it, with the hub's extension attributes about the delivery."""
    lapse = {"deliverykind": LAPSE} if channel == LAPSE else {}
    said = {name: value for name, value in content.items() if name not in _OF_THE_HUB}
    exercise = {"exercise": "true"} if is_exercise(content["source"]) else {}
    return {**said, **exercise, "deliveryid": str(key), "deliveryreason": reasons_as_text(reasons), **lapse}


_OF_THE_HUB = frozenset({"deliverykind", "deliveryreplay"})
"""What only the hub says of a delivery, though not of each."""


def marked(event: Mapping[str, Any], replay: str) -> dict[str, Any]:
    """A delivered event as it goes out in a replay of this kind: `catch-up` or `exercise`."""
    return {**event, "deliveryreplay": replay}


def reasons_as_text(reasons: Iterable[Reason]) -> str:
    """Reasons as structured fields (a list, RFC 9651): `operator;function=electricity;area=GM0935, named`."""
    return ", ".join(map(_as_text, reasons))


def _as_text(reason: Reason) -> str:
    function = f";function={reason.function}" if reason.function else ""
    area = f";area={reason.area}" if reason.area else ""
    return f"{reason.relation}{function}{area}"
