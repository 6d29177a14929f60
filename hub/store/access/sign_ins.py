"""Links to sign in: who asked one, which is to be mailed, and that it is used once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.signing_in import LINK_LASTS, WINDOW, Asked, Times
from hub.store import tables

_LOCK = 7_301_033
_KEPT = timedelta(days=1)
_own = tables.sign_in.c


class NewSignIn(NamedTuple):
    """A link that is asked. Without a party nothing is mailed."""

    request_key: UUID
    party: str | None
    mailbox_mark: bytes
    address_mark: bytes
    browser_hash: bytes
    asked_at: datetime


async def times_asked(
    connection: AsyncConnection, mailbox_mark: bytes, address_mark: bytes, now: datetime
) -> Times:
    """How often links were asked for this mailbox and from this address; nobody else asks until the
    transaction ends. What is long past is forgotten."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    await connection.execute(delete(tables.sign_in).where(_own.asked_at < now - _KEPT))
    times = func.count(_own.asked_at.distinct())
    to_mailbox, from_address = _own.mailbox_mark == mailbox_mark, _own.address_mark == address_mark
    query = select(
        times.filter(to_mailbox), times.filter(from_address), times.filter(to_mailbox, from_address)
    )
    return Times(*(await connection.execute(query.where(_own.asked_at > now - WINDOW))).one())


async def keep_sign_ins(connection: AsyncConnection, asked: Sequence[NewSignIn]) -> None:
    """Keeps that these were asked."""
    await connection.execute(insert(tables.sign_in), [one._asdict() for one in asked])


async def sign_ins_to_mail(connection: AsyncConnection, wall: datetime) -> Sequence[Any]:
    """What was asked and has no mail yet, held until the transaction ends: request_key, party, asked_at."""
    query = (
        select(_own.request_key, _own.party, _own.asked_at)
        .where(_own.party.is_not(None), _own.mail_key.is_(None), _own.asked_at > wall - LINK_LASTS)
        .order_by(_own.asked_at)
        .with_for_update(skip_locked=True)
    )
    return (await connection.execute(query)).all()


async def mark_mailed(connection: AsyncConnection, request_key: UUID, mail_key: UUID) -> None:
    """The link is in this mail."""
    of_request = _own.request_key == request_key
    await connection.execute(update(tables.sign_in).where(of_request).values(mail_key=mail_key))


async def request_in(connection: AsyncConnection, mail_key: UUID) -> UUID | None:
    """Of which request the link in this mail is; None: it is forgotten."""
    found: UUID | None = await connection.scalar(select(_own.request_key).where(_own.mail_key == mail_key))
    return found


async def find_asked(connection: AsyncConnection, request_key: UUID) -> Asked | None:
    """What was asked, held until the transaction ends: a link is used once."""
    query = (
        select(_own.browser_hash, _own.asked_at, _own.used_at)
        .where(_own.request_key == request_key)
        .with_for_update()
    )
    row = (await connection.execute(query)).first()
    return Asked(bytes(row.browser_hash), row.asked_at, row.used_at) if row else None


async def mark_used(connection: AsyncConnection, request_key: UUID, now: datetime) -> None:
    """Somebody signed in with the link; when it was first, counts."""
    unused = (_own.request_key == request_key) & _own.used_at.is_(None)
    await connection.execute(update(tables.sign_in).where(unused).values(used_at=now))
