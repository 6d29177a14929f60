"""Keys of the hub itself, made when first asked for; and secrets that it shares with a party's system."""

import base64
import secrets

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables


async def own_secret(connection: AsyncConnection, name: str) -> bytes:
    """32 random bytes, the same ever after."""
    query = select(tables.secret.c.value).where(tables.secret.c.name == name)
    found: bytes | None = await connection.scalar(query)
    if found is None:
        made = insert(tables.secret).on_conflict_do_nothing()
        await connection.execute(made, {"name": name, "value": secrets.token_bytes(32)})
        found = (await connection.execute(query)).scalar_one()
    return found


def new_shared_secret() -> str:
    """A secret as Standard Webhooks writes it: 32 random bytes."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
