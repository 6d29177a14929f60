"""The part of a bundle that asks its operator whether answers that end soon hold on."""

from collections.abc import Sequence
from typing import Any

from connectors.mailbox.asked import ToRenew
from hub.register.model import Register
from hub.words import wording
from hub.words.language import said
from hub.words.standard_facts import standard_text
from schemas.library import AnswerDeposited


def to_renew(answers: Sequence[ToRenew], register: Register) -> list[dict[str, Any]]:
    """The answers for the template, those that end first first."""
    return [
        {
            "title": _title(one),
            "holds": said(
                "Geldt tot en met {until}, voor {areas}.",
                until=wording.day(one.until),
                areas=wording.areas(one.areas, register),
            ),
            "how": _how(one),
            "source": one.answer.source,
            "id": one.answer.id,
            "link": one.link,
        }
        for one in answers
    ]


def _how(one: ToRenew) -> str:
    if isinstance(one.answer, AnswerDeposited):
        return said(
            "Vernieuwen: publiceer 'Antwoord in de bibliotheek gezet' bij dezelfde standaardvraag, met deze "
            "verwijzing in data.supersedes."
        )
    return said(
        "Vernieuwen: publiceer 'Vraag beantwoord' bij dezelfde vraag, met deze verwijzing in data.supersedes."
    )


def _title(one: ToRenew) -> str:
    asked = standard_text(one.answer) or (one.question and standard_text(one.question))
    return asked or wording.title(one.question or one.answer)
