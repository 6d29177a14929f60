"""Bring the database to the newest tables, once, however many workers start together."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.errors import DatabaseNotPrepared
from hub.store.database import transaction
from hub.store.privileges import AppRole, grant, must_only_add

_LOCK = 7_301_001


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
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
        scripts = await connection.run_sync(lambda plain: ScriptDirectory.from_config(_config(plain)))
        if found != scripts.get_current_head():
            raise DatabaseNotPrepared(
                "De database is niet klaar voor deze versie van de hub. Draai 'kernhub prepare' met "
                "KERNHUB_DATABASE_OWNER_URL."
            )
        await must_only_add(connection)
