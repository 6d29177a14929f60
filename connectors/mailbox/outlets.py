"""The mail that tells an owner that nothing more goes to its system."""

from datetime import datetime

from connectors.mailbox.rendering import render
from connectors.mailbox.texts import MailText, mail_text
from hub import wording
from hub.rules.outlets import StopReason
from schemas.terms import Tlp

_WHY = {
    StopReason.GONE: "Uw systeem antwoordde dat dit adres niet meer bestaat (410).",
    StopReason.FAILING: "Uw systeem nam drie dagen lang niets aan.",
    StopReason.REFUSED: "Uw systeem gaf drie dagen lang geen toestemming om gebeurtenissen te sturen.",
}
_LABEL = Tlp.AMBER_STRICT


_AGAIN = {
    "webhook": "Herstel uw systeem en zet de webhook weer aan: stuur hem opnieuw met "
    "PUT /v1/webhooks/{name}.",
    "topic": "Vraag de beheerder van de hub om het topic weer aan te zetten.",
}
_USUAL = "Herstel uw systeem en zet het weer aan: stuur het opnieuw met PUT /v1/outlets/{channel}/{name}."


def stopped(channel: str, name: str, where: str, why: StopReason, last_error: str, at: datetime) -> MailText:
    """That the hub stopped, why, and how to start it again. `where`: the server, where there is one."""
    what = f"{wording.channel_name(channel)} '{name}'"
    body = render(
        "outlet_stopped",
        tlp=_LABEL,
        tlp_meaning=wording.TLP_MEANING[_LABEL],
        what=what,
        again=_AGAIN.get(channel, _USUAL).format(channel=channel, name=name),
        where=where,
        why=_WHY[why],
        last_error=last_error,
        at=at,
    )
    return mail_text(f"{what[0].upper()}{what[1:]} is gestopt", body, _LABEL)
