"""Removes contents of events, everywhere that the hub keeps them; the ledger keeps the proof."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import any_, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.redacting import REMOVED, redacted
from hub.store import tables, words
from hub.store.database import keys_of
from hub.store.ledger.records import Entry, record
from hub.store.throttle.said_of import SAID_OF
from hub.store.wake import Channel, wake

MARK = "content-removed"
_event = tables.event.c
_REPLACE = [
    text(f"UPDATE {table} SET content = :content WHERE {key} = :event_key").bindparams(  # noqa: S608
        bindparam("content", type_=_event.content.type)
    )
    for table, key in words.CONTENTS.items()
]
_BURIED = text("UPDATE dead_letter SET problems = '[]' WHERE event_key = :event_key")
"""Details of problems quote what was written."""
_MAILED_IN = text(
    "UPDATE mail_in SET raw = '', sender = '', recipient = '', answers = '[]', reason = NULL "
    "WHERE :event_key = ANY (event_keys)"
)
"""The mail that an answer was read from."""
_FORGET = text("UPDATE claim SET salt = NULL, content_hash = '' WHERE event_key = :event_key")
_TOLD = f"""
    SELECT mail_key FROM outcome JOIN given USING (event_key) WHERE mail_key IS NOT NULL
    UNION SELECT b.mail_key FROM asked JOIN bundle b USING (bundle_key) WHERE b.mail_key IS NOT NULL
    UNION SELECT b.mail_key FROM bundle b JOIN given g ON g.event_key = b.cause WHERE b.mail_key IS NOT NULL
    UNION SELECT m.mail_key FROM asked JOIN reminded d USING (bundle_key)
          JOIN reminder o ON o.operator = d.operator AND o.slot = d.slot
          JOIN mail m ON m.mail_key = o.mail_key AND m.made_at <= coalesce(asked.closed_at, 'infinity')
    UNION SELECT m.mail_key FROM request r JOIN given USING (event_key)
          JOIN mail m ON m.party = r.operator AND m.kind = 'reminder' AND m.made_at >= r.received_at
               AND m.made_at <= coalesce(r.closed_at, 'infinity')
    UNION SELECT m.mail_key FROM request r JOIN given USING (event_key)
          JOIN mail m ON m.party = r.asker AND m.kind = 'digest' AND m.made_at >= r.received_at
          WHERE r.closed_at IS NULL OR NOT EXISTS (
            SELECT FROM mail n WHERE n.party = m.party AND n.kind = 'digest'
              AND n.made_at > r.closed_at AND n.made_at < m.made_at)
    UNION SELECT o.mail_key FROM ({SAID_OF}) AS answers
          JOIN outcome o ON o.party = answers.asker AND o.event_key = answers.said AND o.mail_key IS NOT NULL
    UNION SELECT n.mail_key FROM mail_in n JOIN given g ON g.event_key = ANY (n.event_keys)
          WHERE n.mail_key IS NOT NULL
"""  # noqa: S608
"""What told of these events (`given`), also in the bundles in which they were `asked`; the later bundles that
reminded of those, and every reminder, made while a request among them was open; every digest of an asker
until it said how its request ended; and what its operator said to it, which is called by its question."""
_ASKED = """
    asked AS (
        SELECT i.bundle_key, r.closed_at FROM request r JOIN given USING (event_key)
              JOIN item i USING (item_key)
        UNION SELECT n.bundle_key, r.closed_at FROM request r JOIN given USING (event_key)
              JOIN bundle_item n USING (item_key))
"""
"""The item may have been put off since, to a later bundle."""
_MAILS = text(f"WITH given AS (SELECT unnest(CAST(:keys AS uuid[])) AS event_key), {_ASKED} {_TOLD}")
_ALL = """
    (SELECT event_key, content, accepted_at AS at FROM event
     UNION ALL SELECT event_key, content, made_at FROM outbox
     WHERE NOT EXISTS (SELECT FROM event WHERE event.event_key = outbox.event_key)) AS one
