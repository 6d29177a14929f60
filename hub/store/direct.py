"""A short way to PostgreSQL for the few statements that every event needs: each is a transaction by itself,
and one trip. What takes more than one statement goes through `database.transaction`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from hub.errors import DatabaseUnavailable

_CONNECTIONS = 5
_WAIT_SECONDS = 10.0


class Direct:
    """A few connections of its own, made when first needed."""

    def __init__(self, dsn: str, gone: tuple[type[BaseException], ...], **options: Any):
        """`gone`: errors that mean that PostgreSQL is away; `options` as `asyncpg.connect` takes them."""
        self._dsn = dsn
        self._gone = gone
        self._options = options
        self._turns = asyncio.Semaphore(_CONNECTIONS)
        self._idle: list[asyncpg.Connection[asyncpg.Record]] = []
        self._is_closed = False

    async def fetch(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        """The rows that the statement gives; what it changes is kept then. Raises DatabaseUnavailable, after
        which it may have been done or not."""
        async with self.connection() as connection:
            rows: list[asyncpg.Record] = await connection.fetch(statement, *values)
            return rows

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """A connection, in no transaction; it must be in none again at the end. What fails ends it. Raises
        DatabaseUnavailable, after which what was committed may have been done or not."""
        try:
            if self._turns.locked():
                await asyncio.wait_for(self._turns.acquire(), _WAIT_SECONDS)
            else:
                await self._turns.acquire()
            try:
                connection = self._from_idle() or await asyncpg.connect(self._dsn, **self._options)
                try:
                    yield connection
                except BaseException:
                    connection.terminate()
                    raise
                if self._is_closed:
                    connection.terminate()
                else:
                    self._idle.append(connection)
            finally:
                self._turns.release()
        except self._gone as error:
            raise DatabaseUnavailable("PostgreSQL geeft geen antwoord.") from error

    def _from_idle(self) -> "asyncpg.Connection[asyncpg.Record] | None":
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return None

    def close(self) -> None:
        """Lets go of the connections that nobody uses, and of others when they are done."""
        self._is_closed = True
        while connection := self._from_idle():
            connection.terminate()
