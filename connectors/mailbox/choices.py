"""The mail that tells what was chosen for a mailbox."""

from connectors.mailbox.rendering import render
from connectors.mailbox.texts import MailText, mail_text
from hub import wording
from hub.rules.preferences import Preferences
from schemas.terms import Tlp

_LABEL = Tlp.AMBER_STRICT


def confirmed(wanted: Preferences) -> MailText:
    """What the party gets from now on, and what to do when nobody there chose that."""
    body = render(
        "chosen",
        tlp=_LABEL,
        tlp_meaning=wording.TLP_MEANING[_LABEL],
        days=", ".join(wording.DAYS[day] for day in wanted.weekdays),
        hour=f"{wanted.hour:02}:00",
        stopped=[wording.mail_kind(kind) for kind in wanted.stopped],
        away=wanted.away_from
        and wanted.away_until
        and f"{wording.day(wanted.away_from)} tot en met {wording.day(wanted.away_until)}",
    )
    return mail_text("Uw keuze voor mail is veranderd", body, _LABEL)
