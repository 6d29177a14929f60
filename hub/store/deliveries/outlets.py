"""The systems that parties let the hub send to, as their owners see and change them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import case, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.identity import derived_key
from hub.rules.ledger.heads import written
from hub.rules.outlets import StopReason
from hub.store import tables
from hub.store.deliveries.stream import Place, end, newest_number
from hub.store.ledger.records import Entry, record
from hub.store.wake import Channel, wake

_outlet, _unsent = tables.outlet.c, tables.unsent.c
_LET_GO: dict[str, Any] = {"held_by": None, "held_until": None}
"""What a worker has in hand no longer counts: the owner has changed what it is about."""
_FRESH: dict[str, Any] = {
    **_LET_GO,
    "stopped_why": None,
    "stopped_at": None,
    "failures": 0,
    "failing_since": None,
    "last_error": None,
    "not_before": None,
    "mail_key": None,
}


class OutletName(NamedTuple):
    """Which one: of this party, over this channel, under the name that its owner gave it."""

    party: str
    channel: str
    name: str


def _is(name: OutletName) -> Any:
    return (_outlet.party == name.party) & (_outlet.channel == name.channel) & (_outlet.name == name.name)


async def find_outlet(connection: AsyncConnection, name: OutletName) -> Any | None:
    """The outlet; None: there is none of this name. Held until the transaction ends."""
    return (await connection.execute(select(tables.outlet).where(_is(name)).with_for_update())).first()


async def count_outlets(connection: AsyncConnection, name: OutletName) -> int:
    """How many outlets the party has over this channel."""
    query = select(func.count()).where(_outlet.party == name.party, _outlet.channel == name.channel)
    return await connection.scalar(query) or 0


async def list_outlets(
    connection: AsyncConnection, channel: str | None = None, party: str | None = None
) -> Sequence[Any]:
    """Outlets by party and name, each with how many deliveries it did not take: `waiting`, and `given_up`."""
    counted = (
        select(
            _unsent.outlet_key,
            func.count().filter(~_unsent.is_given_up).label("waiting"),
            func.count().filter(_unsent.is_given_up).label("given_up"),
        )
        .group_by(_unsent.outlet_key)
        .subquery()
    )
    query = (
        select(
            tables.outlet,
            func.coalesce(counted.c.waiting, 0).label("waiting"),
            func.coalesce(counted.c.given_up, 0).label("given_up"),
        )
        .outerjoin(counted, counted.c.outlet_key == _outlet.outlet_key)
        .where(
            *([_outlet.channel == channel] if channel else []), *([_outlet.party == party] if party else [])
        )
        .order_by(_outlet.party, _outlet.channel, _outlet.name)
    )
    return (await connection.execute(query)).all()


async def put_outlet(
    connection: AsyncConnection,
    name: OutletName,
    target: dict[str, Any],
    secrets: Sequence[dict[str, Any]],
    now: datetime,
    by: str | None = None,
) -> None:
    """Makes an outlet that is sent what is planned from now on, or changes its target and starts it again.
    It is greeted before anything is sent. `by`, here and below: who did it; None: its party."""
    place = end(await newest_number(connection))
    made = {
        **name._asdict(),
        "outlet_key": derived_key("outlet", *name),
        "target": target,
        "state": "new",
        "due_at": datetime.now(now.tzinfo),
    }
    first = {"secrets": list(secrets), **place._asdict(), "wanted": place.number}
    statement = insert(tables.outlet).values(**made, **first)
    await connection.execute(
        statement.on_conflict_do_update(
            constraint="outlet_name", set_={**made, **_FRESH, "secrets": list(secrets)}
        )
    )
    await try_again(connection, name, given_up=False)
    await _recorded(connection, name, "set", now, by, _host(target))


async def keep_secrets(
    connection: AsyncConnection,
    name: OutletName,
    secrets: Sequence[dict[str, Any]],
    now: datetime,
    by: str | None = None,
) -> None:
    """These are the outlet's secrets from now on."""
    await connection.execute(update(tables.outlet).where(_is(name)).values(secrets=list(secrets)))
    await _recorded(connection, name, "secrets", now, by)


