"""Mail that came in: kept as it came, then read, and what became of it. Each step has its record."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, any_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.identity import derived_key, event_key
from hub.rules.mail_in.answering import Answered
from hub.store import tables
from hub.store.database import keys_of
from hub.store.ledger.records import Entry, record
from hub.store.wake import Channel, wake

_TOLD = ("answered", "doubt")
"""Of a mail in these states its party is told by mail."""
_MOST_OPEN = 100
DAY = timedelta(days=1)
MOST_TOLD_A_DAY = 30
"""Mails to a party about mails of its own: who has a reply address can't fill its mailbox. Others wait."""
_WITHOUT_RAW = [column for column in tables.mail_in.c if column.name != "raw"]
_mail, _request, _event = tables.mail_in.c, tables.request.c, tables.event.c


class Came(NamedTuple):
    """A mail as the mail server gave it, for one address of the hub; `sender` is empty for a bounce."""

    sender: str
    recipient: str
    raw: bytes


class Step(NamedTuple):
    """What becomes of a mail: its new state, the kind of the record, and what that tells. `reason` is for
    people, and stands outside the ledger."""

    state: str
    kind: str
    facts: Mapping[str, Any] = {}
    party: str | None = None
    replied_to: UUID | None = None
    reason: str | None = None
    answers: Sequence[Answered] | None = None


async def keep_mail(connection: AsyncConnection, came: Came, message_id: str, now: datetime) -> UUID:
    """Keeps a mail with its record; the same mail again is the same key, and no second mail."""
    _, _, body = came.raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    digest = sha256(body).hexdigest()
    key = derived_key("mail-in", message_id, came.sender.lower(), came.recipient.lower(), digest)
    row = {**came._asdict(), "mail_in_key": key, "received_at": now, "state": "kept"}
    statement = insert(tables.mail_in).on_conflict_do_nothing().returning(_mail.mail_in_key)
    if (await connection.execute(statement, row)).scalar() is not None:
        facts = {"mail_in": str(key), "size": len(came.raw)}
        await record(connection, [Entry("mail-in-kept", (key,), None, now, facts)])
        await wake(connection, Channel.INBOUND)
    return key


async def count_since(connection: AsyncConnection, recipient: str, moment: datetime) -> int:
    """How many mails to this address were kept since this moment."""
    is_to = func.lower(_mail.recipient) == recipient.lower()
    query = select(func.count()).select_from(tables.mail_in).where(is_to, _mail.received_at > moment)
    return await connection.scalar(query) or 0


async def claim_next(connection: AsyncConnection, state: str) -> Row[Any] | None:
    """The oldest mail in this state, held until the transaction ends."""
    query = select(tables.mail_in).where(_mail.state == state).order_by(_mail.received_at, _mail.mail_in_key)
    return (await connection.execute(query.limit(1).with_for_update(skip_locked=True))).first()


async def list_mails(connection: AsyncConnection, state: str | None) -> Sequence[Any]:
    """The mails in this state, or in any, oldest first, without what they say."""
    columns = (column for column in tables.mail_in.c if column.name not in ("raw", "answers"))
    query = select(*columns).order_by(_mail.received_at, _mail.mail_in_key)
    return (await connection.execute(query if state is None else query.where(_mail.state == state))).all()


async def record_shown(connection: AsyncConnection, row: Row[Any], now: datetime) -> None:
    """The administrator looked at what a mail says."""
    facts = {"mail_in": str(row.mail_in_key)}
    unique = (row.mail_in_key, now.isoformat())
    await record(connection, [Entry("mail-in-shown", unique, None, now, facts)])


async def forget(connection: AsyncConnection, keys: Sequence[UUID], now: datetime) -> None:
    """Removes what these mails say, and of whom they are; which answers they gave stays known."""
    emptied: dict[str, Any] = {"raw": b"", "sender": "", "recipient": "", "answers": [], "reason": None}
    await connection.execute(update(tables.mail_in).where(_mail.mail_in_key.in_(keys)).values(**emptied))
    entries = [Entry("mail-in-forgotten", (key,), None, now, {"mail_in": str(key)}) for key in keys]
    await record(connection, entries)


