"""The library of answers that still serve. Whoever changes it holds the operator's row."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, any_, exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.identity import derived_key
from hub.rules.relations import Relation
from hub.rules.throttle.library import Kept, Kind
from hub.store import tables
from hub.store.database import keys_of
from hub.store.throttle.requests import OPEN
from hub.store.throttle.situations import is_on_sheet
from schemas.terms import Tlp

_kept, _lapse, _item, _request, _delivery = (
    tables.kept_answer.c,
    tables.lapse.c,
    tables.item.c,
    tables.request.c,
    tables.delivery.c,
)
_served = tables.served.c
_ASKED = (Relation.ASKER, Relation.HAD_EARLIER)


async def keep(connection: AsyncConnection, operator: str, kept: Kept, item_key: UUID | None) -> bool:
    """Puts an answer in the library; False when it was there."""
    row = {
        "answer_key": kept.answer,
        "operator": operator,
        "merge_key": kept.merge_key,
        "kind": kept.kind,
        "functions": list(kept.functions),
        "areas": sorted(kept.areas),
        "given_on": kept.given_on,
        "valid_until": kept.valid_until,
        "tlp": kept.tlp,
        "named": sorted(kept.named),
        "item_key": item_key,
    }
    statement = insert(tables.kept_answer).on_conflict_do_nothing().returning(_kept.answer_key)
    return (await connection.execute(statement, row)).first() is not None


async def kept_for(connection: AsyncConnection, operator: str, keys: Collection[str]) -> list[Kept]:
    """The answers of this operator to the questions with these keys."""
    query = _with_lapse().where(_kept.operator == operator, _kept.merge_key.in_(keys))
    return [_as_kept(row) for row in await connection.execute(query)]


async def find_kept(connection: AsyncConnection, answer_key: UUID) -> Kept | None:
    """The answer, when it is in the library."""
    row = (await connection.execute(_with_lapse().where(_kept.answer_key == answer_key))).first()
    return _as_kept(row) if row else None


async def lapse(connection: AsyncConnection, operator: str, answer_key: UUID, by_key: UUID) -> None:
    """The answer no longer holds, by a newer one or a retraction."""
    row = {"answer_key": answer_key, "by_key": by_key, "operator": operator}
    await connection.execute(insert(tables.lapse).on_conflict_do_nothing(), row)


async def lapsed_by(connection: AsyncConnection, answer_key: UUID, operator: str) -> list[UUID]:
    """By what an answer of this operator has lapsed."""
    query = select(_lapse.by_key).where(_lapse.answer_key == answer_key, _lapse.operator == operator)
    return list((await connection.execute(query.order_by(_lapse.by_key))).scalars())


async def receivers_of(connection: AsyncConnection, answer_key: UUID) -> list[str]:
    """Who received an answer, or is about to as one who asked it. For others an answer that lapsed is left
    out of their digest."""
    query = select(_delivery.party, _delivery.mail_key, _delivery.reasons).where(
        _delivery.event_key == answer_key, _delivery.channel == "mail", _delivery.withheld.is_(None)
    )
    return [
        row.party
        for row in await connection.execute(query)
        if row.mail_key is not None or any(relation in _ASKED for relation, *_ in row.reasons)
    ]


async def lapsed_among(connection: AsyncConnection, keys: Collection[UUID]) -> set[UUID]:
    """Which of these are answers that no longer hold."""
    query = select(_lapse.answer_key).where(_lapse.answer_key == any_(keys_of(list(keys))))
    return set((await connection.execute(query)).scalars())


class Waiting(NamedTuple):
    """An open request, with the keys of its question."""

    row: Row[Any]
    keys: tuple[str, str]


async def waiting_for(
    connection: AsyncConnection, operator: str, keys: Collection[str], *, also_sent: bool
) -> list[Waiting]:
    """The requests that wait for an answer to the question with one of these keys, oldest first: those that
    were not sent yet, and `also_sent` those that the operator has, but for what is on a situation sheet."""
    states = OPEN if also_sent else ("waiting",)
    query = (
        select(tables.request, _item.merge_key.label("item_merge_key"), _item.library_key.label("of_item"))
        .join(tables.item, _item.item_key == _request.item_key)
        .where(
            _item.operator == operator,
            _item.library_key.in_(keys) | _item.merge_key.in_(keys),
            _item.state.in_(("waiting", "sent") if also_sent else ("waiting",)),
            _request.state.in_(states),
        )
        .order_by(_request.received_at, _request.event_key)
    )
    rows = await connection.execute(query)
    return [
        Waiting(row, (row.of_item, row.item_merge_key)) for row in rows if not is_on_sheet(row.item_merge_key)
    ]


async def given_to(connection: AsyncConnection, event_key: UUID, operator: str) -> set[UUID]:
    """What a request to this operator got: from the library, and as answers to its item."""
    of_request = (_request.event_key == event_key, _request.operator == operator)
    from_library = select(_served.answer_key).where(
        _served.event_key == event_key, _served.operator == operator
    )
    answered = (
        select(_kept.answer_key)
        .join(tables.request, _request.item_key == _kept.item_key)
        .where(*of_request, _request.state == "answered")
    )
    return set((await connection.execute(from_library.union(answered))).scalars())


async def answers_on(connection: AsyncConnection, item_key: UUID, today: date) -> dict[UUID, dict[str, Any]]:
    """The answers to an item that hold, with their content."""
    lapsed = exists().where(_lapse.answer_key == _kept.answer_key, _lapse.operator == _kept.operator)
    answer = tables.answer.c
    query = (
        select(answer.answer_key, answer.content)
        .join(tables.kept_answer, _kept.answer_key == answer.answer_key)
        .where(_kept.item_key == item_key, _kept.valid_until >= today, ~lapsed)
    )
    return {row.answer_key: row.content for row in await connection.execute(query)}


async def item_of(connection: AsyncConnection, operator: str, kept: Kept, now: datetime) -> UUID:
    """The item of those whom an answer served: the one that it answered, or for a deposit one of its own."""
    answered = select(_kept.item_key).where(_kept.answer_key == kept.answer)
    found: UUID | None = await connection.scalar(answered)
    if found is not None:
        return found
    key = derived_key("deposited-item", kept.answer)
    row = {
        "item_key": key,
        "operator": operator,
        "merge_key": kept.merge_key,
        "library_key": kept.merge_key,
        "functions": list(kept.functions),
        "tlp": str(kept.tlp),
        "opened_at": now,
        "state": "answered",
        "answer_key": kept.answer,
    }
    await connection.execute(insert(tables.item).on_conflict_do_nothing(), row)
    return key


async def note_served(
    connection: AsyncConnection,
    event_key: UUID,
    operator: str,
    areas: Mapping[UUID, Sequence[str]],
    now: datetime,
) -> None:
    """Which areas of a request were served by which answers."""
    rows = [
        {"event_key": event_key, "operator": operator, "answer_key": key, "areas": list(some), "at": now}
        for key, some in sorted(areas.items())
    ]
    await connection.execute(insert(tables.served).on_conflict_do_nothing(), rows)


async def leave_gap(
    connection: AsyncConnection, event_key: UUID, operator: str, areas: Sequence[str]
) -> None:
    """Only these areas of the request are still to be asked."""
    await connection.execute(
        update(tables.request)
        .where(_request.event_key == event_key, _request.operator == operator)
        .values(areas=list(areas))
    )


async def answer_at(
    connection: AsyncConnection, event_key: UUID, operator: str, item_key: UUID, now: datetime
) -> None:
    """The request is answered from the library, on this item."""
    await connection.execute(
        update(tables.request)
        .where(_request.event_key == event_key, _request.operator == operator)
        .values(item_key=item_key, state="answered", closed_at=now)
    )


def _with_lapse() -> Select[Any]:
    lapsed = exists().where(_lapse.answer_key == _kept.answer_key, _lapse.operator == _kept.operator)
    return select(tables.kept_answer, lapsed.label("superseded"))


def _as_kept(row: Row[Any]) -> Kept:
    return Kept(
        row.answer_key,
        row.merge_key,
        Kind(row.kind),
        tuple(row.functions),
        frozenset(row.areas),
        row.given_on,
        row.valid_until,
        Tlp(row.tlp) if row.tlp else None,
        frozenset(row.named),
        row.superseded,
    )
