"""What an auditor asks: the life of an event, what a party received, who knew, what an operator was asked."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Self
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, any_, cast, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.identity import derived_key
from hub.rules.ledger.heads import written
from hub.rules.ledger.selecting import is_own_record
from hub.store import tables
from hub.store.database import keys_of
from hub.store.ledger_reading import Numbered

PER_PAGE = 100
_AT_ONCE = 500
_ledger, _batch = tables.ledger.c, tables.ledger_batch.c
_event, _outcome, _mail = tables.event.c, tables.outcome.c, tables.mail.c
_request, _item, _bundle = tables.request.c, tables.item.c, tables.bundle.c
_number = _batch.first_number + func.array_position(_batch.record_keys, _ledger.record_key) - 1


class Cursor(NamedTuple):
    """Where the next page begins: after this moment and key."""

    at: datetime
    key: UUID

    def __str__(self) -> str:
        return f"{written(self.at)}~{self.key}"

    @classmethod
    def read(cls, text: str) -> Self:
        """A cursor as `str` writes it. Raises ValueError."""
        at, _, key = text.partition("~")
        return cls(datetime.fromisoformat(at), UUID(key))


class Period(NamedTuple):
    """From `since`, before `until`; None: open."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, moment: ColumnElement[Any]) -> Sequence[ColumnElement[bool]]:
        """As conditions on a column."""
        since = [moment >= self.since] if self.since else []
        return [*since, *([moment < self.until] if self.until else [])]


async def life_of(
    connection: AsyncConnection, event_key: UUID, after: int | None = None, most: int | None = None
) -> Sequence[Any]:
    """The records about an event and about the mails that told it, in order of number; those without a number
    last, unless only those `after` a number are asked for. Each with number, kind and record."""
    mails = await connection.execute(
        select(_mail.mail_key, _mail.register_version)
        .distinct()
        .join(tables.outcome, _outcome.mail_key == _mail.mail_key)
        .where(_outcome.event_key == event_key)
    )
    keys = [
        key
        for mail, version in mails
        for key in (
            derived_key("mail-composed", mail, version),
            derived_key("mail-sent", mail),
            derived_key("mail-failed", mail, version),
        )
    ]
    query = (
        select(_number.label("number"), _ledger.kind, _ledger.record)
        .join(tables.ledger_batch, _batch.batch == _ledger.batch)
        .where(or_(_ledger.event_key == event_key, _ledger.record_key == any_(keys_of(keys))))
        .order_by(_number.nulls_last(), _ledger.record_key)
        .limit(most)
    )
    if after is not None:
        query = query.where(_number > after)
    return (await connection.execute(query)).all()


async def received_by(
    connection: AsyncConnection, party: str, function: str | None, period: Period, after: Cursor | None = None
) -> Sequence[Any]:
    """A page of what was mailed to a party in a period, oldest first: sent_at, event, and the mail."""
    query = (
        select(_mail.sent_at, _outcome.event_key, _outcome.mail_key, _event.type, _event.content, _event.tlp)
        .join(tables.mail, _mail.mail_key == _outcome.mail_key)
        .join(tables.event, _event.event_key == _outcome.event_key)
        .where(_outcome.party == party, _mail.state == "sent", *period.holds(_mail.sent_at))
        .order_by(_mail.sent_at, _outcome.event_key)
        .limit(PER_PAGE)
    )
    if function is not None:
        query = query.where(_event.functions.contains(cast(array([function]), ARRAY(Text))))
    if after is not None:
        query = query.where(tuple_(_mail.sent_at, _outcome.event_key) > tuple_(*after))
    return (await connection.execute(query)).all()


async def asked_of(
    connection: AsyncConnection, operator: str, period: Period, after: Cursor | None = None
) -> Sequence[Any]:
    """A page of what an operator was asked in a period, oldest first: by whom, when it came in, in which
    bundle it left, where it stands and when it was answered."""
    answer = tables.event.alias()
    query = (
        select(
            _request.received_at,
            _request.event_key,
            _request.asker,
            _request.state,
            _event.content,
            _bundle.released_at,
            answer.c.event_key.label("answer_key"),
            answer.c.accepted_at.label("answered_at"),
        )
        .join(tables.item, _item.item_key == _request.item_key)
        .outerjoin(tables.event, _event.event_key == _request.event_key)
        .outerjoin(tables.bundle, _bundle.bundle_key == _item.bundle_key)
        .outerjoin(answer, and_(answer.c.event_key == _item.answer_key, _request.state == "answered"))
        .where(_request.operator == operator, *period.holds(_request.received_at))
        .order_by(_request.received_at, _request.event_key)
        .limit(PER_PAGE)
    )
    if after is not None:
        query = query.where(tuple_(_request.received_at, _request.event_key) > tuple_(*after))
    return (await connection.execute(query)).all()


async def own_records(
    connection: AsyncConnection, party: str, period: Period, below: int
) -> AsyncIterator[Numbered]:
    """The records that a party may read of what it published and was mailed in a period, in order of number,
    below a number: found by index, not by reading the ledger."""
    published = await connection.execute(
        select(_event.event_key).where(_event.publisher == party, *period.holds(_event.accepted_at))
    )
    mailed = await connection.execute(
        select(_mail.mail_key).where(
            _mail.party == party, _mail.state == "sent", *period.holds(_mail.sent_at)
        )
    )
    keys = [derived_key("event-received", key) for key in published.scalars()]
    keys += [derived_key("mail-sent", key) for key in mailed.scalars()]
    numbered = sorted(
        (number, key)
        for key, number in (await numbers_of(connection, keys)).items()
        if number is not None and number < below
    )
    for start in range(0, len(numbered), _AT_ONCE):
        some = numbered[start : start + _AT_ONCE]
        query = select(_ledger.record_key, _ledger.kind, _ledger.event_key, _ledger.record).where(
            _ledger.record_key == any_(keys_of([key for _, key in some]))
        )
        rows = {row.record_key: row for row in await connection.execute(query)}
        for number, key in some:
            row = rows[key]
            if is_own_record(bytes(row.record), party):
                yield Numbered(number, row.kind, row.event_key, bytes(row.record))


async def own_labels(connection: AsyncConnection, party: str, period: Period) -> set[str]:
    """The labels of what a party published and was mailed in a period."""
    published = select(_event.tlp).where(_event.publisher == party, *period.holds(_event.accepted_at))
    mailed = select(_mail.tlp).where(
        _mail.party == party, _mail.state == "sent", *period.holds(_mail.sent_at)
    )
    return set((await connection.execute(published.union(mailed))).scalars())


async def numbers_of(connection: AsyncConnection, record_keys: Sequence[UUID]) -> dict[UUID, int | None]:
    """The numbers of these records."""
    query = (
        select(_ledger.record_key, _number.label("number"))
        .join(tables.ledger_batch, _batch.batch == _ledger.batch)
        .where(_ledger.record_key == any_(keys_of(record_keys)))
    )
    return {row.record_key: row.number for row in await connection.execute(query)}
