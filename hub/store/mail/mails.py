"""Mail: what is to be composed, and what became of it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import any_, case, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables
from hub.store.database import keys_of, texts_of
from hub.store.ledger.records import Entry, record
from hub.store.wake import Channel, wake

_audience, _outcome = tables.audience.c, tables.outcome.c
_mail, _bundle = tables.mail.c, tables.bundle.c
_bundle_to_mail = (_bundle.mail_key.is_(None), _bundle.withheld.is_(None))


class NewMail(NamedTuple):
    """A composed mail, for what the register of this version lets its party know."""

    mail_key: UUID
    party: str
    kind: str
    address: str
    tlp: str
    subject: str
    body: str
    made_at: datetime
    register_version: int
    ledger_size: int | None = None
    """Of the tree head that it carries."""
    html: str | None = None
    thread: tuple[UUID, ...] = ()
    """What it belongs with: keys of earlier mails to the party, and the key of a case, oldest first."""
    stops: str | None = None
    """The kind of mail that its reader may stop with it; None: it may not."""
    urgent: bool = False
    copy_to: str | None = None
    """Another mailbox of the party, that gets the same."""
    calendar: str | None = None
    """An invitation, as iCalendar."""
    place: datetime | None = None
    """Where it stands among what is to be sent; None: in the order of `made_at`."""
    salt: bytes | None = None
    """Of the hash that the ledger has of what it says."""


async def composed_among(connection: AsyncConnection, mail_keys: Sequence[UUID]) -> set[UUID]:
    """Which of these mails were composed before."""
    query = select(_mail.mail_key).where(_mail.mail_key == any_(keys_of(mail_keys)))
    return set((await connection.execute(query)).scalars())


async def bundles_to_mail(connection: AsyncConnection) -> Sequence[Any]:
    """Bundles that have no mail yet and whose events the router has all kept or buried."""
    not_routed = (
        select(tables.request.c.event_key)
        .join(tables.item, tables.item.c.item_key == tables.request.c.item_key)
        .outerjoin(tables.event, tables.event.c.event_key == tables.request.c.event_key)
        .outerjoin(tables.dead_letter, tables.dead_letter.c.event_key == tables.request.c.event_key)
        .where(
            tables.item.c.bundle_key == _bundle.bundle_key,
            tables.event.c.event_key.is_(None),
            tables.dead_letter.c.event_key.is_(None),
        )
    )
    # A sheet is told by its situation; who joined it is not in that mail.
    situation = or_(
        exists().where(tables.event.c.event_key == _bundle.cause),
        exists().where(tables.dead_letter.c.event_key == _bundle.cause),
    )
    is_routed = case((_bundle.kind == "crisis", situation), else_=~not_routed.exists())
    query = (
        select(tables.bundle)
        .where(*_bundle_to_mail, is_routed)
        .order_by(_bundle.released_at, _bundle.operator)
    )
    return (await connection.execute(query)).all()


async def is_bundle_to_mail(connection: AsyncConnection, bundle_key: UUID) -> bool:
    """Whether the bundle still has no mail; held until the transaction ends."""
    query = select(_bundle.bundle_key).where(*_bundle_to_mail, _bundle.bundle_key == bundle_key)
    return await connection.scalar(query.with_for_update()) is not None


async def items_of_bundle(connection: AsyncConnection, bundle_key: UUID) -> Sequence[Any]:
    """The open requests of a bundle with their events, item by item; who joined since it left too."""
    query = (
        select(
            tables.item.c.item_key,
            tables.item.c.functions,
            tables.item.c.needed_by,
            tables.request.c.asker,
            tables.request.c.areas,
            tables.request.c.referred_by,
            tables.event.c.content,
            tables.event.c.event_key,
        )
        .join(tables.request, tables.request.c.item_key == tables.item.c.item_key)
        .join(tables.event, tables.event.c.event_key == tables.request.c.event_key)
        .where(tables.item.c.bundle_key == bundle_key, tables.request.c.state.in_(("sent", "joined-sent")))
        .order_by(tables.item.c.needed_by.nulls_last(), tables.item.c.item_key, tables.request.c.received_at)
    )
    return (await connection.execute(query)).all()


async def open_requests_of(
    connection: AsyncConnection, since: Mapping[str, datetime]
) -> dict[str, list[Any]]:
    """What each of these parties has asked and has no answer to, oldest first: what is open, and what ended
    without an answer after its moment in `since`."""
    if not since:
        return {}
    query = (
        select(
            tables.request.c.asker,
            tables.request.c.event_key,
            tables.request.c.item_key,
            tables.request.c.operator,
            tables.request.c.state,
            tables.request.c.closed_at,
            tables.event.c.content,
        )
        .join(tables.event, tables.event.c.event_key == tables.request.c.event_key)
        .where(
            tables.request.c.asker == any_(texts_of(since)),
            tables.request.c.state.in_(("waiting", "joined-sent", "sent"))
            | (
                tables.request.c.state.in_(("not-shared", "declined", "expired", "withheld"))
                & (tables.request.c.closed_at > min(since.values()))
            ),
        )
        .order_by(tables.request.c.received_at, tables.request.c.operator)
    )
    found: dict[str, list[Any]] = {}
    for row in await connection.execute(query):
        if row.closed_at is None or row.closed_at > since[row.asker]:
            found.setdefault(row.asker, []).append(row)
    return found


async def keep_mails(connection: AsyncConnection, mails: Sequence[NewMail], wall: datetime) -> set[UUID]:
    """Keeps composed mails, to be sent from `wall` on; the keys of those that are new."""
    if not mails:
        return set()
    queued = {"state": "queued", "next_attempt_at": wall}
    rows = [{**_columns(mail), **queued, "place": mail.place or wall} for mail in mails]
    statement = insert(tables.mail).on_conflict_do_nothing().returning(_mail.mail_key)
    return set((await connection.execute(statement, rows)).scalars())


def _columns(mail: NewMail) -> dict[str, Any]:
    return {name: value for name, value in mail._asdict().items() if name != "urgent"}


async def mailed_since(
    connection: AsyncConnection,
    parties: Collection[str],
    since: datetime,
    kind: str | None = None,
    *,
    inviting: bool = False,
) -> Counter[str]:
    """How many mails were made for each of these parties after a moment. Of a kind, if one is named, only
    those that invite, or that do not."""
    query = (
        select(_mail.party, func.count().label("many"))
        .where(_mail.party == any_(texts_of(parties)), _mail.made_at > since)
        .group_by(_mail.party)
    )
    if kind is not None:
        query = query.where(_mail.kind == kind, _mail.calendar.is_not(None) == inviting)
    rows = await connection.execute(query)
    return Counter({row.party: row.many for row in rows})


async def last_made(connection: AsyncConnection, parties: Collection[str], kind: str) -> dict[str, datetime]:
    """When the last mail of this kind was made for each of these parties that ever had one."""
    query = (
        select(_mail.party, func.max(_mail.made_at).label("last"))
        .where(_mail.party == any_(texts_of(parties)), _mail.kind == kind)
        .group_by(_mail.party)
    )
    return {row.party: row.last for row in await connection.execute(query)}


async def events_in(connection: AsyncConnection, mail_keys: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """The events of the deliveries in each mail."""
    events = func.array_agg(aggregate_order_by(_outcome.event_key, _outcome.event_key))
    query = (
        select(_outcome.mail_key, events)
        .where(_outcome.mail_key == any_(keys_of(mail_keys)))
        .group_by(_outcome.mail_key)
    )
    return {mail_key: list(told) for mail_key, told in await connection.execute(query)}


async def take_back(connection: AsyncConnection, *mail_keys: UUID) -> None:
    """Undoes mails that were never sent: what they told is to be mailed again. That is held in one order, so
    that none who do so wait for one another."""
    keys = keys_of(mail_keys)
    told = select(_outcome.event_key).where(_outcome.mail_key == any_(keys))
    held = select(_audience.position).where(_audience.event_key.in_(told))
    in_order = held.order_by(_audience.event_key, _audience.position)
    await connection.execute(in_order.with_for_update())
    undone = await connection.execute(
        delete(tables.outcome).where(_outcome.mail_key == any_(keys)).returning(_outcome.event_key)
    )
    await connection.execute(
        update(tables.audience)
        .where(_audience.event_key == any_(keys_of(list(undone.scalars()))), ~_audience.is_open)
        .values(is_open=True)
    )
    for carrying in (tables.bundle, tables.reminder, tables.outlet, tables.mail_in, tables.sign_in):
        await connection.execute(
            update(carrying).where(carrying.c.mail_key == any_(keys)).values(mail_key=None)
        )
    await connection.execute(delete(tables.mail).where(_mail.mail_key == any_(keys)))


async def failed_bundles(connection: AsyncConnection, operator: str) -> Sequence[Any]:
    """The bundles of an operator whose mail could not be delivered, oldest first: slot_at, and mail_key."""
    query = (
        select(_bundle.slot_at, _bundle.mail_key)
        .join(tables.mail, _mail.mail_key == _bundle.mail_key)
        .where(_bundle.operator == operator, _mail.state == "failed")
        .order_by(_bundle.slot_at, _bundle.mail_key)
    )
    return (await connection.execute(query)).all()


async def mark_bundle_mailed(connection: AsyncConnection, bundle_key: UUID, mail_key: UUID) -> None:
    """The bundle is in this mail."""
    await connection.execute(
        update(tables.bundle).where(_bundle.bundle_key == bundle_key).values(mail_key=mail_key)
    )


async def mark_bounced(connection: AsyncConnection, mail_key: UUID, why: str) -> bool:
    """A mail that was sent came back; whether it was sent. The address that it went to is not tried again."""
    # The mailer may still hold it, with others that it sends: then wait for what it records.
    await connection.execute(select(_mail.mail_key).where(_mail.mail_key == mail_key).with_for_update())
    changed = await connection.execute(
        update(tables.mail)
        .where(_mail.mail_key == mail_key, _mail.state == "sent")
        .values(state="failed", last_error=why)
    )
    return changed.rowcount > 0


async def find_mail(connection: AsyncConnection, mail_key: UUID) -> Any | None:
    """What kind of mail this is, who read along, and what it says."""
    query = select(_mail.kind, _mail.copy_to, _mail.body, _mail.html, _mail.stops).where(
        _mail.mail_key == mail_key
    )
    return (await connection.execute(query)).first()


async def list_failed(connection: AsyncConnection, party: str | None = None) -> Sequence[Any]:
    """Mails (to a party) that the mail server took over in none of its attempts, oldest first: without their
    texts, and without those whose content was removed."""
    columns = (_mail.mail_key, _mail.party, _mail.kind, _mail.attempts, _mail.last_error)
    query = (
        select(*columns)
        .where(_mail.state == "failed", _mail.address != "", *([_mail.party == party] if party else []))
        .order_by(_mail.made_at, _mail.mail_key)
    )
    return (await connection.execute(query)).all()


async def queue_failed(
    connection: AsyncConnection, party: str | None, wall: datetime, by: str, now: datetime
) -> int:
    """Has those mails sent again from `wall` on, under the same Message-ID, with a record of who asked; how
    many. Who may know is decided again when the register has changed since. A mail whose content was removed
    has no address any more, and stays."""
    again = await connection.execute(
        update(tables.mail)
        .where(_mail.state == "failed", _mail.address != "", *([_mail.party == party] if party else []))
        .values(state="queued", attempts=0, next_attempt_at=wall)
    )
    if again.rowcount:
        whose = {"party": party, "channel": "mail", "name": "", "by": by}
        facts = {**whose, "since": None, "deliveries": again.rowcount}
        await record(connection, [Entry("resend-asked", (uuid4(),), None, now, facts)])
    await wake(connection, Channel.MAIL)
    return again.rowcount
