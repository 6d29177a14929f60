"""API tokens: made once, shown once, kept as a hash. They are looked up at every call, so that one that is
revoked ends at once, in every process."""

import hashlib
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.scopes import Scope, in_order, usual_scopes
from hub.store import tables
from hub.store.direct import Direct
from hub.store.ledger.records import Entry, record
from hub.store.register.administering import ADMINISTRATOR
from hub.store.register.registers import NEWEST, Version

PREFIX = "kh_"
_USE_NOTED = timedelta(minutes=1)
"""Last use is noted no more often: a busy program would else write at every call."""


def is_to_be_noted(used_at: datetime | None, now: datetime) -> bool:
    """Whether it is to be noted that what was last used then is used now."""
    return used_at is None or used_at < now - _USE_NOTED


class Token(NamedTuple):
    """What is known of a token, which is itself kept nowhere."""

    number: int
    party: str
    name: str
    scopes: frozenset[Scope]
    made_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


def hashed(secret: str) -> bytes:
    """How a secret is kept. It is long and random: a slow hash would add nothing."""
    return hashlib.sha256(secret.encode(errors="replace")).digest()


async def new_token(
    connection: AsyncConnection,
    party: str,
    now: datetime,
    *,
    scopes: Collection[Scope] | None = None,
    name: str = "",
    expires_at: datetime | None = None,
) -> str:
    """A token with which `party` calls the API; nobody can read it back. One of the hub's own party is the
    administrator's. Without `scopes` it has the usual ones."""
    token = f"{PREFIX}{secrets.token_urlsafe(32)}"
    chosen = in_order(usual_scopes(party) if scopes is None else scopes)
    row = {
        "token_hash": hashed(token),
        "party": party,
        "made_at": now,
        "scopes": chosen,
        "name": name,
        "expires_at": expires_at,
    }
    own = tables.party_token
    number = await connection.scalar(insert(own).returning(own.c.number), row)
    facts = {
        "by": ADMINISTRATOR,
        "party": party,
        "number": number,
        "scopes": chosen,
        "expires": expires_at.isoformat() if expires_at else None,
    }
    await record(connection, [Entry("token-made", (number, now), None, now, facts)])
    return token


_LOOK_UP = f"""
    SELECT version, on_day, next_change, party_token.*
    FROM ({NEWEST}) AS newest LEFT JOIN party_token ON token_hash = ANY($1::bytea[])
"""  # noqa: S608 - of constants


class Found(NamedTuple):
    """What is known of tokens, by each that is known; it may have expired. `unnoted`: the hashes of those of
    which it is to be noted that they are used. `newest`: the newest register."""

    tokens: Mapping[str, Token]
    unnoted: Sequence[bytes]
    newest: Version | None


async def look_up(direct: Direct, shown: Collection[str], now: datetime) -> Found:
    """What is known of the tokens that are shown now. Raises DatabaseUnavailable."""
    by_hash = {hashed(token): token for token in shown}
    rows = await direct.fetch(_LOOK_UP, list(by_hash))
    known = [row for row in rows if row["token_hash"] is not None]
    return Found(
        {by_hash[row["token_hash"]]: _token(row) for row in known},
        [row["token_hash"] for row in known if is_to_be_noted(row["used_at"], now)],
        Version(*(rows[0][name] for name in Version._fields)) if rows else None,
    )


async def note_use(connection: AsyncConnection, token_hashes: Iterable[bytes], now: datetime) -> None:
    """These tokens are used now."""
    own = tables.party_token
    # In one order, so that two web servers never wait for each other.
    for one in sorted(token_hashes):
        await connection.execute(update(own).where(own.c.token_hash == one).values(used_at=now))


async def list_tokens(connection: AsyncConnection, party: str | None = None) -> Sequence[Token]:
    """Every token, or those of a party, oldest first."""
    own = tables.party_token
    query = select(own).order_by(own.c.party, own.c.number)
    if party is not None:
        query = query.where(own.c.party == party)
    return [_token(row._asdict()) for row in await connection.execute(query)]


async def revoke_tokens(
    connection: AsyncConnection, party: str, now: datetime, *, number: int | None = None
) -> int:
    """Ends every token of a party, or the one with this number; how many there were. With every token go the
    secret addresses of its feeds, which one of them may have made."""
    own = tables.party_token
    which = own.c.party == party if number is None else (own.c.party == party) & (own.c.number == number)
    gone = (await connection.execute(delete(own).where(which).returning(own.c.number, own.c.name))).all()
    feeds = await revoke_feed_tokens(connection, party) if number is None else 0
    await record(
        connection,
        [
            Entry(
                "token-revoked",
                (row.number, now),
                None,
                now,
                {"by": ADMINISTRATOR, "party": party, "number": row.number},
            )
            for row in gone
        ],
    )
    if feeds:
        facts = {"by": ADMINISTRATOR, "party": party, "change": "revoked"}
        await record(connection, [Entry("feed-address-changed", (party, "revoked", now), None, now, facts)])
    return len(gone)


def _token(found: Mapping[str, Any]) -> Token:
    scopes = frozenset(map(Scope, found["scopes"]))
    return Token(**{name: found[name] for name in Token._fields} | {"scopes": scopes})


async def new_feed_token(connection: AsyncConnection, party: str, now: datetime) -> str:
    """A token for the addresses of a party's feeds; it reads those, and does nothing else."""
    token = f"khf_{secrets.token_urlsafe(32)}"
    await connection.execute(
        insert(tables.feed_token), {"token_hash": hashed(token), "party": party, "made_at": now}
    )
    return token


async def find_party_of_feed(connection: AsyncConnection, token: str) -> str | None:
    """The party that a feed's token belongs to."""
    query = select(tables.feed_token.c.party).where(tables.feed_token.c.token_hash == hashed(token))
    party: str | None = await connection.scalar(query)
    return party


async def revoke_feed_tokens(connection: AsyncConnection, party: str) -> int:
    """Ends every address of a party's feeds; how many there were."""
    result = await connection.execute(delete(tables.feed_token).where(tables.feed_token.c.party == party))
    return result.rowcount
