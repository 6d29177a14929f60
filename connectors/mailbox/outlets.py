"""The mail that tells an owner that nothing more goes to its system."""

from datetime import datetime

from connectors.mailbox.rendering import render
from connectors.mailbox.texts import MailText, mail_text
from hub.rules.outlets import StopReason
from hub.words import wording
from hub.words.language import said
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
        tlp_meaning=wording.tlp_meaning(_LABEL),
        what=what,
        again=said(_AGAIN.get(channel, _USUAL), channel=channel, name=name),
        where=where,
        why=said(_WHY[why]),
        last_error=last_error,
        at=at,
    )
    return mail_text(said("{what} is gestopt", what=f"{what[0].upper()}{what[1:]}"), body, _LABEL)
