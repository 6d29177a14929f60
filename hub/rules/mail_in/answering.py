"""A reply to a question as the event that it is."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from hub.register.model import Register
from hub.rules.clearance import ORDER, is_classified
from hub.rules.mail_in.per_area import AreaSaid
from schemas.envelope import TYPE_PREFIX, is_exercise
from schemas.information import InformationRequested
from schemas.question import QuestionRaised
from schemas.terms import Tlp

_SYSTEM = "mail"


class Asked(NamedTuple):
    """A request that an operator was sent, and for which functions."""

    asker: str
    areas: Sequence[str]
    event: QuestionRaised | InformationRequested
    functions: Sequence[str]


class Reply(NamedTuple):
    """What a party wrote to one question: `number` counts the answers of that mail, from 1. `rows`: the same
    by area, where it says something of each apart."""

    mail_in_key: UUID
    number: int
    party: str
    text: str
    received_at: datetime
    rows: Sequence[AreaSaid] = ()


class Answered(NamedTuple):
    """An answer that was read in a mail, to the question with this number (24-3), and why the hub did not
    take it in, when it did not."""

    reference: str
    event: dict[str, Any]
    refused: str | None = None


def answer_of(reply: Reply, asked: Sequence[Asked], register: Register) -> dict[str, Any]:
    """The answer as it travels, to all (one or more) who ask the same. It has the strictest label of the
    requests; a closed one names the askers that its author saw."""
    first = asked[0].event
    tlp = max((one.event.tlp for one in asked), key=ORDER.index)
    data: dict[str, Any] = {
        "question": {"source": first.source, "id": first.id},
        "text": reply.text,
    }
    if reply.rows:
        data["per_area"] = [row._asdict() for row in reply.rows]
    if tlp is Tlp.AMBER or is_classified(tlp):
        data["recipients"] = sorted({one.asker for one in asked})
    return {
        "specversion": "1.0",
        "id": f"mail-{reply.mail_in_key}-{reply.number}",
        "source": _source(reply.party, first.source, register),
        "type": f"{TYPE_PREFIX}question.answered.v1",
        "time": reply.received_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "subject": first.subject,
        "datacontenttype": "application/json",
        "functions": ",".join(asked[0].functions),
        "areas": ",".join(dict.fromkeys(area for one in asked for area in one.areas)),
        "tlp": str(tlp),
        "data": data,
    }


def _source(party: str, like: str, register: Register) -> str:
    """Mail as a system of the party: in an exercise under its number for exercises, or else one that says
    so."""
    systems = (_SYSTEM, f"oefening-{_SYSTEM}") if is_exercise(like) else (_SYSTEM,)
    own = [
        (place, f"urn:nld:{kind}:{number}:systeem:{system}")
        for place, system in enumerate(systems)
        for (kind, number), slug in register.slug_by_number.items()
        if slug == party
    ]
    fitting = [one for one in own if is_exercise(one[1]) == is_exercise(like)]
    return min(fitting or own)[1]
