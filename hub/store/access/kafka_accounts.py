"""Which parties publish on a Kafka topic of their own, and what they may say there."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.scopes import Scope, in_order
from hub.store import tables
from hub.store.direct import Direct
from hub.store.ledger.records import Entry, record
from hub.store.register.administering import ADMINISTRATOR
from hub.store.register.registers import NEWEST, Version

_own = tables.kafka_account


async def open_account(
    connection: AsyncConnection, party: str, user: str, scopes: Collection[Scope], now: datetime
) -> None:
    """The party may say on its topic what these scopes allow, from now on; `user` is the new one on Kafka."""
    row = {"party": party, "scopes": in_order(scopes), "opened_at": now}
    fresh = insert(_own).values(row)
    changed = {"scopes": fresh.excluded.scopes}
    await connection.execute(fresh.on_conflict_do_update(index_elements=["party"], set_=changed))
    await _note(connection, "kafka-user-made", party, user, now, scopes=row["scopes"])


async def close_account(connection: AsyncConnection, party: str) -> bool:
    """Nothing more is taken from the party's topic. False: it was closed."""
    gone = await connection.execute(delete(_own).where(_own.c.party == party))
    return gone.rowcount > 0


async def note_closed(connection: AsyncConnection, party: str, user: str | None, now: datetime) -> None:
    """Records that a user may do nothing more on Kafka; None: it has no user there, and nothing more is taken
    from its topic."""
    await _note(connection, "kafka-user-closed", party, user, now)


_LOOK_UP = f"""
    SELECT version, on_day, next_change, party, scopes
    FROM ({NEWEST}) AS newest LEFT JOIN kafka_account ON party = ANY($1::text[])
"""  # noqa: S608 - of constants


async def find_scopes(
    direct: Direct, parties: Collection[str]
) -> tuple[Mapping[str, frozenset[Scope]], Version | None]:
    """What each of these parties may say on its topic (nothing is taken from those that are not in it), and
    the newest register. Raises DatabaseUnavailable."""
    rows = await direct.fetch(_LOOK_UP, list(parties))
    may = {row["party"]: frozenset(map(Scope, row["scopes"])) for row in rows if row["party"] is not None}
    return may, Version(*rows[0][:3]) if rows else None


async def list_accounts(connection: AsyncConnection) -> Mapping[str, frozenset[Scope]]:
    """What each party may say that publishes on a topic of its own, in order of party."""
    rows = await connection.execute(select(_own.c.party, _own.c.scopes).order_by(_own.c.party))
    return {row.party: frozenset(map(Scope, row.scopes)) for row in rows}


async def _note(
    connection: AsyncConnection, kind: str, party: str, user: str | None, now: datetime, **more: Any
) -> None:
    facts = {"by": ADMINISTRATOR, "party": party, "user": user, **more}
    await record(connection, [Entry(kind, (user or party, now), None, now, facts)])