async def stop_outlet(
    connection: AsyncConnection, name: OutletName, now: datetime, by: str | None = None
) -> None:
    """Nothing more is sent until its owner starts it again; what comes meanwhile waits for that."""
    stopped = {"state": "stopped", "stopped_why": StopReason.OWNER, "stopped_at": now, "due_at": None}
    await connection.execute(update(tables.outlet).where(_is(name)).values(**stopped, **_LET_GO))
    await _recorded(connection, name, "stopped", now, by)


async def remove_outlet(
    connection: AsyncConnection, name: OutletName, now: datetime, by: str | None = None
) -> bool:
    """Removes an outlet and what waits for it; False: there is none."""
    gone = delete(tables.outlet).where(_is(name)).returning(_outlet.outlet_key)
    key: UUID | None = await connection.scalar(gone)
    if key is None:
        return False
    await connection.execute(delete(tables.unsent).where(_unsent.outlet_key == key))
    await _recorded(connection, name, "removed", now, by)
    return True


async def try_again(connection: AsyncConnection, name: OutletName, *, given_up: bool) -> int:
    """Has the outlet try at once what it did not take, `given_up`: also what was given up; how many."""
    key = select(_outlet.outlet_key).where(_is(name)).scalar_subquery()
    waiting = [] if given_up else [~_unsent.is_given_up]
    tried = await connection.execute(
        update(tables.unsent)
        .where(_unsent.outlet_key == key, *waiting)
        .values(due_at=func.clock_timestamp(), is_given_up=False, attempts=0)
    )
    await _due(connection, name)
    return tried.rowcount


async def send_from(connection: AsyncConnection, name: OutletName, place: Place) -> None:
    """Has the outlet send again all after this place, as far as it was sent already."""
    moved = {**place._asdict(), "wanted": await newest_number(connection), **_LET_GO}
    await connection.execute(
        update(tables.outlet)
        .where(_is(name), tuple_(_outlet.number, _outlet.position) > place)
        .values(**moved)
    )
    key = select(_outlet.outlet_key).where(_is(name)).scalar_subquery()
    await connection.execute(
        delete(tables.unsent).where(
            _unsent.outlet_key == key, tuple_(_unsent.number, _unsent.position) > place
        )
    )
    await _due(connection, name)


async def _due(connection: AsyncConnection, name: OutletName) -> None:
    started = update(tables.outlet).where(_is(name), _outlet.state != "stopped")
    # Its owner says that it is back; how many a minute it takes still counts.
    not_before = case((_outlet.failures > 0, None), else_=_outlet.not_before)
    await connection.execute(started.values(due_at=func.clock_timestamp(), not_before=not_before))
    await wake(connection, Channel.PLANNED)


async def list_unsent(
    connection: AsyncConnection, party: str | None = None, name: OutletName | None = None, most: int = 1000
) -> Sequence[Any]:
    """What systems (of a party, or this one) did not take, with whose they are, oldest first."""
    query = (
        select(tables.unsent, _outlet.party, _outlet.channel, _outlet.name)
        .join(tables.outlet, _outlet.outlet_key == _unsent.outlet_key)
        .where(*([_outlet.party == party] if party else []), *([_is(name)] if name else []))
        .order_by(_unsent.first_at, _unsent.outlet_key, _unsent.number, _unsent.position)
        .limit(most)
    )
    return (await connection.execute(query)).all()


async def record_resend(
    connection: AsyncConnection, name: OutletName, by: str, since: datetime | None, count: int, now: datetime
) -> None:
    """Who had an outlet sent again what: all since a moment, or the number of those that it did not take."""
    said = {"by": by, "since": since and written(since), "deliveries": count}
    await record(connection, [Entry("resend-asked", (uuid4(),), None, now, {**name._asdict(), **said})])


def _host(target: dict[str, Any]) -> dict[str, str]:
    """Where it goes. The rest of an address may hold a key, and has no place in what is never removed."""
    host = urlsplit(target.get("url", "")).hostname
    return {"host": host} if host else {}


async def _recorded(
    connection: AsyncConnection,
    name: OutletName,
    change: str,
    now: datetime,
    by: str | None,
    more: Mapping[str, str] = MappingProxyType({}),
) -> None:
    moment = datetime.now(now.tzinfo).isoformat()
    facts = {**name._asdict(), "by": by or name.party, "change": change, **more}
    await record(connection, [Entry("outlet-changed", (*name, change, moment), None, now, facts)])
