"""Cursors: a place in the stream that tells nothing to who holds it, how much others receive least of all."""

import struct
from base64 import urlsafe_b64encode
from http import HTTPStatus

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api.refused import ApiRefused
from hub.store.database import transaction
from hub.store.secrets import own_secret
from hub.store.stream import BEGIN, Place
from schemas.problems import Problem

_FORM = struct.Struct(">qq")


class Cursors:
    """Writes places as cursors and reads them back."""

    def __init__(self, pool: AsyncEngine):
        self._pool = pool
        self._sealed: Fernet | None = None

    async def write(self, place: Place) -> str:
        """A cursor; every time another one."""
        return (await self._seal()).encrypt(_FORM.pack(*place)).decode().rstrip("=")

    async def read(self, cursor: str | None) -> Place:
        """The place of a cursor; without one, the begin. Raises ApiRefused."""
        if cursor is None:
            return BEGIN
        padded = cursor.encode(errors="replace") + b"=" * (-len(cursor) % 4)
        try:
            return Place(*_FORM.unpack((await self._seal()).decrypt(padded)))
        except (InvalidToken, struct.error):
            raise ApiRefused(
                HTTPStatus.BAD_REQUEST,
                "request",
                "Deze vraag klopt niet",
                "Verbeter wat hieronder staat.",
                problems=[
                    Problem("after", "cursor", "is geen 'next' die deze hub gaf; zonder begint u vooraan")
                ],
            ) from None

    async def _seal(self) -> Fernet:
        if self._sealed is None:
            async with transaction(self._pool) as connection:
                key = await own_secret(connection, "cursor")
            self._sealed = Fernet(urlsafe_b64encode(key))
        return self._sealed
