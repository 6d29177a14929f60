"""Reminders of what operators were sent: what they are about, and what became of them.

Whoever decides or makes one holds the operator's row."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.moments import EPOCH_MONDAY, dutch_day
from hub.rules.throttle.policy import LONGEST_WINDOW
from hub.rules.throttle.reminding import AFTER, Sent
from hub.rules.throttle.slots import slot_to_run
from hub.store import tables
from hub.store.throttle.policies import policies_by_slot

_bundle, _item, _request, _event = tables.bundle.c, tables.item.c, tables.request.c, tables.event.c
_lock, _reminder, _reminded = tables.operator_lock.c, tables.reminder.c, tables.reminded.c
_THOUGHT_OF = text(
    """
    UPDATE operator_lock SET last_reminded = thought.slot
    FROM unnest(CAST(:operator AS text[]), CAST(:slot AS int[])) AS thought(operator, slot)
    WHERE operator_lock.operator = thought.operator
    """
)
_with_operator = ("sent", "joined-sent")


class Open(NamedTuple):
    """A bundle that an operator may be reminded of, and its items that are open."""

    bundle_key: UUID
    sent: Sent
    items: Sequence[UUID]


class New(NamedTuple):
    """A reminder in a slot of these bundles; `stands_alone`: no bundle leaves in that slot."""

    operator: str
    slot: int
    stands_alone: bool
    about: Sequence[Open]


def _times() -> ScalarSelect[int]:
    """How often an operator was reminded of a bundle."""
    counts = select(func.count()).select_from(
        tables.reminded.join(
            tables.reminder,
            and_(
                _reminder.operator == _reminded.operator,
                _reminder.slot == _reminded.slot,
                _reminder.withheld.is_(None),
            ),
        )
    )
    return counts.where(_reminded.bundle_key == _bundle.bundle_key).scalar_subquery()


def _may_be_due(slot: ColumnElement[int] | int) -> tuple[ColumnElement[bool], ...]:
    """A sheet is no question: nobody is reminded of it."""
    return (
        _bundle.kind.in_(("routine", "urgent")),
        _bundle.withheld.is_(None),
        _bundle.slot <= slot - AFTER[0],
        _bundle.slot > slot - LONGEST_WINDOW,
        _times() < len(AFTER),
    )


async def operators_to_think_of(connection: AsyncConnection, now: datetime) -> list[str]:
    """The operators with something open that are in a slot in which nobody thought of reminders yet."""
    week = (dutch_day(now) - EPOCH_MONDAY).days // 7
    sent = select(_item.item_key).where(_item.bundle_key == _bundle.bundle_key, _item.state == "sent")
    open_one = exists().where(_bundle.operator == _lock.operator, *_may_be_due(week), sent.exists())
    query = (
        select(_lock.operator, _lock.last_reminded)
        .where(_lock.last_reminded.is_(None) | (_lock.last_reminded < week), open_one)
        .order_by(_lock.operator)
    )
    rows = (await connection.execute(query)).all()
    policies = await policies_by_slot(connection, [row.operator for row in rows]) if rows else {}
    return [
        row.operator
        for row in rows
        if slot_to_run(now, row.last_reminded, policies[row.operator]) is not None
    ]


async def last_thought_of(connection: AsyncConnection, operators: Collection[str]) -> dict[str, int | None]:
    """The last slot of each of these operators in which somebody thought of reminders."""
    query = select(_lock.operator, _lock.last_reminded).where(_lock.operator.in_(operators))
    return {row.operator: row.last_reminded for row in await connection.execute(query)}


async def mark_thought_of(connection: AsyncConnection, slots: Mapping[str, int]) -> None:
    """Reminders were thought of in these slots of the operators."""
    columns = {"operator": list(slots), "slot": list(slots.values())}
    await connection.execute(_THOUGHT_OF, columns)


async def open_bundles(connection: AsyncConnection, slots: Mapping[str, int]) -> dict[str, list[Open]]:
    """The bundles with something open that each operator may be reminded of in its slot, oldest first."""
    query = (
        select(
            _bundle.operator,
            _bundle.bundle_key,
            _bundle.slot,
            _times().label("times"),
            func.array_agg(_item.item_key).label("items"),
        )
        .join(tables.item, and_(_item.bundle_key == _bundle.bundle_key, _item.state == "sent"))
        .where(_bundle.operator.in_(list(slots)), *_may_be_due(max(slots.values())))
        .group_by(_bundle.bundle_key)
        .order_by(_bundle.slot, _bundle.bundle_key)
    )
    found: dict[str, list[Open]] = {operator: [] for operator in slots}
    for row in await connection.execute(query):
        one = Open(row.bundle_key, Sent(row.slot, row.times, True), sorted(row.items))
        found[row.operator].append(one)
    return found


async def alone_before(connection: AsyncConnection, slots: Mapping[str, int]) -> dict[str, list[int]]:
    """The slots of the reminders that stood alone, for each operator as far back as any limit looks."""
    query = select(_reminder.operator, _reminder.slot).where(
        _reminder.operator.in_(list(slots)),
        _reminder.stands_alone,
        _reminder.withheld.is_(None),
        _reminder.slot > min(slots.values()) - LONGEST_WINDOW,
    )
    found: dict[str, list[int]] = {operator: [] for operator in slots}
    for row in await connection.execute(query):
        found[row.operator].append(row.slot)
    return found


async def keep_reminders(connection: AsyncConnection, new: Sequence[New], now: datetime) -> None:
    """Keeps what was decided: at most one for an operator in a slot."""
    reminders = [
        {"operator": one.operator, "slot": one.slot, "stands_alone": one.stands_alone, "made_at": now}
        for one in new
    ]
    about = [
        {"bundle_key": bundle.bundle_key, "slot": one.slot, "operator": one.operator}
        for one in new
        for bundle in one.about
    ]
    await connection.execute(insert(tables.reminder), reminders)
    await connection.execute(insert(tables.reminded), about)


async def reminders_to_mail(connection: AsyncConnection) -> Sequence[Any]:
    """The reminders that stand alone and have no mail yet."""
    query = select(tables.reminder).where(_reminder.stands_alone, *_to_mail)
    return (await connection.execute(query.order_by(_reminder.slot, _reminder.operator))).all()


async def is_reminder_to_mail(connection: AsyncConnection, operator: str, slot: int) -> bool:
    """Whether the reminder in this slot, if there is one, still has no mail."""
    query = select(_reminder.slot).where(_reminder.operator == operator, _reminder.slot == slot, *_to_mail)
    return await connection.scalar(query) is not None


_to_mail = (_reminder.mail_key.is_(None), _reminder.withheld.is_(None))


async def requests_to_remind_of(
    connection: AsyncConnection, operator: str, slot: int, now: datetime
) -> Sequence[Any]:
    """What is open of the bundles that a reminder is about, with their events, bundle by bundle."""
    query = (
        select(
            _bundle.bundle_key,
            _bundle.slot_at,
            _item.item_key,
            _item.functions,
            _request.asker,
            _request.areas,
            _request.referred_by,
            _event.content,
            _event.event_key,
        )
        .join(tables.reminded, _reminded.bundle_key == _bundle.bundle_key)
        .join(tables.item, _item.bundle_key == _bundle.bundle_key)
        .join(tables.request, _request.item_key == _item.item_key)
        .join(tables.event, _event.event_key == _request.event_key)
        .where(
            _reminded.operator == operator,
            _reminded.slot == slot,
            _bundle.mail_key.is_not(None),
            _item.state == "sent",
            _request.state.in_(_with_operator),
            _request.expires_at > now,
        )
        .order_by(_bundle.slot, _bundle.bundle_key, _item.item_key, _request.received_at, _event.event_key)
    )
    return (await connection.execute(query)).all()


async def mark_reminder_mailed(connection: AsyncConnection, operator: str, slot: int, mail_key: UUID) -> None:
    """The reminder is in this mail."""
    await _set(connection, operator, slot, mail_key=mail_key)


async def withhold_reminder(connection: AsyncConnection, operator: str, slot: int, why: str) -> None:
    """The reminder never reached its operator, so it does not count as one."""
    await _set(connection, operator, slot, withheld=why)


async def _set(connection: AsyncConnection, operator: str, slot: int, **values: Any) -> None:
    of_slot = (_reminder.operator == operator, _reminder.slot == slot)
    await connection.execute(update(tables.reminder).where(*of_slot).values(**values))
