"""The mail that opens the situation sheets of an operator: which crisis, what is asked, how to report."""

from collections.abc import Sequence

from connectors.mailbox.rendering import render
from connectors.mailbox.texts import MailText, mail_text
from hub.register.model import Register
from hub.rules.throttle.crisis import Sheet
from hub.words import wording
from hub.words.language import said
from hub.words.steering_facts import on_sheet
from schemas.situation import SituationOpened
from schemas.standard_question import standard_questions


def opened(
    operator: str, event: SituationOpened, sheets: Sequence[Sheet], link: str, register: Register
) -> MailText:
    """Every sheet that a situation opens for an operator, in one mail."""
    body = render(
        "situation",
        tlp=event.tlp,
        tlp_meaning=wording.tlp_meaning(event.tlp),
        operator=wording.party_name(operator, register),
        event=event,
        until=max(sheet.until for sheet in sheets),
        sheets=[
            {
                "function": wording.function_name(sheet.function, register),
                "areas": wording.areas(sheet.areas, register, most=20),
                "questions": [(one.code, on_sheet(one)) for one in standard_questions(sheet.function)],
            }
            for sheet in sheets
        ],
        link=link,
    )
    return mail_text(f"{said('Situatieblad')}: {event.data.crisis}", body, event.tlp)
