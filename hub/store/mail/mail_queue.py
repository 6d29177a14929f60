"""Mail that is to be sent, and what each attempt gave."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, any_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.store import tables
from hub.store.database import direct, keys_of

_mail, _taken = tables.mail.c, tables.mail_taken.c
_NOTE = "INSERT INTO mail_taken (mail_key) VALUES ($1) ON CONFLICT DO NOTHING"


async def claim_mails(connection: AsyncConnection, wall: datetime, most: int) -> Sequence[Row[Any]]:
    """The next mails to send, in their order, held until the transaction ends."""
    query = (
        select(tables.mail)
        .where(_mail.state == "queued", _mail.next_attempt_at <= wall)
        .order_by(_mail.place)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return (await connection.execute(query)).all()


async def note_taken(pool: AsyncEngine, mail_key: UUID) -> None:
    """The mail server has taken this mail over: kept at once, whatever becomes of the transaction that holds
    it. Raises DatabaseUnavailable."""
    await direct(pool).fetch(_NOTE, mail_key)


async def taken_among(connection: AsyncConnection, mail_keys: Collection[UUID]) -> set[UUID]:
    """Which of these mails, held by this transaction, the server took from who held them before."""
    query = select(_taken.mail_key).where(_taken.mail_key == any_(keys_of(list(mail_keys))))
    return set((await connection.execute(query)).scalars())


async def mark_sent(connection: AsyncConnection, mail_keys: Collection[UUID], now: datetime) -> None:
    """The mail server has taken them over."""
    keys = keys_of(list(mail_keys))
    await connection.execute(
        update(tables.mail)
        .where(_mail.mail_key == any_(keys))
        .values(state="sent", sent_at=now, attempts=_mail.attempts + 1, last_error=None)
    )
    await connection.execute(delete(tables.mail_taken).where(_taken.mail_key == any_(keys)))


async def mark_not_sent(
    connection: AsyncConnection, mail_key: UUID, why: str, next_attempt_at: datetime | None
) -> None:
    """An attempt failed; without a next attempt it has failed for good."""
    await connection.execute(
        update(tables.mail)
        .where(_mail.mail_key == mail_key)
        .values(
            state="queued" if next_attempt_at else "failed",
            next_attempt_at=next_attempt_at,
            attempts=_mail.attempts + 1,
            last_error=why,
        )
    )


async def drop_copy(connection: AsyncConnection, mail_key: UUID) -> None:
    """Nobody reads this mail along any more."""
    await connection.execute(update(tables.mail).where(_mail.mail_key == mail_key).values(copy_to=None))
