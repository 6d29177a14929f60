"""Turns of outlets: who is due, held by one worker at a time, and what came of each turn."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables
from hub.store.deliveries.stream import Place, newest_number

_outlet, _unsent = tables.outlet.c, tables.unsent.c
HELD = timedelta(seconds=120)
"""How long a worker holds an outlet at most: after a crash another one takes it over."""
_ADDRESSED = text(
    """
    UPDATE outlet SET wanted = :until, due_at = least(due_at, clock_timestamp())
    WHERE state <> 'stopped' AND wanted < :until AND party IN (
      SELECT DISTINCT party.slug
      FROM planning p JOIN audience a ON a.planning = p.planning CROSS JOIN unnest(a.parties) AS party (slug)
      WHERE p.number > :after AND p.number <= :until
        AND party.slug IN (SELECT party FROM outlet WHERE state <> 'stopped'))
    """
)


async def address(connection: AsyncConnection, after: int, until: int) -> None:
    """Gives a turn to the outlets for which something stands in these plannings."""
    await connection.execute(_ADDRESSED, {"after": after, "until": until})


async def address_all(connection: AsyncConnection, until: int) -> None:
    """Gives a turn to every outlet that has not read up to here, so that none is forgotten."""
    await connection.execute(
        update(tables.outlet)
        .where(_outlet.state != "stopped", _outlet.number < until)
        .values(wanted=until, due_at=func.least(_outlet.due_at, func.clock_timestamp()))
    )


async def claim_outlets(
    connection: AsyncConnection, worker: UUID, channels: Collection[str], most: int, wall: datetime
) -> Sequence[Any]:
    """Outlets whose turn it is, held by this worker, who was due longest first."""
    due = (
        select(_outlet.outlet_key)
        .where(
            _outlet.due_at <= wall,
            or_(_outlet.not_before.is_(None), _outlet.not_before <= wall),
            _outlet.channel.in_(channels),
            or_(_outlet.held_until.is_(None), _outlet.held_until < wall),
        )
        .order_by(_outlet.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    claimed = (
        update(tables.outlet)
        .where(_outlet.outlet_key.in_(due))
        .values(held_by=worker, held_until=wall + HELD)
        .returning(tables.outlet)
    )
    held: Sequence[Any] = (await connection.execute(claimed)).all()
    return held


async def unsent_due(
    connection: AsyncConnection, outlet_key: UUID, most: int, wall: datetime
) -> tuple[Sequence[Any], int]:
    """What is to be tried again now, and how much waits to be tried again in all."""
    waiting = (_unsent.outlet_key == outlet_key, ~_unsent.is_given_up)
    count = await connection.scalar(select(func.count()).select_from(tables.unsent).where(*waiting))
    if not count:
        return [], 0
    query = select(tables.unsent).where(*waiting, _unsent.due_at <= wall).order_by(_unsent.due_at).limit(most)
    return (await connection.execute(query)).all(), count


class Ended(NamedTuple):
    """The state of an outlet after a turn. `is_full`: nothing new is begun before what failed is tried again;
    `not_before`: no sooner than this has it a turn."""

    place: Place
    is_at_end: bool
    is_full: bool
    state: str
    stopped_why: str | None
    failures: int
    failing_since: datetime | None
    last_error: str | None
    not_before: datetime | None
    taken_at: datetime | None


async def hold_on(connection: AsyncConnection, outlet_key: UUID, worker: UUID) -> bool:
    """Whether this worker still holds the outlet; then until the transaction ends."""
    query = select(_outlet.outlet_key).where(_outlet.outlet_key == outlet_key, _outlet.held_by == worker)
    return await connection.scalar(query.with_for_update()) is not None


async def end_turn(connection: AsyncConnection, outlet_key: UUID, ended: Ended, wall: datetime) -> None:
    """Keeps what came of a turn, lets go of the outlet, and gives it its next turn when there is work."""
    waiting = (_unsent.outlet_key == outlet_key, ~_unsent.is_given_up)
    retry_at = select(func.min(_unsent.due_at)).where(*waiting).scalar_subquery().label("retry_at")
    query = select(_outlet.wanted, retry_at).where(_outlet.outlet_key == outlet_key)
    row = (await connection.execute(query)).one()
    has_more = not ended.is_at_end or row.wanted > ended.place.number
    next_at = wall if has_more and not ended.is_full else row.retry_at
    stopped = ended.state == "stopped"
    values = {
        "number": ended.place.number,
        "position": ended.place.position,
        "state": ended.state,
        "stopped_why": ended.stopped_why,
        "stopped_at": wall if stopped else None,
        "failures": ended.failures,
        "failing_since": ended.failing_since,
        "last_error": ended.last_error,
        "due_at": None if stopped else next_at,
        "not_before": ended.not_before,
        "held_by": None,
        "held_until": None,
        **({"taken_at": ended.taken_at} if ended.taken_at else {}),
    }
    await connection.execute(update(tables.outlet).where(_outlet.outlet_key == outlet_key).values(**values))


async def greeted(connection: AsyncConnection, outlet_key: UUID, rate: int | None, wall: datetime) -> None:
    """The system wants to be sent to, so many times a minute (None: as often as there is something). All
    that came since it was made, or was stopped, is for it."""
    values = {
        "state": "active",
        "rate": rate,
        "wanted": func.greatest(_outlet.wanted, await newest_number(connection)),
        "failures": 0,
        "failing_since": None,
        "last_error": None,
        "due_at": wall,
        "not_before": None,
        "held_by": None,
        "held_until": None,
    }
    await connection.execute(update(tables.outlet).where(_outlet.outlet_key == outlet_key).values(**values))


class Missed(NamedTuple):
    """A delivery that a system did not take: when it is tried again (None: given up)."""

    place: Place
    event_key: UUID
    delivery_key: UUID
    attempts: int
    due_at: datetime | None
    last_error: str


async def keep_missed(
    connection: AsyncConnection, outlet_key: UUID, missed: Sequence[Missed], wall: datetime
) -> None:
    """Keeps what is to be tried again or was given up."""
    if not missed:
        return
    rows = [
        {
            "outlet_key": outlet_key,
            **one.place._asdict(),
            "event_key": one.event_key,
            "delivery_key": one.delivery_key,
            "is_given_up": one.due_at is None,
            "attempts": one.attempts,
            "first_at": wall,
            "due_at": one.due_at or wall,
            "last_error": one.last_error,
        }
        for one in missed
    ]
    statement = insert(tables.unsent)
    new = statement.excluded
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["outlet_key", "number", "position"],
            set_={name: getattr(new, name) for name in ("is_given_up", "attempts", "due_at", "last_error")},
        ),
        rows,
    )


_FORGET = text(
    """
    DELETE FROM unsent WHERE outlet_key = :outlet_key AND (number, position) IN (
        SELECT * FROM unnest(CAST(:numbers AS bigint[]), CAST(:positions AS bigint[])))
    """
)


async def forget_missed(connection: AsyncConnection, outlet_key: UUID, places: Sequence[Place]) -> None:
    """These have come to an end."""
    if places:
        given = {"numbers": [p.number for p in places], "positions": [p.position for p in places]}
        await connection.execute(_FORGET, {"outlet_key": outlet_key, **given})


async def retry_now(connection: AsyncConnection, outlet_key: UUID, wall: datetime) -> None:
    """The system is back: all that waits to be tried again is tried now."""
    await connection.execute(
        update(tables.unsent)
        .where(_unsent.outlet_key == outlet_key, ~_unsent.is_given_up)
        .values(due_at=wall)
    )


async def stopped_untold(connection: AsyncConnection, reasons: Collection[str]) -> Sequence[Any]:
    """Outlets that were stopped for these reasons and whose owner was not told; held until
    the transaction ends."""
    query = (
        select(tables.outlet)
        .where(
            _outlet.state == "stopped",
            _outlet.mail_key.is_(None),
            _outlet.stopped_why.in_(reasons),
        )
        .order_by(_outlet.outlet_key)
        .with_for_update(skip_locked=True)
    )
    return (await connection.execute(query)).all()


async def mark_told(connection: AsyncConnection, outlet_key: UUID, mail_key: UUID) -> None:
    """The owner is told by this mail."""
    await connection.execute(
        update(tables.outlet).where(_outlet.outlet_key == outlet_key).values(mail_key=mail_key)
    )
