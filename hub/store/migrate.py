"""Bring the database to the newest tables, once, however many workers start together.

Alembic is imported where a migration runs: a worker only looks which one was the last.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.errors import DatabaseNotPrepared
from hub.store.database import transaction
from hub.store.privileges import AppRole, grant, must_only_add

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 7_301_001
_SCRIPTS = Path(__file__).parent / "migrations"


def newest_revision() -> str:
    """The last migration; the number that a file's name begins with is its revision."""
    return max(path.name for path in (_SCRIPTS / "versions").glob("[0-9]*.py")).partition("_")[0]


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    from alembic import command

    command.upgrade(_config(connection), "head")


async def migrate(pool: AsyncEngine, role: AppRole) -> None:
    """Runs every migration not yet run and gives the workers' role its rights, in one transaction. `pool` is
    of the owner. Raises MayChangeLedger when that role is the owner's."""
    async with transaction(pool) as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        await connection.run_sync(_upgrade)
        await grant(connection, role)


_MAY_READ = text("SELECT has_table_privilege(to_regclass('alembic_version'), 'SELECT')")


async def must_be_prepared(pool: AsyncEngine) -> None:
    """Raises DatabaseNotPrepared when the tables are not those of this version or this role has no right to
    them, and MayChangeLedger when it has too much."""
    async with transaction(pool) as connection:
        found = None
        if await connection.scalar(_MAY_READ):
            found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
        if found != newest_revision():
            raise DatabaseNotPrepared(
                "De database is niet klaar voor deze versie van de hub. Draai 'kernhub prepare' met "
                "KERNHUB_DATABASE_OWNER_URL."
            )
        await must_only_add(connection)
