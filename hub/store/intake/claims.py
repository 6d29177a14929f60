"""Claims: a (source, id) belongs to one content for ever."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, any_, bindparam, func, not_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables
from hub.store.database import keys_of


class Claim(NamedTuple):
    """What (source, id) stands for, since when, and whether Kafka has acknowledged it. `salt`: of the hash in
    the ledger; None when the content was removed, and then the hash is empty."""

    content_hash: bytes
    accepted_at: datetime
    acknowledged: bool
    salt: bytes | None = b""


_CLAIM = text(
    """
    INSERT INTO claim (event_key, content_hash, accepted_at, acknowledged_at, publisher)
    SELECT event_key, content_hash, :now, :acknowledged_at, publisher
    FROM unnest(CAST(:keys AS uuid[]), CAST(:hashes AS bytea[]), CAST(:publishers AS text[]))
        AS new (event_key, content_hash, publisher)
    ON CONFLICT DO NOTHING
    """
).bindparams(
    bindparam("now", type_=tables.moment),
    bindparam("acknowledged_at", type_=tables.moment),
)


async def claim_content(
    connection: AsyncConnection,
    contents: Mapping[UUID, bytes],
    now: datetime,
    *,
    is_in_kafka: bool = False,
    publishers: Mapping[UUID, str] | None = None,
) -> dict[UUID, Claim]:
    """Claims each event key for its content hash; the claims that hold, earlier ones included. `publishers`
    are known of what came in by the front door."""
    if not contents:
        return {}
    keys, hashes = zip(*sorted(contents.items()), strict=True)
    at = {"now": now, "acknowledged_at": now if is_in_kafka else None}
    senders = [(publishers or {}).get(key) for key in keys]
    await connection.execute(
        _CLAIM, {"keys": list(keys), "hashes": list(hashes), "publishers": senders, **at}
    )
    return await find_claims(connection, keys)


async def find_claims(connection: AsyncConnection, keys: Iterable[UUID]) -> dict[UUID, Claim]:
    """The claims that hold on these event keys."""
    found = await connection.execute(
        select(tables.claim).where(tables.claim.c.event_key == any_(keys_of(sorted(keys))))
    )
    return {
        r.event_key: Claim(r.content_hash, r.accepted_at, r.acknowledged_at is not None, r.salt)
        for r in found
    }


async def count_claims(connection: AsyncConnection, besides: Iterable[UUID] = ()) -> int:
    """How many events of parties were ever claimed, besides these."""
    waiting = select(tables.outbox.c.event_key)
    own = and_(tables.claim.c.event_key.in_(waiting), tables.claim.c.publisher.is_(None))
    query = select(func.count()).select_from(tables.claim).where(not_(own))
    return await connection.scalar(query.where(tables.claim.c.event_key.not_in(set(besides)))) or 0


async def acknowledge(connection: AsyncConnection, keys: Iterable[UUID], now: datetime) -> None:
    """Kafka has these events with acks=all."""
    statement = (
        update(tables.claim)
        .where(
            tables.claim.c.event_key == any_(keys_of(sorted(keys))), tables.claim.c.acknowledged_at.is_(None)
        )
        .values(acknowledged_at=now)
    )
    await connection.execute(statement)
