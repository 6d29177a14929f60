"""A notice of an event in a room: label, kind, title and link. Nothing of what else stands in the event."""

from html import escape
from typing import Any

from hub.outlets.handing import Handed
from hub.rules.handing import LAPSE
from hub.words import wording
from schemas.catalogue import parse
from schemas.envelope import is_exercise

_MOST = 300


def notice(one: Handed, public_url: str) -> dict[str, Any]:
    """The content of the message (`m.room.message`), as text and as HTML."""
    event = parse(one.event)
    kind = "Antwoord geldt niet meer" if one.channel == LAPSE else wording.type_name(event)
    replayed = "Nagezonden: " if "deliveryreplay" in one.event else ""
    exercise = "[OEFENING] " if is_exercise(event.source) else ""
    line = f"{exercise}[TLP:{event.tlp}] {replayed}{kind}: {wording.shortened(wording.title(event), _MOST)}"
    link = f"{public_url}/gebeurtenissen/{one.event_key}"
    return {
        "msgtype": "m.text",
        "body": f"{line}\n{link}",
        "format": "org.matrix.custom.html",
        "formatted_body": f'<strong>{escape(line)}</strong><br><a href="{escape(link)}">Bekijk</a>',
        "m.mentions": {},
    }
