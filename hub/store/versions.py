"""Newer versions of an event: what its publisher published in place of it, version after version."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.handing import LAPSE
from hub.rules.seeing import Marking, marking_of
from hub.store import tables

_MOST = 100
_ALWAYS = datetime(9999, 12, 31, tzinfo=UTC)
REPLACED = (
    "nl.vitale-functies.answer.deposited.v1",
    "nl.vitale-functies.ministry-consultation.planned.v1",
    "nl.vitale-functies.question.answered.v1",
    "nl.vitale-functies.risk-dialogue.planned.v1",
)
"""The types with `supersedes`; an index has the same."""
_TYPES = ", ".join(f"'{one}'" for one in REPLACED)


def _in_place_of(older: str, at: str) -> str:
    return f"""n.type IN ({_TYPES}) AND n.publisher = e.publisher
        AND n.content #>> '{{data,supersedes,id}}' = {older}.content ->> 'id'
        AND n.content #>> '{{data,supersedes,source}}' = {older}.content ->> 'source'{at}"""


def _marking(at: str = "") -> str:
    return f"""
    CASE WHEN e.type IN ({_TYPES}) THEN (
      WITH RECURSIVE newer (content, depth) AS (
        SELECT n.content, 1 FROM event n WHERE {_in_place_of("e", at)}
        UNION ALL
        SELECT n.content, newer.depth + 1 FROM newer JOIN event n ON {_in_place_of("newer", at)}
        WHERE newer.depth < {_MOST})
      SELECT jsonb_build_object('tlp', content ->> 'tlp', 'recipients', content #> '{{data,recipients}}')
      FROM newer ORDER BY depth DESC, content ->> 'time' DESC LIMIT 1) END
"""  # noqa: S608 - no value of anybody stands in it


MARKING = _marking()
"""Of event `e` in a query: label and recipients of its newest version; null: there is none newer."""

_MARKINGS = text(
    f"""
    SELECT e.event_key, {_marking(" AND n.accepted_at <= :at")} AS marking FROM event e
    WHERE e.event_key = ANY(CAST(:keys AS uuid[])) AND e.type IN ({_TYPES})
    """  # noqa: S608 - no value of anybody stands in it
)
_TOLD = text(
    f"""
    WITH told AS (
        SELECT o.mail_key, o.reasons, e.content, {MARKING} AS marking
        FROM outcome o JOIN event e USING (event_key)
        WHERE o.mail_key = ANY(CAST(:keys AS uuid[])) AND o.channel <> :lapse AND e.type IN ({_TYPES}))
    SELECT * FROM told WHERE marking IS NOT NULL
    """  # noqa: S608 - no value of anybody stands in it
).columns(reasons=tables.outcome.c.reasons.type)


async def newest_markings(
    connection: AsyncConnection, event_keys: Collection[UUID], at: datetime | None = None
) -> dict[UUID, Marking]:
    """How what came in the place of these events (until a moment) is marked; not of those that nothing
    replaced."""
    rows = await connection.execute(_MARKINGS, {"keys": list(event_keys), "at": at or _ALWAYS})
    return {row.event_key: found for row in rows if (found := marking_of(row.marking))}


async def replaced_in(connection: AsyncConnection, mail_keys: Collection[UUID]) -> Sequence[Any]:
    """What these mails tell of that another version took the place of: mail_key, content, reasons, and the
    marking of the newest version. Not that an answer lapsed: who had it hears that."""
    return (await connection.execute(_TOLD, {"keys": list(mail_keys), "lapse": LAPSE})).all()
