"""The connection to PostgreSQL, and which of its errors mean: gone for now."""

import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import ColumnElement, Text, Uuid, cast, event, literal, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from hub.errors import DatabaseUnavailable, NotConfigured, Unavailable
from hub.settings import Settings
from hub.store.direct import Direct

_GONE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that the server ended just now
    asyncpg.OperatorInterventionError,
    asyncpg.ReadOnlySQLTransactionError,  # a server that takes no writes, such as a standby after a failover
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    InterfaceError,
    OperationalError,
    PoolTimeoutError,
)


def dsn(settings: Settings) -> str:
    """The plain PostgreSQL address. Raises NotConfigured."""
    if settings.database_url is None:
        raise NotConfigured("Geen database ingesteld: zet KERNHUB_DATABASE_URL of gebruik 'kernhub up'.")
    return settings.database_url.unicode_string()


def as_owner(settings: Settings) -> Settings:
    """The settings of who may change tables. Raises NotConfigured."""
    if settings.database_owner_url is None:
        raise NotConfigured(
            "Niet ingesteld wie de tabellen mag maken: zet KERNHUB_DATABASE_OWNER_URL, of gebruik "
            "'kernhub up'."
        )
    return settings.model_copy(update={"database_url": settings.database_owner_url})


_CONNECTIONS = 5
_TRIED_AFTER_SECONDS = 1.0
_direct: WeakKeyDictionary[AsyncEngine, Direct] = WeakKeyDictionary()


def engine(settings: Settings, command_seconds: float = 60, schema: str | None = None) -> AsyncEngine:
    """A pool of connections, each tried before use when it was idle for long; a command that takes longer
    counts as gone. `schema`: of the tables, when they are not where they always are."""
    url = dsn(settings).replace("postgresql://", "postgresql+asyncpg://", 1)
    options = {
        "timeout": 5,
        "command_timeout": command_seconds,
        **({"server_settings": {"search_path": schema}} if schema else {}),
    }
    pool = create_async_engine(
        url,
        pool_size=_CONNECTIONS,
        max_overflow=0,
        hide_parameters=True,
        pool_timeout=10,
        connect_args=options,
    )
    _try_before_use(pool)
    _direct[pool] = Direct(dsn(settings), _GONE, **options)
    return pool


def _try_before_use(pool: AsyncEngine) -> None:
    """As SQLAlchemy's own `pool_pre_ping`, but not a connection that worked a moment ago: those are three
    trips, as many as many a transaction makes. That the server closed it, the driver knows by itself."""
    dialect = pool.dialect

    def used(_: Any, of_pool: Any) -> None:
        of_pool.info["used"] = time.monotonic()

    def wanted(connection: Any, of_pool: Any, _: Any) -> None:
        if (since := of_pool.info.get("used")) is None:
            return
        if connection.driver_connection.is_closed():
            raise InvalidatePoolError
        if time.monotonic() - since < _TRIED_AFTER_SECONDS:
            return
        try:
            dialect.do_ping(connection)
        except (dialect.loaded_dbapi.Error, TimeoutError) as error:
            raise InvalidatePoolError from error

    def failed(context: ExceptionContext) -> None:
        # Another server may take writes by now, at the same address: so all connect anew.
        cause = getattr(context.original_exception, "__cause__", None)
        if isinstance(cause, asyncpg.ReadOnlySQLTransactionError):
            context.is_disconnect = True

    event.listen(pool.sync_engine, "checkin", used)
    event.listen(pool.sync_engine, "checkout", wanted)
    event.listen(pool.sync_engine, "handle_error", failed)


def direct(pool: AsyncEngine) -> Direct:
    """The short way to the database of this pool."""
    return _direct[pool]


@asynccontextmanager
async def opened(
    settings: Settings, command_seconds: float = 60, schema: str | None = None
) -> AsyncIterator[AsyncEngine]:
    """A pool of connections that is closed at the end."""
    pool = engine(settings, command_seconds, schema)
    try:
        yield pool
    finally:
        direct(pool).close()
        await pool.dispose()


def is_gone(error: BaseException) -> bool:
    """Whether this error means that the database is away, or takes no writes for now, so that trying again
    later helps."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or is_gone(error.orig) if error.orig else False
    cause = error.__cause__
    return isinstance(error, _GONE) or (isinstance(cause, _GONE))


@asynccontextmanager
async def transaction(pool: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """All or nothing. Raises DatabaseUnavailable when PostgreSQL is away."""
    try:
        async with pool.begin() as connection:
            yield connection
    except Unavailable:
        raise  # another part that is away says so itself
    except Exception as error:
        if is_gone(error):
            raise DatabaseUnavailable("PostgreSQL geeft geen antwoord.") from error
        raise


@asynccontextmanager
async def snapshot(pool: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction that sees what was committed when it began, and nothing of later. Raises
    DatabaseUnavailable."""
    async with transaction(pool) as connection:
        await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        yield connection


def keys_of(keys: Sequence[UUID]) -> ColumnElement[Any]:
    """Any number of keys as one parameter, for `any_`."""
    return cast(literal(list(keys), ARRAY(Uuid)), ARRAY(Uuid))


def texts_of(values: Collection[str]) -> ColumnElement[Any]:
    """Any number of texts as one parameter, for `any_`."""
    return cast(literal(list(values), ARRAY(Text)), ARRAY(Text))
