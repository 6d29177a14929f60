"""What an auditor is answered, as JSON."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field

from connectors.api.answers import Answer
from schemas.terms import Tlp


class ShownRecord(Answer):
    """A record as it is hashed, with its number."""

    number: int
    kind: str
    record: dict[str, Any]


class RecordSetAside(Answer):
    """What somebody wrote beside the hub. It has no number, and proves nothing."""

    kind: str
    written: Annotated[str, Field(description="wat er staat, ook als het geen JSON is")]
    batch: int
    set_aside_at: AwareDatetime
    why: str


class EventLife(Answer):
    records: list[ShownRecord]
    set_aside: Annotated[
        list[RecordSetAside],
        Field(
            description="wat over deze gebeurtenis apart is gezet: het telt niet mee, en staat alleen bij de "
            "eerste bladzijde"
        ),
    ]
    next: int | None


_Way = Annotated[
    str,
    Field(
        description="mail, digest, bundle, reminder, pull, feed, bottlenecks, webhook:naam, topic:naam, ..."
    ),
]


class ReceivedEvent(Answer):
    """What went by two ways, or twice, stands there twice."""

    event: UUID
    type: str
    tlp: Tlp
    way: _Way
    sent_at: AwareDatetime
    record: int | None


class ReceivedEvents(Answer):
    received: list[ReceivedEvent]
    next: str | None


class PartyThatKnew(Answer):
    party: str
    since: AwareDatetime


class PartyThatReceived(PartyThatKnew):
    way: Annotated[
        str, Field(description="hoe zij het het eerst hoorde: mail, bundle, pull, feed, webhook:naam, ...")
    ]


class KnownBy(Answer):
    at: AwareDatetime
    publisher: PartyThatKnew | None
    received: list[PartyThatReceived]
    next: str | None


class PartyThatSees(Answer):
    """`since` and `way`: how it heard first; null when it was not told yet. Who published it: `published`."""

    party: str
    may_see: bool
    since: AwareDatetime | None
    way: str | None


class SeenBy(Answer):
    at: AwareDatetime
    parties: list[PartyThatSees]
    next: str | None


class AskedRequest(Answer):
    event: UUID
    asker: str
    state: str
    received_at: AwareDatetime
    released_at: AwareDatetime | None
    answer: UUID | None
    answered_at: AwareDatetime | None
    record: int | None
    answer_record: int | None


class AskedRequests(Answer):
    requests: list[AskedRequest]
    next: str | None
