"""What a party says by mail, as the answers that the intake takes."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.register.model import Register
from hub.rules.mail_in.answering import Answered, Asked, Reply, answer_of
from hub.rules.mail_in.judging import Doubt, Said, Why
from hub.store.mail_in import asked_on
from hub.store.numbers import find_numbered
from schemas.catalogue import parse
from schemas.information import InformationRequested
from schemas.question import QuestionRaised


class Writer(NamedTuple):
    """Who wrote: `earlier` answers were read in the same mail before."""

    mail_in_key: UUID
    party: str
    received_at: datetime
    earlier: int = 0


async def answers_of(
    connection: AsyncConnection, writer: Writer, said: Sequence[Said], register: Register
) -> list[Answered] | Doubt:
    """An answer to each question, of those that this party was sent and that are open; in doubt none."""
    answers: list[Answered] = []
    items: set[UUID] = set()
    for number, one in enumerate(said, start=writer.earlier + 1):
        item = await find_numbered(connection, writer.party, one.bundle, one.number)
        rows = await asked_on(connection, writer.party, item) if item else ()
        if item is None or not rows:
            return Doubt(Why.UNKNOWN_NUMBER, one.reference)
        if item in items:
            return Doubt(Why.TWICE, one.reference)
        items.add(item)
        asked = [
            Asked(row.asker, row.areas, event, row.functions)
            for row in rows
            if isinstance(event := parse(row.content), QuestionRaised | InformationRequested)
        ]
        if len(asked) < len(rows):
            return Doubt(Why.INVITATION, one.reference)
        reply = Reply(writer.mail_in_key, number, writer.party, one.text, writer.received_at)
        answers.append(Answered(one.reference, answer_of(reply, asked, register)))
    return answers
