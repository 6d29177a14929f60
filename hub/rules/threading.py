"""Which mails belong together? Those to one party about one case, and a reply with what it replies to."""

from uuid import UUID

from hub.rules.identity import derived_key, event_key
from schemas.envelope import Envelope, EventRef


def mail_of(event: UUID, party: str) -> UUID:
    """The key of the mail that tells a party of an event at once."""
    return derived_key("immediate", event, party)


def of_event(event: Envelope, party: str) -> list[UUID]:
    """What the mail of an event belongs with: its case, and the mails of the events that it names."""
    case = derived_key("case", event.source, event.subject, party)
    fields = (getattr(event.data, name) for name in type(event.data).model_fields)
    named = [one for one in fields if isinstance(one, EventRef)]
    return [case, *(mail_of(event_key(one.source, one.id), party) for one in named)]


def of_lapse(answer: Envelope, party: str) -> list[UUID]:
    """What the mail that an answer no longer holds belongs with: the mail of that answer."""
    return [*of_event(answer, party), mail_of(event_key(answer.source, answer.id), party)]
