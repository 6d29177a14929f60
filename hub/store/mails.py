"""Mail: what is to be composed, what is to be sent, and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.policy import Mode
from hub.store import tables

_delivery, _mail, _bundle = tables.delivery.c, tables.mail.c, tables.bundle.c
_to_mail = (_delivery.mail_key.is_(None), _delivery.withheld.is_(None), _delivery.channel == "mail")


class NewMail(NamedTuple):
    """A composed mail; `state` is 'queued', or 'withheld' with the reason in `last_error`."""

    mail_key: UUID
    party: str
    kind: str
    address: str
    tlp: str
    subject: str
    body: str
    made_at: datetime
    state: str = "queued"
    last_error: str | None = None


async def immediate_deliveries(connection: AsyncConnection, most: int) -> Sequence[Any]:
    """Deliveries to mail at once, with their events, held until the transaction ends."""
    query = (
        select(tables.delivery, tables.event.c.content, tables.event.c.publisher)
        .join(tables.event, tables.event.c.event_key == _delivery.event_key)
        .where(*_to_mail, _delivery.mode == Mode.IMMEDIATE)
        .order_by(_delivery.planned_at)
        .limit(most)
        .with_for_update(of=tables.delivery, skip_locked=True)
    )
    return (await connection.execute(query)).all()


async def parties_with_digest(connection: AsyncConnection, until: datetime) -> list[str]:
    """The parties for which something waits that was planned up to `until`."""
    query = (
        select(_delivery.party)
        .where(*_to_mail, _delivery.mode == Mode.DIGEST, _delivery.planned_at <= until)
        .distinct()
        .order_by(_delivery.party)
    )
    return list((await connection.execute(query)).scalars())


async def digest_deliveries(connection: AsyncConnection, party: str, until: datetime) -> Sequence[Any]:
    """What belongs in the party's digest, oldest first, held until the transaction ends."""
    query = (
        select(tables.delivery, tables.event.c.content, tables.event.c.publisher)
        .join(tables.event, tables.event.c.event_key == _delivery.event_key)
        .where(
            *_to_mail,
            _delivery.mode == Mode.DIGEST,
            _delivery.planned_at <= until,
            _delivery.party == party,
        )
        .order_by(tables.event.c.accepted_at, _delivery.event_key)
        .with_for_update(of=tables.delivery)
    )
    return (await connection.execute(query)).all()


async def mail_exists(connection: AsyncConnection, mail_key: UUID) -> bool:
    """Whether this mail was composed before."""
    return bool(await connection.scalar(select(exists().where(_mail.mail_key == mail_key))))


async def bundles_to_mail(connection: AsyncConnection) -> Sequence[Any]:
    """Bundles that have no mail yet and whose events the router has all kept, held until the transaction
    ends."""
    not_kept = (
        select(tables.request.c.event_key)
        .join(tables.item, tables.item.c.item_key == tables.request.c.item_key)
        .outerjoin(tables.event, tables.event.c.event_key == tables.request.c.event_key)
        .where(tables.item.c.bundle_key == _bundle.bundle_key, tables.event.c.event_key.is_(None))
    )
    query = (
        select(tables.bundle)
        .where(_bundle.mail_key.is_(None), ~not_kept.exists())
        .order_by(_bundle.released_at, _bundle.operator)
        .limit(20)
        .with_for_update(skip_locked=True)
    )
    return (await connection.execute(query)).all()


async def items_of_bundle(connection: AsyncConnection, bundle_key: UUID) -> Sequence[Any]:
    """The requests of a bundle with their events, item by item."""
    query = (
        select(
            tables.item.c.item_key,
            tables.item.c.functions,
            tables.item.c.needed_by,
            tables.request.c.asker,
            tables.request.c.areas,
            tables.event.c.content,
            tables.event.c.event_key,
        )
        .join(tables.request, tables.request.c.item_key == tables.item.c.item_key)
        .join(tables.event, tables.event.c.event_key == tables.request.c.event_key)
        .where(tables.item.c.bundle_key == bundle_key, tables.request.c.state == "sent")
        .order_by(tables.item.c.needed_by.nulls_last(), tables.item.c.item_key, tables.request.c.received_at)
    )
    return (await connection.execute(query)).all()


async def open_requests_of(connection: AsyncConnection, asker: str) -> Sequence[Any]:
    """What a party has asked and not yet has an answer to, oldest first."""
    query = (
        select(
            tables.request.c.event_key,
            tables.request.c.operator,
            tables.request.c.state,
            tables.request.c.received_at,
            tables.operator_lock.c.last_slot,
            tables.event.c.content,
        )
        .join(tables.event, tables.event.c.event_key == tables.request.c.event_key)
        .join(tables.operator_lock, tables.operator_lock.c.operator == tables.request.c.operator)
        .where(
            tables.request.c.asker == asker, tables.request.c.state.in_(("waiting", "joined-sent", "sent"))
        )
        .order_by(tables.request.c.received_at, tables.request.c.operator)
    )
    return (await connection.execute(query)).all()


async def keep_mails(connection: AsyncConnection, mails: Sequence[NewMail], wall: datetime) -> None:
    """Keeps composed mails; a mail that exists stays as it is."""
    if mails:
        rows = [{**m._asdict(), "next_attempt_at": wall} for m in mails]
        await connection.execute(insert(tables.mail).on_conflict_do_nothing(), rows)


async def mark_mailed(
    connection: AsyncConnection, party: str, event_keys: Sequence[UUID], mail_key: UUID
) -> None:
    """These deliveries are in this mail."""
    await connection.execute(
        update(tables.delivery)
        .where(_delivery.event_key.in_(event_keys), _delivery.party == party, _delivery.channel == "mail")
        .values(mail_key=mail_key)
    )


async def withhold(connection: AsyncConnection, party: str, event_key: UUID, why: str) -> None:
    """This delivery may no longer go out, and why."""
    await connection.execute(
        update(tables.delivery)
        .where(_delivery.event_key == event_key, _delivery.party == party, _delivery.channel == "mail")
        .values(withheld=why)
    )


async def mark_bundle_mailed(connection: AsyncConnection, bundle_key: UUID, mail_key: UUID) -> None:
    """The bundle is in this mail."""
    await connection.execute(
        update(tables.bundle).where(_bundle.bundle_key == bundle_key).values(mail_key=mail_key)
    )


async def claim_mail(connection: AsyncConnection, wall: datetime) -> Row[Any] | None:
    """The next mail to send, held until the transaction ends."""
    query = (
        select(tables.mail)
        .where(_mail.state == "queued", _mail.next_attempt_at <= wall)
        .order_by(_mail.next_attempt_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await connection.execute(query)).first()


async def mark_sent(connection: AsyncConnection, mail_key: UUID, now: datetime) -> None:
    """The mail server has taken it over."""
    await connection.execute(
        update(tables.mail)
        .where(_mail.mail_key == mail_key)
        .values(state="sent", sent_at=now, attempts=_mail.attempts + 1, last_error=None)
    )


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
