"""What an auditor asks: the life of an event, and what an operator was asked; and what a party may take."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, cast, func, literal_column, or_, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.ledger.selecting import is_own_record
from hub.store import tables
from hub.store.database import keys_of
from hub.store.ledger.reading import Numbered
from hub.store.mail.told import taken_back
from hub.store.tables.ledger import COUNTS, OF_PARTY, PARTY_OF, counts
from hub.store.throttle.said_of import SAID_OF
from hub.store.times import times_of

PER_PAGE = 100
_Row = TypeVar("_Row")
_AT_ONCE = 500
_ledger, _batch = tables.ledger.c, tables.ledger_batch.c
_event, _outcome, _mail = tables.event.c, tables.outcome.c, tables.mail.c
_request, _item, _bundle = tables.request.c, tables.item.c, tables.bundle.c
_number = _batch.first_number + func.array_position(_batch.record_keys, _ledger.record_key) - 1


_SAID_OF = text(
    f"""
    WITH given AS (SELECT CAST(:request AS uuid) AS event_key)
    SELECT said FROM ({SAID_OF}) AS answers
    UNION SELECT by_key FROM question_word WHERE CAST(:request AS uuid) IN (one, other)
    """  # noqa: S608
)
"""The events that answer a request or its question, steer it, or make it one with another."""
_OF_REQUESTS = (
    "item-answered",
    "item-declined",
    "item-postponed",
    "item-referred",
    "items-regrouped",
    "steering-idle",
    "urgent-released",
    "urgent-refused",
)
"""Records of those events that tell what came of requests."""


class Period(NamedTuple):
    """From `since`, before `until`; None: open."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, moment: ColumnElement[Any]) -> Sequence[ColumnElement[bool]]:
        """As conditions on a column."""
        since = [moment >= self.since] if self.since else []
        return [*since, *([moment < self.until] if self.until else [])]


def page_of(
    rows: Sequence[_Row], after: str | None, place: Callable[[_Row], str]
) -> tuple[Sequence[_Row], str | None]:
    """The rows of a page, in order of place, and the place to go on after; None: there is no more."""
    left = [row for row in rows if after is None or place(row) > after]
    page = left[:PER_PAGE]
    return page, place(page[-1]) if len(left) > len(page) else None


def understood(**asked: Any) -> str:
    """What was asked, as the ledger keeps it for ever: what the hub understood of it, and not the words."""
    return json.dumps({name: str(value) for name, value in sorted(asked.items()) if value})


async def life_of(
    connection: AsyncConnection, event_key: UUID, after: int | None = None, most: int | None = None
) -> Sequence[Any]:
    """The records about an event, about what was said of it as a request, about the bundles in which it left,
    and about the mails that told it or were to, in order of number; those without a number last, unless only
    those `after` a number are asked for; without what was set aside (`asides_of`). Each with number, kind and
    record."""
    bundles = await _bundles_of(connection, event_key)
    told = select(_outcome.mail_key).where(_outcome.event_key == event_key)
    mailed = {key for one in bundles for key in (one.mail_key, one.again_in) if key}
    mails = await connection.execute(
        select(_mail.mail_key, _mail.register_version).where(
            or_(_mail.mail_key.in_(told), _mail.mail_key == any_(keys_of(list(mailed))))
        )
    )
    composed = {(mail, version) for mail, version in mails}
    taken = await taken_back(connection, event_key, [mail for mail, _ in composed])
    composed |= {(UUID(said["mail"]), said["composed"]) for _, said in taken if "composed" in said}
    sent = {(mail,) for mail, _ in composed}
    said = list((await connection.execute(_SAID_OF, {"request": event_key})).scalars())
    keys = [key for key, _ in taken] + [
        key
        for kind, firsts in (
            ("bundle-released", [(one.operator, one.slot) for one in bundles]),
            ("bundle-reminded", [(one.bundle_key, one.again) for one in bundles if one.again is not None]),
            ("mail-composed", list(composed)),
            ("mail-sent", list(sent)),
            ("mail-failed", list(composed)),
            ("mail-bounced", list(sent)),
        )
        for times in (await times_of(connection, kind, firsts)).values()
        for key, _ in times
    ]
    query = (
        select(_number.label("number"), _ledger.kind, _ledger.record)
        .join(tables.ledger_batch, _batch.batch == _ledger.batch)
        .where(
            or_(
                _ledger.event_key == event_key,
                _ledger.record_key == any_(keys_of(keys)),
                and_(_ledger.event_key == any_(keys_of(said)), _ledger.kind.in_(_OF_REQUESTS)),
            ),
            counts(_ledger.batch),
        )
        .order_by(_number.nulls_last(), _ledger.record_key)
        .limit(most)
    )
    if after is not None:
        query = query.where(_number > after)
    return (await connection.execute(query)).all()


async def _bundles_of(connection: AsyncConnection, event_key: UUID) -> Sequence[Any]:
    """The bundles in which a request left, each once for every slot (`again`) in which a mail reminded of it;
    what waits on a situation sheet leaves in none."""
    again, mail = tables.reminded.c, tables.reminder.c
    query = (
        select(
            _bundle.bundle_key,
            _bundle.operator,
            _bundle.slot,
            _bundle.mail_key,
            again.slot.label("again"),
            mail.mail_key.label("again_in"),
        )
        .distinct()
        .join(tables.item, _item.bundle_key == _bundle.bundle_key)
        .join(tables.request, _request.item_key == _item.item_key)
        .outerjoin(tables.reminded, again.bundle_key == _bundle.bundle_key)
        .outerjoin(tables.reminder, (mail.operator == again.operator) & (mail.slot == again.slot))
        .where(_request.event_key == event_key, _bundle.kind != "crisis")
    )
    return (await connection.execute(query)).all()


async def own_records(
    connection: AsyncConnection, party: str, period: Period, below: int
) -> AsyncIterator[Numbered]:
    """The records that a party may read of what it published and got in a period, in order of number, below a
    number: found by index, not by reading the ledger."""
    published = (
        select(_ledger.record_key)
        .join(tables.event, _event.event_key == _ledger.event_key)
        .where(
            _ledger.kind.in_(("event-received", "event-from-file")),
            _event.publisher == party,
            *period.holds(_event.accepted_at),
        )
    )
    at = cast(cast(func.convert_from(_ledger.record, "UTF8"), JSONB)["at"].astext, tables.moment)
    own = (
        select(_ledger.record_key, at.label("at"))
        .where(text(OF_PARTY), literal_column(PARTY_OF) == party, text(COUNTS))
        .cte("own")
        .prefix_with("MATERIALIZED")
    )
    told = select(own.c.record_key).where(*period.holds(own.c.at))
    keys = [*(await connection.execute(published)).scalars(), *(await connection.execute(told)).scalars()]
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


async def numbers_of(connection: AsyncConnection, record_keys: Sequence[UUID]) -> dict[UUID, int | None]:
    """The numbers of these records."""
    query = (
        select(_ledger.record_key, _number.label("number"))
        .join(tables.ledger_batch, _batch.batch == _ledger.batch)
        .where(_ledger.record_key == any_(keys_of(record_keys)))
    )
    return {row.record_key: row.number for row in await connection.execute(query)}
