"""Cursors: a place in the stream that tells nothing to who holds it, how much others receive least of all."""

import struct
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.errors import HubError
from hub.store.access.secrets import own_secret
from hub.store.database import transaction
from hub.store.deliveries.stream import Place

_FORM = struct.Struct(">qq")


class CursorUnknown(HubError):
    """The hub did not make this cursor."""


class Cursors:
    """Writes places as cursors and reads them back."""

    def __init__(self, pool: AsyncEngine):
        self._pool = pool
        self._sealed: Fernet | None = None

    async def write(self, place: Place) -> str:
        """A cursor; every time another one."""
        return (await self._seal()).encrypt(_FORM.pack(*place)).decode().rstrip("=")

    async def place(self, cursor: str) -> Place:
        """The place of a cursor. Raises CursorUnknown."""
        padded = cursor.encode(errors="replace") + b"=" * (-len(cursor) % 4)
        try:
            return Place(*_FORM.unpack((await self._seal()).decrypt(padded)))
        except (InvalidToken, struct.error):
            raise CursorUnknown("Deze plaats is niet van deze hub.") from None

    async def _seal(self) -> Fernet:
        if self._sealed is None:
            async with transaction(self._pool) as connection:
                key = await own_secret(connection, "cursor")
            self._sealed = Fernet(urlsafe_b64encode(key))
        return self._sealed
