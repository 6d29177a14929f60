"""The same tables once more, empty, in a schema of their own: filled again from the sources, and compared.

A table is a source when nothing else tells what is in it: what came in (claims, the content of events, the
letters that were buried), what somebody chose or was given (register, policies, keys, systems to send to),
the ledger, and the text of mails. All else follows from those."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.asking.question_keys import Keys, Known
from hub.settings import Settings
from hub.store import tables
from hub.store.database import opened, transaction

COPIED = ("claim", "removal", "operator_policy", "dead_letter", "secret")
"""Sources that the read models lean on, put into the empty schema as they are."""
NOT_COMPARED: Mapping[str, tuple[str, ...]] = {
    "event": ("written_in",),
    "resolution": (),
    "audience": ("position", "planning", "planned_at"),
    "outcome": ("planned_at",),
    "mail": (
        "address", "copy_to", "body", "html", "calendar", "place", "made_at", "attempts", "next_attempt_at",
        "last_error", "register_version", "ledger_size", "salt",
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
    "operator_lock, handled, mail_taken": "waar werkers zijn gebleven",
    "outbox": "wat Kafka nog moet krijgen",
    "used_assertion": "verloopt vanzelf",
    "ledger_tile": "volgt uit het grootboek: 'kernhub ledger verify' rekent de boom na",
}


_AT_ONCE = 500
_ON_KAFKA = "CREATE TABLE on_kafka (event_key uuid PRIMARY KEY, content jsonb NOT NULL)"
_KEEP = text(
    """
    INSERT INTO on_kafka
    SELECT given.key, given.content::jsonb
    FROM unnest(CAST(:keys AS uuid[]), CAST(:digests AS bytea[]), CAST(:contents AS text[]))
         AS given (key, digest, content)
    JOIN claim ON claim.event_key = given.key AND claim.content_hash = given.digest
    ON CONFLICT DO NOTHING
    """
)
"""What Kafka has of an event that was accepted, with that content; nothing of what was removed."""
_QUESTIONS = text(
    """
    SELECT r.event_key, r.operator, r.merge_key, r.library_key
    FROM public.request r JOIN public.removal USING (event_key)
    """
)
_DEPOSITS = text(
    """
    SELECT a.answer_key, a.merge_key FROM public.kept_answer a
    JOIN public.removal ON removal.event_key = a.answer_key WHERE a.item_key IS NULL
    """
)
_CRISES = text(
    """
    SELECT event_key, p.crisis FROM public.pressing p JOIN public.removal USING (event_key)
    WHERE p.crisis IS NOT NULL
    UNION SELECT s.situation_key, s.crisis FROM public.sheet s
    JOIN public.removal ON removal.event_key = s.situation_key
    UNION SELECT l.event_key, s.crisis FROM public.ledger l JOIN public.removal USING (event_key),
          jsonb_array_elements_text(convert_from(l.record, 'UTF8')::jsonb->'earlier') AS earlier
          JOIN public.sheet s ON s.situation_key = earlier::uuid
    WHERE l.kind = 'sheets-opened' AND l.batch NOT IN (SELECT batch FROM public.ledger_set_aside)
    """
)


class Compared(NamedTuple):
    """A table: how many rows there are, are missing from the new one, and are only in the new one."""

    table: str
    rows: int
    missing: int
    extra: int


class Stored(NamedTuple):
    """An event as Kafka has it, in canonical form, and its hash."""

    key: UUID
    digest: bytes
    content: str


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
                await connection.execute(text(_ON_KAFKA))
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


async def date_mail(connection: AsyncConnection, mail: UUID, at: datetime) -> None:
    """A mail was made at this moment, as its record says."""
    dated = "UPDATE mail SET made_at = :at WHERE mail_key = :mail"
    await connection.execute(text(dated), {"at": at, "mail": mail})


def _copied(table: str, schema: str) -> str:
    columns = _columns(table)
    return f"INSERT INTO {schema}.{table} ({columns}) SELECT {columns} FROM public.{table}"  # noqa: S608


def _columns(table: str, left_out: Sequence[str] = ()) -> str:
    """By name: migrations add a column at the end."""
    names = (column.name for column in tables.metadata.tables[table].c)
    return ", ".join(f'"{name}"' for name in names if name not in left_out)


async def keep_from_kafka(connection: AsyncConnection, events: Sequence[Stored]) -> int:
    """Keeps those of these events that were accepted with this content; how many are new here."""
    keys, digests, contents = (list(one) for one in zip(*events, strict=True))
    asked = {"keys": keys, "digests": digests, "contents": contents}
    return (await connection.execute(_KEEP, asked)).rowcount


async def find_on_kafka(connection: AsyncConnection, key: UUID) -> dict[str, Any] | None:
    """The content of an event, as Kafka has it."""
    found = await connection.scalar(
        text("SELECT content::text FROM on_kafka WHERE event_key = :key"), {"key": key}
    )
    return None if found is None else json.loads(found)


async def known_keys(connection: AsyncConnection) -> Known:
    """Under which keys the questions, deposits and crises stand whose words were removed: nothing else can
    tell any more."""
    questions = await connection.execute(_QUESTIONS)
    deposits = await connection.execute(_DEPOSITS)
    crises = await connection.execute(_CRISES)
    return Known(
        {(row.event_key, row.operator): Keys(row.merge_key, row.library_key) for row in questions},
        {row.answer_key: row.merge_key for row in deposits},
        {row[0]: row[1] for row in crises},
    )


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
