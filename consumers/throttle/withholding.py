"""Answers that are not passed on, and what who gave them hears. In a transaction of the caller, who holds the
operator."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.register.model import Register
from hub.rules.identity import event_key
from hub.rules.moments import dutch_day
from hub.rules.not_passing_on import Earlier, Why, answer_withheld, says_the_same, settled_by
from hub.store.intake.claims import find_claims
from hub.store.intake.outbox import put_out
from hub.store.ledger.records import Entry, record
from hub.store.throttle import library
from hub.store.throttle.requests import OPEN
from hub.words.wording import title
from schemas.catalogue import Answer, parse
from schemas.question import QuestionAnswered

_TITLE_MOST = 90


async def not_asked(
    connection: AsyncConnection,
    key: UUID,
    question: UUID,
    answer: Answer,
    author: str,
    register: Register,
    now: datetime,
) -> None:
    """Tells an author that no such question was asked of it. Whether others were asked it, or whether it is
    there at all, makes no difference to what it hears."""
    facts = {"operator": author, "question": str(question)}
    await record(connection, [Entry("answer-unasked", (key,), key, now, facts)])
    told = answer_withheld(answer, author, Why.NOT_ASKED, title(answer, _TITLE_MOST), register, now)
    await put_out(connection, told, now)


async def is_settled(
    connection: AsyncConnection,
    key: UUID,
    item_key: UUID,
    answer: Answer,
    on_item: Sequence[Any],
    gets: Collection[str],
    register: Register,
    now: datetime,
) -> bool:
    """Whether an answer to this item, with these requests, comes after one that holds, and has nothing new
    for the askers that would get it. Then it serves nobody, and its author hears so; not of what was sent
    twice."""
    if not isinstance(answer, QuestionAnswered) or any(row.state in OPEN for row in on_item):
        return False
    had = {row.asker for row in on_item if row.state == "answered"}
    earlier = await _earlier(connection, item_key, key, now)
    before = settled_by(answer, had, gets, earlier)
    if before is None:
        return False
    operator = on_item[0].operator
    by = event_key(before.answer.source, before.answer.id)
    facts = {"operator": operator, "item": str(item_key), "by": str(by), "register": register.version}
    await record(connection, [Entry("answer-settled", (key,), key, now, facts)])
    await library.lapse(connection, operator, key, by)
    if not any(says_the_same(answer, one.answer) for one in earlier):
        text = title(answer, _TITLE_MOST)
        told = answer_withheld(answer, operator, Why.ANSWERED_BEFORE, text, register, now, before)
        await put_out(connection, told, now)
    return True


async def _earlier(connection: AsyncConnection, item_key: UUID, key: UUID, now: datetime) -> list[Earlier]:
    contents = await library.answers_on(connection, item_key, dutch_day(now))
    contents.pop(key, None)
    claims = await find_claims(connection, contents)
    answers = {one: parse(content) for one, content in contents.items()}
    return [
        Earlier(answer, claims[one].accepted_at)
        for one, answer in answers.items()
        if isinstance(answer, QuestionAnswered) and one in claims
    ]
