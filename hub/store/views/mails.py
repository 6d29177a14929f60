"""Mails and dead letters as people look them up."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables

_mail, _event, _letter = tables.mail.c, tables.event.c, tables.dead_letter.c


class MailFilter(NamedTuple):
    """Which mails to list; None: whatever it is."""

    parties: Sequence[str] | None = None
    kind: str | None = None
    state: str | None = None


def _conditions(wanted: MailFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.parties is not None:
        conditions.append(_mail.party.in_(wanted.parties))
    if wanted.kind is not None:
        conditions.append(_mail.kind == wanted.kind)
    if wanted.state is not None:
        conditions.append(_mail.state == wanted.state)
    return conditions


async def count_mails(connection: AsyncConnection, wanted: MailFilter) -> int:
    """How many mails there are of this kind."""
    query = select(func.count()).select_from(tables.mail).where(*_conditions(wanted))
    return await connection.scalar(query) or 0


async def list_mails(
    connection: AsyncConnection, wanted: MailFilter, most: int, skip: int = 0
) -> Sequence[Any]:
    """Mails without their texts, newest first."""
    query = (
        select(*(column for column in tables.mail.c if column.name not in ("body", "html")))
        .where(*_conditions(wanted))
        .order_by(_mail.made_at.desc(), _mail.mail_key)
        .limit(most)
        .offset(skip)
    )
    return (await connection.execute(query)).all()


async def mail_states(connection: AsyncConnection) -> dict[UUID, str]:
    """The state of every mail."""
    return {row.mail_key: row.state for row in await connection.execute(select(_mail.mail_key, _mail.state))}


async def find_mail(connection: AsyncConnection, mail_key: UUID) -> Row[Any] | None:
    """The mail with its body."""
    return (await connection.execute(select(tables.mail).where(_mail.mail_key == mail_key))).first()


async def find_bundle_of_mail(connection: AsyncConnection, mail_key: UUID) -> UUID | None:
    """The bundle that a mail carries, if it carries one."""
    query = select(tables.bundle.c.bundle_key).where(tables.bundle.c.mail_key == mail_key)
    bundle_key: UUID | None = await connection.scalar(query)
    return bundle_key


async def events_of_mail(connection: AsyncConnection, mail_key: UUID, most: int) -> Sequence[Any]:
    """The events in a mail, oldest first: by delivery, as requests that its bundle left with, or as what it
    reminds of."""
    delivered = select(tables.outcome.c.event_key).where(tables.outcome.c.mail_key == mail_key)
    asked = (
        select(tables.request.c.event_key)
        .join(tables.item, tables.item.c.item_key == tables.request.c.item_key)
        .join(tables.bundle, tables.bundle.c.bundle_key == tables.item.c.bundle_key)
        .where(
            tables.bundle.c.mail_key == mail_key,
            tables.request.c.received_at <= tables.bundle.c.released_at,
        )
    )
    request, reminder = tables.request.c, tables.reminder.c
    was_open = request.closed_at.is_(None) | (request.closed_at > reminder.made_at)
    reminded = (
        select(request.event_key)
        .join(tables.item, tables.item.c.item_key == request.item_key)
        .join(tables.reminded, tables.reminded.c.bundle_key == tables.item.c.bundle_key)
        .join(
            tables.reminder,
            (reminder.operator == tables.reminded.c.operator) & (reminder.slot == tables.reminded.c.slot),
        )
        .where(reminder.mail_key == mail_key, request.received_at <= reminder.made_at, was_open)
    )
    keys = union(delivered, asked, reminded).subquery()
    query = (
        select(tables.event)
        .join(keys, keys.c.event_key == _event.event_key)
        .order_by(_event.accepted_at, _event.event_key)
        .limit(most)
    )
    return (await connection.execute(query)).all()


async def count_dead_letters(connection: AsyncConnection) -> int:
    """How many records no consumer could handle."""
    return await connection.scalar(select(func.count()).select_from(tables.dead_letter)) or 0


async def list_dead_letters(connection: AsyncConnection, most: int, skip: int = 0) -> Sequence[Any]:
    """Dead letters, newest first; `known` when the event itself was kept."""
    query = (
        select(tables.dead_letter, _event.event_key.is_not(None).label("known"))
        .outerjoin(tables.event, _event.event_key == _letter.event_key)
        .order_by(_letter.at.desc(), _letter.topic, _letter.partition, _letter.offset, _letter.consumer)
        .limit(most)
        .offset(skip)
    )
    return (await connection.execute(query)).all()