"""
"""Every event that the hub has, also those of its own that have not come back from Kafka."""
_QUOTING = text(
    f"""
    SELECT one.event_key FROM event asked JOIN {_ALL}
      ON one.content->>'type' = 'nl.vitale-functies.request.progressed.v1'
      AND one.content->>'subject' = asked.subject
      AND one.content->'data'->'request'->>'source' = asked.content->>'source'
      AND one.content->'data'->'request'->>'id' = asked.content->>'id'
    WHERE asked.event_key = ANY (CAST(:keys AS uuid[]))
    UNION SELECT one.event_key FROM event asked JOIN {_ALL}
      ON one.content->>'type' = 'nl.vitale-functies.bundle.released.v1'
      AND one.content->'data'->'questions' @> jsonb_build_array(jsonb_build_object('request',
            jsonb_build_object('source', asked.content->'source', 'id', asked.content->'id')))
    WHERE asked.event_key = ANY (CAST(:keys AS uuid[]))
    UNION SELECT one.event_key FROM event given JOIN {_ALL}
      ON one.content->>'type' = 'nl.vitale-functies.answer.withheld.v1'
      AND one.content->>'subject' = given.subject
      AND one.content->'data'->'answer'->>'source' = given.content->>'source'
      AND one.content->'data'->'answer'->>'id' = given.content->>'id'
    WHERE given.event_key = ANY (CAST(:keys AS uuid[]))
    """  # noqa: S608 - no words from outside
)
_LETTERS = text(
    f"UPDATE dead_letter SET problems = '[]' WHERE {words.found_in('problems')}"  # noqa: S608
)
_UNROUTED = text(
    """
    SELECT count(*) FROM claim c
    WHERE c.acknowledged_at IS NOT NULL AND c.salt IS NOT NULL
      AND NOT EXISTS (SELECT FROM event e WHERE e.event_key = c.event_key)
      AND NOT EXISTS (SELECT FROM outbox o WHERE o.event_key = c.event_key)
      AND NOT EXISTS (SELECT FROM dead_letter d WHERE d.event_key = c.event_key)
    """
)
"""What Kafka has and the router has still to read: nobody can tell what is in it."""
_STILL_HERE = text(
    f"""
    SELECT event_key, content, at FROM {_ALL}
    WHERE event_key = ANY (CAST(:keys AS uuid[]))
      AND NOT EXISTS (SELECT FROM removal WHERE removal.event_key = one.event_key)
    ORDER BY at, event_key
    """  # noqa: S608
).columns(event_key=_event.event_key.type, content=_event.content.type, at=_event.accepted_at.type)


class Removal(NamedTuple):
    """Why contents are removed. `reason` is for people, and stands outside the ledger."""

    why: str
    reason: str | None = None


async def count_removals(connection: AsyncConnection) -> int:
    """How many contents were ever removed."""
    return await connection.scalar(select(func.count()).select_from(tables.removal)) or 0


async def empty_letters(connection: AsyncConnection, said: str) -> int:
    """Removes what is told of records that were refused, where it quotes these words; how many there were."""
    return (await connection.execute(_LETTERS, words.as_searched(said))).rowcount


async def count_unrouted(connection: AsyncConnection) -> int:
    """How many events were accepted that are not in the database yet."""
    return await connection.scalar(_UNROUTED) or 0


async def events_quoting(connection: AsyncConnection, keys: Collection[UUID]) -> set[UUID]:
    """The events of the hub that quote these: how a request stands, what is in a bundle, and which answer was
    not passed on."""
    return set((await connection.execute(_QUOTING, {"keys": sorted(keys)})).scalars())


async def still_here(connection: AsyncConnection, keys: Collection[UUID]) -> Sequence[Any]:
    """Those of these events whose content was not removed, oldest first: event_key, content, at."""
    return (await connection.execute(_STILL_HERE, {"keys": sorted(keys)})).all()


async def mails_of(connection: AsyncConnection, keys: Collection[UUID]) -> dict[UUID, str]:
    """The mails that told of these events: the state of each."""
    found = (await connection.execute(_MAILS, {"keys": sorted(keys)})).scalars()
    mail = tables.mail.c
    query = select(mail.mail_key, mail.state).where(mail.mail_key == any_(keys_of(sorted(found))))
    return {row.mail_key: row.state for row in await connection.execute(query)}


async def empty_mails(connection: AsyncConnection, mails: Collection[UUID]) -> None:
    """Removes what stands in these mails, and to which address they went. What still waits to be sent stays
    as it is."""
    await connection.execute(_EMPTY, {"keys": sorted(mails), "mark": REMOVED})


async def empty_late_mails(connection: AsyncConnection) -> int:
    """Empties the mails of contents that were removed before, where one was made since; how many."""
    return (await connection.execute(_EMPTY_LATE, {"mark": REMOVED})).rowcount


async def contents_of(connection: AsyncConnection, keys: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """The contents of these events, or what a removal left of them."""
    rows = await connection.execute(_CONTENTS, {"keys": sorted(keys)})
    return {row.event_key: row.content for row in rows}


async def replace(connection: AsyncConnection, key: UUID, content: dict[str, Any]) -> None:
    """Puts what is left of an event in place of every copy of its content."""
    for statement in _REPLACE:
        await connection.execute(statement, {"event_key": key, "content": content})


async def remove(
    connection: AsyncConnection, contents: Mapping[UUID, dict[str, Any]], removal: Removal, now: datetime
) -> None:
    """Removes the contents of these events, forgets the salts of their hashes and records it, in the caller's
    transaction. An event twice is one removal."""
    for key, content in sorted(contents.items()):
        await replace(connection, key, redacted(content))
        await connection.execute(_BURIED, {"event_key": key})
        await connection.execute(_MAILED_IN, {"event_key": key})
        await connection.execute(_FORGET, {"event_key": key})
    if not contents:
        return
    rows = [
        {"event_key": key, "why": removal.why, "reason": removal.reason, "removed_at": now}
        for key in sorted(contents)
    ]
    await connection.execute(insert(tables.removal).on_conflict_do_nothing(), rows)
    await wake(connection, Channel.REMOVED)
    facts = {"why": removal.why}
    await record(connection, [Entry(MARK, (key,), key, now, facts) for key in sorted(contents)])


_EMPTIED = """
    UPDATE mail SET subject = :mark, body = :mark, html = NULL, calendar = NULL, address = '', copy_to = NULL,
                    last_error = NULL, salt = NULL
"""
_EMPTY = text(f"{_EMPTIED} WHERE mail_key = ANY (CAST(:keys AS uuid[])) AND state <> 'queued'")
_EMPTY_LATE = text(
    f"WITH given AS (SELECT event_key FROM removal), {_ASKED}, told AS ({_TOLD}) {_EMPTIED} "  # noqa: S608
    "WHERE mail_key IN (SELECT mail_key FROM told) AND state <> 'queued' AND body <> :mark"
)
_CONTENTS = text(
    f"SELECT event_key, content FROM {_ALL} WHERE event_key = ANY (CAST(:keys AS uuid[]))"  # noqa: S608
).columns(event_key=_event.event_key.type, content=_event.content.type)
