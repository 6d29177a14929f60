"""API tokens: made once, shown once, kept as a hash."""

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def new_token(connection: AsyncConnection, party: str, now: datetime) -> str:
    """A token with which `party` calls the API; nobody can read it back. One of the hub's own party is the
    administrator's."""
    token = f"kh_{secrets.token_urlsafe(32)}"
    await connection.execute(
        insert(tables.party_token), {"token_hash": _hash(token), "party": party, "made_at": now}
    )
    return token


async def find_party_of(connection: AsyncConnection, token: str) -> str | None:
    """The party that a token belongs to."""
    query = select(tables.party_token.c.party).where(tables.party_token.c.token_hash == _hash(token))
    party: str | None = await connection.scalar(query)
    return party


async def revoke_tokens(connection: AsyncConnection, party: str) -> int:
    """Ends every token of a party; how many there were."""
    result = await connection.execute(delete(tables.party_token).where(tables.party_token.c.party == party))
    return result.rowcount


async def new_feed_token(connection: AsyncConnection, party: str, now: datetime) -> str:
    """A token for the addresses of a party's feeds; it reads those, and does nothing else."""
    token = f"khf_{secrets.token_urlsafe(32)}"
    await connection.execute(
        insert(tables.feed_token), {"token_hash": _hash(token), "party": party, "made_at": now}
    )
    return token


async def find_party_of_feed(connection: AsyncConnection, token: str) -> str | None:
    """The party that a feed's token belongs to."""
    query = select(tables.feed_token.c.party).where(tables.feed_token.c.token_hash == _hash(token))
    party: str | None = await connection.scalar(query)
    return party


async def revoke_feed_tokens(connection: AsyncConnection, party: str) -> int:
    """Ends every address of a party's feeds; how many there were."""
    result = await connection.execute(delete(tables.feed_token).where(tables.feed_token.c.party == party))
    return result.rowcount
