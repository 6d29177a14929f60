"""What the mail of a bundle asks, told to the systems of its operator in the transaction that makes that
mail: the same questions, under the same numbers, decided by the same register."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.mailbox.asked import BundledRequest, grouped
from hub.register.model import Register
from hub.rules.bundling import Asked, Bundled, bundle_released
from hub.rules.clearance import highest
from hub.store.intake.outbox import put_out
from hub.store.throttle.numbers import Numbers
from hub.words.language import speaking
from hub.words.standard_facts import standard_text
from hub.words.wording import title
from schemas.catalogue import Event
from schemas.envelope import EventRef
from schemas.question import QuestionRaisedData


async def tell_systems(
    connection: AsyncConnection,
    row: Any,
    requests: Sequence[BundledRequest],
    numbers: Numbers,
    register: Register,
    now: datetime,
) -> None:
    """Puts out the events of a bundle; once, however often its mail is made."""
    bundle = Bundled(row.bundle_key, row.operator, numbers.bundle, row.kind, row.slot_at)
    with speaking("nl"):
        questions = [_asked(numbers.items[item], some) for item, some in grouped(requests, register).items()]
    await put_out(connection, bundle_released(bundle, questions, register, now), now)


def _asked(number: int, requests: Sequence[BundledRequest]) -> Asked:
    first = requests[0].event
    needed = (getattr(one.event.data, "needed_by", None) for one in requests)
    return Asked(
        number,
        EventRef(source=first.source, id=first.id),
        first.data,
        _text(first),
        requests[0].functions,
        list(dict.fromkeys(area for one in requests for area in one.areas)),
        min((day for day in needed if day), default=None),
        highest(one.event.tlp for one in requests),
    )


def _text(request: Event) -> str:
    if (standard := standard_text(request)) is not None:
        return standard
    text = str(getattr(request.data, "text", ""))
    return text if isinstance(request.data, QuestionRaisedData) else f"{title(request)}\n{text}"
