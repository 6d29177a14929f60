"""Answers that end soon, and in which bundle their operator was asked to renew them.

Whoever asks holds the operator's row."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.throttle.answered import RENEW_AHEAD
from hub.store import tables

_kept, _renewal, _event = tables.kept_answer.c, tables.renewal.c, tables.event.c


async def ending_answers(
    connection: AsyncConnection, operator: str, bundle_key: UUID, day: date
) -> list[UUID]:
    """The answers of an operator that end soon after a day, and about which no other bundle asked."""
    elsewhere = and_(_renewal.answer_key == _kept.answer_key, _renewal.bundle_key != bundle_key)
    query = (
        select(_kept.answer_key)
        .outerjoin(tables.renewal, elsewhere)
        .where(
            _kept.operator == operator,
            _kept.valid_until >= day,
            _kept.valid_until < day + RENEW_AHEAD,
            _renewal.answer_key.is_(None),
        )
    )
    return list((await connection.execute(query)).scalars())


async def with_questions(connection: AsyncConnection, answers: Collection[UUID]) -> Sequence[Any]:
    """These answers as they were given, each with the question that it names, where it names one."""
    asked = tables.event.alias()
    query = (
        select(_event.event_key, _event.content, asked.c.content.label("question"))
        .outerjoin(tables.answer, tables.answer.c.answer_key == _event.event_key)
        .outerjoin(asked, asked.c.event_key == tables.answer.c.question_key)
        .where(_event.event_key.in_(answers))
    )
    return (await connection.execute(query)).all()


async def keep_renewals(connection: AsyncConnection, bundle_key: UUID, answers: Collection[UUID]) -> None:
    """The operator is asked about these in this bundle."""
    rows = [{"answer_key": answer, "bundle_key": bundle_key} for answer in answers]
    if rows:
        await connection.execute(insert(tables.renewal).on_conflict_do_nothing(), rows)


async def forget_renewals(connection: AsyncConnection, bundle_key: UUID) -> None:
    """The bundle did not go out: another one may ask."""
    await connection.execute(delete(tables.renewal).where(_renewal.bundle_key == bundle_key))