async def done_before(connection: AsyncConnection, moment: datetime) -> Sequence[UUID]:
    """The mails of before this moment on which nothing is to be decided, and that still say something."""
    query = select(_mail.mail_in_key).where(
        _mail.received_at < moment, _mail.state.in_(("answered", "left", "refused")), _mail.raw != b""
    )
    return (await connection.execute(query.order_by(_mail.received_at))).scalars().all()


async def hold_mail(connection: AsyncConnection, key: UUID) -> Row[Any] | None:
    """A mail, held until the transaction ends."""
    query = select(tables.mail_in).where(_mail.mail_in_key == key).with_for_update()
    return (await connection.execute(query)).first()


async def take_step(connection: AsyncConnection, row: Row[Any], step: Step, now: datetime) -> None:
    """Moves a mail that the caller holds to its next state, with a record. What the step does not name stays
    as it was."""
    named = {name: getattr(step, name) for name in ("party", "replied_to")}
    changed: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    if step.answers is not None:
        changed["answers"] = [one._asdict() for one in step.answers]
        changed["event_keys"] = [event_key(one.event["source"], one.event["id"]) for one in step.answers]
    await connection.execute(
        update(tables.mail_in)
        .where(_mail.mail_in_key == row.mail_in_key)
        .values(state=step.state, step=row.step + 1, reason=step.reason, mail_key=None, **changed)
    )
    facts = {"mail_in": str(row.mail_in_key), **step.facts}
    if party := step.party or row.party:
        facts["party"] = party
    if keys := changed.get("event_keys", row.event_keys):
        facts["events"] = [str(key) for key in keys]
    await record(connection, [Entry(step.kind, (row.mail_in_key, row.step + 1), None, now, facts)])
    is_told = step.state in _TOLD or step.reason is not None
    await wake(connection, Channel.MAIL if is_told else Channel.INBOUND)


class Given(NamedTuple):
    """An answer to an item, and when it was taken in."""

    content: dict[str, Any]
    at: datetime


async def answers_given(connection: AsyncConnection, item: UUID) -> list[Given]:
    """The answers by which an item was settled and that were not replaced, oldest first."""
    kept, claim, lapse, answer = tables.kept_answer.c, tables.claim.c, tables.lapse.c, tables.answer.c
    lapsed = exists().where(lapse.answer_key == kept.answer_key, lapse.operator == kept.operator)
    query = (
        select(answer.content, claim.accepted_at)
        .join(tables.kept_answer, kept.answer_key == answer.answer_key)
        .join(tables.claim, claim.event_key == answer.answer_key)
        .where(kept.item_key == item, ~lapsed, answer.content["type"].astext.like("%.question.answered.%"))
        .order_by(claim.accepted_at, answer.answer_key)
    )
    return [Given(*row) for row in await connection.execute(query)]


async def asked_on(
    connection: AsyncConnection, operator: str, item: UUID, state: str = "sent"
) -> Sequence[Any]:
    """The requests in this state that an operator was sent of an item, oldest first: asker, areas,
    content, and the functions of the item."""
    query = (
        select(_request.asker, _request.areas, _event.content, tables.item.c.functions)
        .join(tables.event, _event.event_key == _request.event_key)
        .join(tables.item, tables.item.c.item_key == _request.item_key)
        .where(_request.item_key == item, _request.operator == operator, _request.state == state)
        .order_by(_request.received_at, _request.event_key)
    )
    return (await connection.execute(query)).all()


async def number_of_mail(connection: AsyncConnection, mail_key: UUID) -> tuple[int | None, list[int]]:
    """The number of the bundle that a mail is of, and those of the items in it; None: it is of none. Where
    more is asked in it than the bundle, no items are named: a number must say which is meant."""
    bundle, numbered = tables.bundle.c, tables.bundle_item.c
    query = (
        select(bundle.number, bundle.bundle_key, numbered.number.label("item"))
        .join(tables.bundle_item, numbered.bundle_key == bundle.bundle_key)
        .where(bundle.mail_key == mail_key)
        .order_by(numbered.number)
    )
    rows = (await connection.execute(query)).all()
    if not rows:
        return None, []
    more = or_(
        exists().where(tables.reminder.c.mail_key == mail_key),
        exists().where(tables.renewal.c.bundle_key == rows[0].bundle_key),
    )
    if await connection.scalar(select(more)):
        return rows[0].number, []
    return rows[0].number, [row.item for row in rows]


