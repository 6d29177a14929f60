"""The part of a bundle that asks its operator whether answers that end soon hold on."""

from collections.abc import Sequence
from typing import Any

from connectors.mailbox.asked import ToRenew
from hub import wording
from hub.register.model import Register
from hub.standard_facts import standard_text
from schemas.library import AnswerDeposited


def to_renew(answers: Sequence[ToRenew], register: Register) -> list[dict[str, Any]]:
    """The answers for the template, those that end first first."""
    return [
        {
            "title": _title(one),
            "is_deposit": isinstance(one.answer, AnswerDeposited),
            "areas": wording.areas(one.areas, register),
            "until": wording.day(one.until),
            "source": one.answer.source,
            "id": one.answer.id,
            "link": one.link,
        }
        for one in answers
    ]


def _title(one: ToRenew) -> str:
    asked = standard_text(one.answer) or (one.question and standard_text(one.question))
    return asked or wording.title(one.question or one.answer)
