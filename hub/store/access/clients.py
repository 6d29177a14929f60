"""Clients: programs that get access tokens with a secret or with what they sign. They are looked up at every
call, so that the access tokens of one that is revoked end at once, in every process."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import HubError
from hub.rules.scopes import Scope, in_order
from hub.store import tables
from hub.store.access.tokens import hashed, is_to_be_noted
from hub.store.ledger.records import Entry, record
from hub.store.register.administering import ADMINISTRATOR

MOST_SECRETS = 2
"""The one that is in use, and the one that replaces it."""


class TooManySecrets(HubError):
    """A client has two secrets already. Take one back first."""


class Client(NamedTuple):
    """A program of a party. `public_keys` is a JWK Set, of one that signs; `secrets` are their numbers."""

    client_id: str
    party: str
    name: str
    scopes: frozenset[Scope]
    made_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    public_keys: Mapping[str, Any] | None
    secrets: tuple[int, ...] = ()

    @property
    def signs(self) -> bool:
        """Whether it shows itself with what it signs."""
        return self.public_keys is not None

    def has_ended(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


class Secret(NamedTuple):
    """A secret of a client, by its number."""

    number: int
    used_at: datetime | None


async def new_client(
    connection: AsyncConnection,
    party: str,
    now: datetime,
    *,
    scopes: Collection[Scope],
    name: str = "",
    expires_at: datetime | None = None,
    public_keys: Mapping[str, Any] | None = None,
) -> str:
    """The id of a new client, still without a secret."""
    client_id = f"{party}-{secrets.token_hex(4)}"
    row = {
        "client_id": client_id,
        "party": party,
        "name": name,
        "scopes": in_order(scopes),
        "made_at": now,
        "expires_at": expires_at,
        "public_keys": public_keys,
    }
    await connection.execute(insert(tables.client), row)
    facts = {
        "party": party,
        "scopes": in_order(scopes),
        "expires": expires_at.isoformat() if expires_at else None,
        "signs": public_keys is not None,
    }
    await _note(connection, "client-made", client_id, now, facts)
    return client_id


async def new_secret(connection: AsyncConnection, client_id: str, now: datetime) -> str:
    """A secret of a client, beside the one that it has; nobody can read it back. Raises TooManySecrets."""
    own = tables.client_secret
    await connection.execute(
        select(tables.client.c.client_id).where(tables.client.c.client_id == client_id).with_for_update()
    )
    held = select(func.count()).select_from(own).where(own.c.client_id == client_id)
    if (await connection.scalar(held) or 0) >= MOST_SECRETS:
        raise TooManySecrets(
            f"'{client_id}' heeft al {MOST_SECRETS} geheimen. Trek er eerst een in: kernhub client list."
        )
    secret = f"ks_{secrets.token_urlsafe(32)}"
    row = {"secret_hash": hashed(secret), "client_id": client_id, "made_at": now}
    number = await connection.scalar(insert(own).returning(own.c.number), row)
    await _note(connection, "client-secret-made", client_id, now, {"number": number})
    return secret


async def find_client(connection: AsyncConnection, client_id: str) -> Client | None:
    """The client with this id, if it was not revoked; it may have expired."""
    return (await find_clients(connection, [client_id])).get(client_id)


async def find_clients(connection: AsyncConnection, client_ids: Collection[str]) -> dict[str, Client]:
    """The clients with these ids that were not revoked; they may have expired."""
    wanted = {one for one in client_ids if "\0" not in one}
    own, secret = tables.client, tables.client_secret
    numbers = (
        select(func.array_agg(secret.c.number))
        .where(secret.c.client_id == own.c.client_id)
        .scalar_subquery()
        .label("secret_numbers")
    )
    rows = await connection.execute(select(own, numbers).where(own.c.client_id.in_(wanted)))
    return {row.client_id: _client(row)._replace(secrets=tuple(row.secret_numbers or ())) for row in rows}


async def find_secret(connection: AsyncConnection, client_id: str, secret: str) -> Secret | None:
    """This secret of the client, None when it has no such."""
    own = tables.client_secret
    which = (own.c.client_id == client_id) & (own.c.secret_hash == hashed(secret))
    row = (await connection.execute(select(own.c.number, own.c.used_at).where(which))).first()
    return Secret(*row) if row else None


async def note_use(connection: AsyncConnection, client: Client, secret: Secret | None, now: datetime) -> None:
    """The client got an access token now; noted no more often than of API tokens."""
    own, of = tables.client, tables.client_secret
    if is_to_be_noted(client.used_at, now):
        which = own.c.client_id == client.client_id
        await connection.execute(update(own).where(which).values(used_at=now))
    if secret is not None and is_to_be_noted(secret.used_at, now):
        which = (of.c.client_id == client.client_id) & (of.c.number == secret.number)
        await connection.execute(update(of).where(which).values(used_at=now))


async def claim_assertion(
    connection: AsyncConnection, client_id: str, assertion_id: str, until: datetime, now: datetime
) -> bool:
    """Whether this is the first time that the client shows what it signed; it counts once."""
    own = tables.used_assertion
    await connection.execute(delete(own).where(own.c.until < now))
    row = {"client_id": client_id, "assertion_id": assertion_id, "until": until}
    made = await connection.execute(postgresql_insert(own).on_conflict_do_nothing(), row)
    return made.rowcount == 1


async def list_clients(connection: AsyncConnection, party: str | None = None) -> Sequence[Client]:
    """Every client, or those of a party."""
    own, secret = tables.client, tables.client_secret
    query = select(own).order_by(own.c.party, own.c.made_at, own.c.client_id)
    if party is not None:
        query = query.where(own.c.party == party)
    numbers: dict[str, list[int]] = {}
    for row in await connection.execute(select(secret.c.client_id, secret.c.number).order_by("number")):
        numbers.setdefault(row.client_id, []).append(row.number)
    return [
        _client(row)._replace(secrets=tuple(numbers.get(row.client_id, ())))
        for row in await connection.execute(query)
    ]


async def revoke_client(connection: AsyncConnection, client_id: str, now: datetime) -> bool:
    """Ends a client, with its secrets and the access tokens that it has; whether it was there."""
    own = tables.client
    gone = await connection.execute(delete(own).where(own.c.client_id == client_id))
    if gone.rowcount:
        await _note(connection, "client-revoked", client_id, now, {})
    return gone.rowcount == 1


async def revoke_secret(connection: AsyncConnection, client_id: str, number: int, now: datetime) -> bool:
    """Ends a secret; the client goes on with its other one. Whether it was there."""
    own = tables.client_secret
    gone = await connection.execute(delete(own).where(own.c.client_id == client_id, own.c.number == number))
    if gone.rowcount:
        await _note(connection, "client-secret-revoked", client_id, now, {"number": number})
    return gone.rowcount == 1


async def _note(
    connection: AsyncConnection, kind: str, client_id: str, now: datetime, facts: Mapping[str, Any]
) -> None:
    entry = Entry(
        kind,
        (client_id, facts.get("number"), now),
        None,
        now,
        {"by": ADMINISTRATOR, "client": client_id, **facts},
    )
    await record(connection, [entry])


def _client(row: Row[Any]) -> Client:
    found = row._mapping
    known = {name: found[name] for name in Client._fields if name != "secrets"}
    return Client(**known | {"scopes": frozenset(map(Scope, found["scopes"]))})
