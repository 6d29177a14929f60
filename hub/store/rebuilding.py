"""The same tables once more, empty, in a schema of their own: filled again from the sources, and compared.

A table is a source when nothing else tells what is in it: what came in (claims, the content of events, the
letters that were buried), what somebody chose or was given (register, policies, keys, systems to send to),
the ledger, and the text of mails. All else follows from those."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.settings import Settings
from hub.store import tables
from hub.store.database import opened, transaction

COPIED = ("claim", "removal", "operator_policy", "dead_letter")
"""Sources that the read models lean on, put into the empty schema as they are."""
NOT_COMPARED: Mapping[str, tuple[str, ...]] = {
    "event": ("written_in",),
    "resolution": (),
    "audience": ("position", "planning", "planned_at"),
    "outcome": ("planned_at",),
    "mail": (
        "address", "body", "html", "made_at", "attempts", "next_attempt_at", "last_error", "register_version",
        "ledger_size", "place",
    ),
    "request": (),
    "item": (),
    "bundle": (),
    "bundle_item": (),
    "reminder": ("made_at",),
    "reminded": (),
    "renewal": (),
    "answer": (),
    "kept_answer": (),
    "lapse": (),
    "served": (),
    "steering": (),
    "question_word": (),
    "sheet": (),
    "pressing": (),
}  # fmt: skip
"""The read models, and their columns that tell of the work and not of the exchange: the order and the moment
in which a worker came to something, and the text of a mail, which is a source."""
NOT_REBUILT: Mapping[str, str] = {
    "planning": "de volgorde waarin systemen lezen: een nieuwe telling maakt elke cursor ongeldig",
    "outlet, unsent, pulled": "van de eigenaar, en tot waar een systeem is: dat weet alleen die tabel",
    "operator_lock, handled": "waar werkers zijn gebleven",
    "outbox": "wat Kafka nog moet krijgen",
    "used_assertion": "verloopt vanzelf",
    "ledger_tile": "volgt uit het grootboek: 'kernhub ledger verify' rekent de boom na",
}


_AT_ONCE = 500


class Compared(NamedTuple):
    """A table: how many rows there are, are missing from the new one, and are only in the new one."""

    table: str
    rows: int
    missing: int
    extra: int


@asynccontextmanager
async def empty_schema(settings: Settings, pool: AsyncEngine) -> AsyncIterator[tuple[str, AsyncEngine]]:
    """A schema with the tables of the hub, empty, and connections to it; gone at the end."""
    name = f"rebuild_{uuid4().hex[:12]}"
    async with transaction(pool) as connection:
        await connection.execute(text(f"CREATE SCHEMA {name}"))
        view = await connection.scalar(text("SELECT pg_get_viewdef('delivery'::regclass)"))
    try:
        async with opened(settings, command_seconds=3600, schema=name) as made:
            async with transaction(made) as connection:
                await connection.run_sync(tables.metadata.create_all)
                await connection.execute(text(f"CREATE VIEW delivery AS {view}"))
            yield name, made
    finally:
        async with transaction(pool) as connection:
            await connection.execute(text(f"DROP SCHEMA {name} CASCADE"))


async def copy_sources(connection: AsyncConnection, schema: str) -> None:
    """Puts the sources that nothing which follows from them ever changed into the schema."""
    for table in COPIED:
        await connection.execute(text(_copied(table, schema)))


async def copy_version(connection: AsyncConnection, schema: str, version: int) -> None:
    """Puts a version of the register into the schema; until then nothing there knows of it."""
    for table, column in (("register_version", "version"), ("register_entry", "added_in")):
        copy = f"{_copied(table, schema)} WHERE {column} = :version ON CONFLICT DO NOTHING"
        await connection.execute(text(copy), {"version": version})


async def copy_mail(connection: AsyncConnection, schema: str, mail: UUID) -> bool:
    """Puts a mail as it was composed into the schema, still to be sent; whether there was one."""
    copy = f"{_copied('mail', schema)} WHERE mail_key = :mail ON CONFLICT DO NOTHING"
    copied = await connection.execute(text(copy), {"mail": mail})
    queued = f"UPDATE {schema}.mail SET state = 'queued', sent_at = NULL WHERE mail_key = :mail"  # noqa: S608
    await connection.execute(text(queued), {"mail": mail})
    return copied.rowcount > 0


def _copied(table: str, schema: str) -> str:
    columns = _columns(table)
    return f"INSERT INTO {schema}.{table} ({columns}) SELECT {columns} FROM public.{table}"  # noqa: S608


def _columns(table: str, left_out: Sequence[str] = ()) -> str:
    """By name: migrations add a column at the end."""
    names = (column.name for column in tables.metadata.tables[table].c)
    return ", ".join(f'"{name}"' for name in names if name not in left_out)


async def compare(connection: AsyncConnection, schema: str, table: str) -> Compared:
    """Holds a read model against the one that was filled again."""
    columns = _columns(table, NOT_COMPARED[table])
    here, there = (f"SELECT {columns} FROM {one}.{table}" for one in ("public", schema))  # noqa: S608
    query = text(
        f"SELECT (SELECT count(*) FROM public.{table}) AS rows,"  # noqa: S608
        f" (SELECT count(*) FROM ({here} EXCEPT ALL {there}) AS missing) AS missing,"
        f" (SELECT count(*) FROM ({there} EXCEPT ALL {here}) AS extra) AS extra"
    )
    row = (await connection.execute(query)).one()
    return Compared(table, row.rows, row.missing, row.extra)


async def handled_by(connection: AsyncConnection, consumer: str, after: UUID | None) -> Sequence[UUID]:
    """The next kept events that a consumer has done, by key."""
    key = tables.handled.c.event_key
    query = (
        select(key)
        .join(tables.event, tables.event.c.event_key == key)
        .where(tables.handled.c.consumer == consumer, *([key > after] if after else []))
        .order_by(key)
        .limit(_AT_ONCE)
    )
    return (await connection.execute(query)).scalars().all()
