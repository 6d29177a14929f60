"""Newer versions of an event: what its publisher published in place of it, version after version."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import any_, exists, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.identity import event_key
from hub.store import tables
from hub.store.database import keys_of
from hub.store.resolutions import contents_of
from schemas.catalogue import parse
from schemas.envelope import Envelope, EventRef

_MOST = 100
REPLACED = (
    "nl.vitale-functies.answer.deposited.v1",
    "nl.vitale-functies.ministry-consultation.planned.v1",
    "nl.vitale-functies.question.answered.v1",
    "nl.vitale-functies.risk-dialogue.planned.v1",
)
"""The types with `supersedes`; an index has the same."""
_TYPES = ", ".join(f"'{one}'" for one in REPLACED)


def _in_place_of(older: str) -> str:
    return f"""n.type IN ({_TYPES}) AND n.publisher = e.publisher
        AND n.content #>> '{{data,supersedes,id}}' = {older}.content ->> 'id'
        AND n.content #>> '{{data,supersedes,source}}' = {older}.content ->> 'source'"""


MARKING = f"""
    CASE WHEN e.type IN ({_TYPES}) THEN (
      WITH RECURSIVE newer (content, depth) AS (
        SELECT n.content, 1 FROM event n WHERE {_in_place_of("e")}
        UNION ALL
        SELECT n.content, newer.depth + 1 FROM newer JOIN event n ON {_in_place_of("newer")}
        WHERE newer.depth < {_MOST})
      SELECT jsonb_build_object('tlp', content ->> 'tlp', 'recipients', content #> '{{data,recipients}}')
      FROM newer ORDER BY depth DESC, content ->> 'time' DESC LIMIT 1) END
"""  # noqa: S608 - no value of anybody stands in it
"""Of event `e` in a query: label and recipients of its newest version; null: there is none newer."""


async def recheck_mails(connection: AsyncConnection, newer: Iterable[Envelope]) -> None:
    """Has mails that wait to be sent and tell of an earlier version of these composed again."""
    keys: set[UUID] = set()
    for event in newer:
        reference = _reference(event)
        while reference is not None and len(keys) < _MOST:
            key = event_key(reference.source, reference.id)
            content = (await contents_of(connection, [key])).get(key)
            if key in keys or content is None:
                break
            keys.add(key)
            reference = _reference(parse(content))
    if not keys:
        return
    mail, outcome = tables.mail.c, tables.outcome.c
    tells = exists().where(
        outcome.mail_key == mail.mail_key, outcome.event_key == any_(keys_of(sorted(keys)))
    )
    taken = exists().where(tables.mail_taken.c.mail_key == mail.mail_key)
    # The mailer composes again what is not of the newest register; this is of none.
    await connection.execute(
        update(tables.mail)
        .where(mail.state.in_(("queued", "failed")), tells, ~taken)
        .values(register_version=0)
    )


def _reference(event: Envelope) -> EventRef | None:
    found = getattr(event.data, "supersedes", None)
    return found if isinstance(found, EventRef) else None
