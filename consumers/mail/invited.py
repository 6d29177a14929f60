"""The meetings in a mail of many events or requests, as one calendar."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.mailbox.asked import BundledRequest
from connectors.mailbox.calendar import as_file
from connectors.mailbox.texts import Told
from consumers.mail.one_round import Round
from hub.register.model import Register
from hub.rules.inviting import asked_along, invitation
from hub.store.mail.plans import plans_before
from schemas.catalogue import Plan
from schemas.participation import ParticipationRequested


async def calendar_of_events(
    connection: AsyncConnection, part: Sequence[tuple[Any, Told]], party: str, this: Round
) -> str | None:
    """What the party is invited to among these deliveries, but for plans that a newer one replaced."""
    meetings = []
    for row, told in part:
        if isinstance(told.event, Plan) and row.marking is None:
            before = await plans_before(connection, told.event)
            ties = {reason.relation for reason in told.reasons}
            if (invited := invitation(told.event, before, party, ties)) is not None:
                meetings.append((told, invited))
    with this.speaking_to(party):
        return as_file(meetings, this.sender, this.register)


def calendar_of_requests(asked: Iterable[BundledRequest], sender: str, register: Register) -> str | None:
    """What an operator is asked to come to in a bundle; it said neither yes nor no."""
    meetings = [
        (Told(one.event, one.asker, one.reasons, one.link), asked_along(one.event))
        for one in asked
        if isinstance(one.event, ParticipationRequested)
    ]
    return as_file(meetings, sender, register)
