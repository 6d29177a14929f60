"""What a party says by mail, as the answers that the intake takes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.register.model import Register
from hub.rules.mail_in.answering import Answered, Asked, Reply, answer_of
from hub.rules.mail_in.judging import Doubt, Said, Why
from hub.rules.mail_in.per_area import rows_of
from hub.rules.moments import AMSTERDAM
from hub.store.mail.mail_in import Given, Step, answers_given, asked_on, take_step
from hub.store.throttle.numbers import find_numbered
from hub.words.answer_facts import area_names
from schemas.catalogue import parse
from schemas.information import InformationRequested
from schemas.question import QuestionRaised


class Writer(NamedTuple):
    """Who wrote: `earlier` answers were read in the same mail before."""

    mail_in_key: UUID
    party: str
    received_at: datetime
    earlier: int = 0


class Decision(NamedTuple):
    """Who decided, and when."""

    who: str
    at: datetime


async def answers_of(
    connection: AsyncConnection, writer: Writer, said: Sequence[Said], register: Register
) -> list[Answered] | Doubt:
    """An answer to each question, of those that this party was sent and that are open; in doubt none."""
    answers: list[Answered] = []
    items: set[UUID] = set()
    for number, one in enumerate(said, start=writer.earlier + 1):
        item = await find_numbered(connection, writer.party, one.bundle, one.number)
        rows = await asked_on(connection, writer.party, item) if item else ()
        given = await answers_given(connection, item) if item and not rows else []
        if item and any(each.content["data"]["text"] == one.text for each in given):
            # The same mail, sent twice: nothing odd.
            rows = await asked_on(connection, writer.party, item, "answered")
        if item is None or not rows:
            return _settled(one.reference, given[0]) if given else Doubt(Why.UNKNOWN_NUMBER, one.reference)
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
        names = {code: area_names(code, register) for row in rows for code in row.areas}
        by_area = rows_of(one.text, names)
        reply = Reply(writer.mail_in_key, number, writer.party, one.text, writer.received_at, by_area)
        answers.append(Answered(one.reference, answer_of(reply, asked, register)))
    return answers


def _settled(reference: str, given: Given) -> Doubt:
    """Says when, and by which of the systems of the party itself (`mail`: by a reply)."""
    at, system = given.at.astimezone(AMSTERDAM), given.content["source"].rpartition(":")[2]
    return Doubt(Why.ANSWERED, f"{reference} ({at:%Y-%m-%d %H:%M}, {system}, {given.content['id']})")


async def decide(
    connection: AsyncConnection, row: Any, party: str, said: Sequence[Said], register: Register, by: Decision
) -> Doubt | None:
    """A person says what a mail answers, which the caller holds and which is in doubt; nothing said: it is no
    answer. The doubt that is left: then nothing is decided."""
    facts = {"by": by.who}
    if not said:
        await take_step(connection, row, Step("refused", "mail-in-decided", facts, party), by.at)
        return None
    earlier = [Answered(**one) for one in row.answers]
    writer = Writer(row.mail_in_key, party, row.received_at, len(earlier))
    answers = await answers_of(connection, writer, said, register)
    if isinstance(answers, Doubt):
        return answers
    step = Step("read", "mail-in-decided", facts, party, answers=[*earlier, *answers])
    await take_step(connection, row, step, by.at)
    return None
