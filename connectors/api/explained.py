"""An explanation as JSON: who would receive an event, who not, and why."""

from typing import Any

from connectors.api.answers import Answer
from hub.rules.explaining import Explained, Explanation, WhyNot
from hub.rules.policy import POLICY_VERSION, Mode
from hub.rules.relations import Relation
from hub.words import wording
from schemas.terms import FunctionSlug

CHANNEL = "mail"
_NOT_SHOWN = {
    "nl": "Wie zich zelf hierop abonneerde of zich hiervoor afmeldde, staat hier niet bij.",
    "en": "Who subscribed to this, or unsubscribed from it, by its own choice is not shown here.",
}


class ShownReason(Answer):
    relation: Relation
    function: FunctionSlug | None = None
    area: str | None = None


class Recipient(Answer):
    party: str
    channel: str
    mode: Mode
    reasons: list[ShownReason]


class NotReached(Answer):
    party: str
    code: WhyNot
    detail: str
    reasons: list[ShownReason]


class ShownAsked(Answer):
    """Who is asked, and receives it in a bundle."""

    party: str
    functions: list[FunctionSlug]
    areas: list[str]


class NotShown(Answer):
    nl: str
    en: str


class ShownExplanation(Answer):
    """Who would receive an event, who not, and why, by these versions of the register and the policy."""

    register_version: int
    policy_version: int
    recipients: list[Recipient]
    asked: list[ShownAsked]
    not_reached: list[NotReached]
    not_shown: NotShown


def shown_explanation(explanation: Explanation) -> dict[str, Any]:
    """The members of an explanation, with the versions that decided."""
    return {
        "registerVersion": explanation.register_version,
        "policyVersion": POLICY_VERSION,
        "recipients": [_recipient(one) for one in explanation.related if one.mode is not None],
        "asked": [
            {"party": one.operator, "functions": list(one.functions), "areas": list(one.areas)}
            for one in explanation.asked
        ],
        "notReached": [_not_reached(one) for one in explanation.related if one.why_not is not None],
        "notShown": _NOT_SHOWN,
    }


def _recipient(one: Explained) -> dict[str, Any]:
    return {"party": one.party, "channel": CHANNEL, "mode": one.mode, "reasons": _reasons(one)}


def _not_reached(one: Explained) -> dict[str, Any]:
    assert one.why_not is not None  # noqa: S101 - asked of such only
    return {
        "party": one.party,
        "code": one.why_not,
        "detail": wording.WHY_NOT[one.why_not],
        "reasons": _reasons(one),
    }


def _reasons(one: Explained) -> list[dict[str, Any]]:
    named = (reason._asdict() for reason in one.reasons)
    return [{name: value for name, value in reason.items() if value is not None} for reason in named]