async def open_numbers(connection: AsyncConnection, operator: str, first: int | None) -> list[str]:
    """The questions that an operator was sent and that are open, as 24-3: those of bundle `first` first, the
    newest of the others after."""
    bundle, numbered = tables.bundle.c, tables.bundle_item.c
    is_open = exists().where(_request.item_key == numbered.item_key, _request.state == "sent")
    query = (
        select(bundle.number, numbered.number.label("item"))
        .join(tables.bundle_item, numbered.bundle_key == bundle.bundle_key)
        .where(bundle.operator == operator, is_open)
        .order_by((bundle.number == (first or 0)).desc(), bundle.number.desc(), numbered.number)
        .limit(_MOST_OPEN)
    )
    return [f"{row.number}-{row.item}" for row in await connection.execute(query)]


async def may_be_replied_to(connection: AsyncConnection, mail_keys: Sequence[UUID]) -> set[UUID]:
    """Which of these mails ask what can be answered by mail: a bundle with numbers in it, or a reminder."""
    bundle, reminder, keys = tables.bundle.c, tables.reminder.c, keys_of(mail_keys)
    is_numbered = exists().where(tables.bundle_item.c.bundle_key == bundle.bundle_key)
    bundles = select(bundle.mail_key).where(bundle.mail_key == any_(keys), is_numbered)
    reminders = select(reminder.mail_key).where(reminder.mail_key == any_(keys))
    return set((await connection.execute(bundles.union(reminders))).scalars())


async def party_of_mail(connection: AsyncConnection, mail_key: UUID) -> str | None:
    """To whom a mail of the hub went."""
    found: str | None = await connection.scalar(
        select(tables.mail.c.party).where(tables.mail.c.mail_key == mail_key)
    )
    return found


async def untold(connection: AsyncConnection) -> Sequence[Any]:
    """The keys and parties of the mails that were answered or are in doubt and of which their party was not
    told, oldest first: there may be many."""
    query = select(_mail.mail_in_key, _mail.party).where(
        _mail.state.in_(_TOLD), _mail.mail_key.is_(None), _mail.party.is_not(None)
    )
    return (await connection.execute(query.order_by(_mail.received_at, _mail.mail_in_key))).all()


async def hold_untold(connection: AsyncConnection, key: UUID) -> Row[Any] | None:
    """A mail without its bytes, held until the transaction ends; None: its party was told, or is being."""
    query = select(*_WITHOUT_RAW).where(
        _mail.mail_in_key == key, _mail.state.in_(_TOLD), _mail.mail_key.is_(None)
    )
    return (await connection.execute(query.with_for_update(skip_locked=True))).first()


async def told_since(connection: AsyncConnection, moment: datetime) -> Counter[str]:
    """How many mails each party was made since this moment about mails of its own."""
    made = tables.mail.c
    query = (
        select(made.party, func.count().label("many"))
        .where(made.made_at > moment, made.kind == "confirmation")
        .group_by(made.party)
    )
    return Counter({row.party: row.many for row in await connection.execute(query)})


async def count_left(connection: AsyncConnection, now: datetime) -> tuple[int, int]:
    """How many mails are to be read or taken in, and of how many their party is to be told today."""
    unread = select(func.count()).select_from(tables.mail_in).where(_mail.state.in_(("kept", "read")))
    waiting = Counter(row.party for row in await untold(connection))
    told = await told_since(connection, now - DAY) if waiting else Counter[str]()
    telling = sum(min(many, max(0, MOST_TOLD_A_DAY - told[party])) for party, many in waiting.items())
    return await connection.scalar(unread) or 0, telling


async def bounced_untold(connection: AsyncConnection) -> Sequence[Any]:
    """The bounces of mails of the hub of which nobody was told; held until the transaction ends."""
    query = select(*_WITHOUT_RAW).where(
        _mail.state == "left", _mail.reason.is_not(None), _mail.mail_key.is_(None), _mail.party.is_not(None)
    )
    return (await connection.execute(query.with_for_update(skip_locked=True))).all()


async def mark_told(connection: AsyncConnection, key: UUID, mail_key: UUID) -> None:
    """This mail tells its party what became of it."""
    await connection.execute(update(tables.mail_in).where(_mail.mail_in_key == key).values(mail_key=mail_key))
