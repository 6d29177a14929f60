"""What waits to be told in a mail of many events: digests, and what was too much to come one by one."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import any_, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.policy import Mode
from hub.store import tables
from hub.store.contents import Contents, version_of
from hub.store.database import keys_of
from hub.store.versions import MARKING

_audience = tables.audience.c
_event = tables.event.alias("e")
_marking = literal_column(MARKING, _event.c.content.type).label("marking")


_DIGESTS = text(
    """
    SELECT p.party, array_agg(DISTINCT a.event_key) AS event_keys
    FROM audience a CROSS JOIN unnest(a.parties) AS p (party)
    WHERE a.is_open AND a.mode = :mode AND a.channel = 'mail' AND a.planned_at <= :until
      AND (p.party = ANY(:parties)) <> :others
      AND NOT EXISTS (SELECT FROM outcome o
                      WHERE o.event_key = a.event_key AND o.party = p.party AND o.channel = a.channel)
    GROUP BY p.party HAVING min(a.planned_at) <= :first_until ORDER BY p.party
    """
)
_ALL_HAVE_OUTCOME = """
    NOT EXISTS (
      SELECT FROM unnest(a.parties) AS p (party)
      WHERE NOT EXISTS (SELECT FROM outcome o
                        WHERE o.event_key = a.event_key AND o.party = p.party AND o.channel = a.channel))
"""
_HOLD_DONE = text(
    f"""
    SELECT a.position FROM audience a
    WHERE a.is_open AND a.mode = :mode AND a.channel = 'mail' AND a.planned_at <= :until
      AND {_ALL_HAVE_OUTCOME}
    FOR UPDATE SKIP LOCKED
    """  # noqa: S608 - of constants
)
_CLOSE_DIGESTS = text(
    f"""
    UPDATE audience a SET is_open = false
    WHERE a.is_open AND a.mode = :mode AND a.position = ANY(:held) AND {_ALL_HAVE_OUTCOME}
    """  # noqa: S608 - of constants
)


async def digests_to_compose(
    connection: AsyncConnection,
    until: datetime,
    parties: Collection[str] = (),
    *,
    others: bool = True,
    mode: str = Mode.DIGEST,
    first_until: datetime | None = None,
) -> dict[str, list[UUID]]:
    """Which of `parties`, or of all others, have something waiting that was planned up to `until`, the first
    of it up to `first_until`, and the events that wait."""
    given: dict[str, Any] = {"until": until, "first_until": first_until or until, "mode": mode}
    given |= {"parties": list(parties), "others": others}
    return {row.party: row.event_keys for row in await connection.execute(_DIGESTS, given)}


async def close_digests(connection: AsyncConnection, until: datetime, mode: str = Mode.DIGEST) -> None:
    """Closes what was planned up to `until` and has an outcome for each of its parties. What another holds is
    being closed, or its mail is taken back: that waits for nobody, and for a next time."""
    held = await connection.execute(_HOLD_DONE, {"until": until, "mode": mode})
    # Looked at once more: what was taken back before it was held has no outcome any more.
    if positions := list(held.scalars()):
        await connection.execute(_CLOSE_DIGESTS, {"held": positions, "mode": mode})


_CONSULTATION = "nl.vitale-functies.ministry-consultation.planned.v1"
_DIALOGUE = "nl.vitale-functies.risk-dialogue.planned.v1"
_SOONER = text(
    """
    SELECT p.party, array_agg(DISTINCT a.event_key) AS event_keys
    FROM audience a JOIN event e ON e.event_key = a.event_key CROSS JOIN unnest(a.parties) AS p (party)
    WHERE a.is_open AND a.mode = 'digest' AND a.channel = 'mail'
      AND (e.type = ANY(:plans) OR e.type = ANY(:types))
      AND ((p.party, e.type) IN (SELECT * FROM unnest(CAST(:parties AS text[]), CAST(:types AS text[])))
           OR e.type = :consultation OR e.type = :dialogue
             AND (e.content -> 'data' -> 'participants' ? p.party
                  OR e.content #>> '{data,supersedes,id}' IS NOT NULL))
      AND NOT EXISTS (SELECT FROM outcome o
                      WHERE o.event_key = a.event_key AND o.party = p.party AND o.channel = a.channel)
      AND NOT EXISTS (SELECT FROM audience t
                      WHERE t.event_key = a.event_key AND t.is_open AND t.mode = 'together'
                        AND p.party = ANY(t.parties))
    GROUP BY p.party ORDER BY p.party
    """
)


async def digests_wanted_at_once(
    connection: AsyncConnection, wanted: Collection[tuple[str, str]]
) -> dict[str, list[UUID]]:
    """The events of these types that wait for the digest of these parties, and the plans of meetings that
    wait for that of who may be invited, or took part before; without what waits already to come together.
    `wanted`: party and type."""
    given = {"parties": [party for party, _ in wanted], "types": [type_ for _, type_ in wanted]}
    plans = {"plans": [_CONSULTATION, _DIALOGUE], "consultation": _CONSULTATION, "dialogue": _DIALOGUE}
    rows = await connection.execute(_SOONER, {**given, **plans})
    return {row.party: row.event_keys for row in rows}


class Due(NamedTuple):
    """A delivery that a party's digest is to tell, with the content of its event."""

    event_key: UUID
    position: int
    channel: str
    mode: str
    reasons: Sequence[Any]
    register_version: int
    planned_at: datetime
    planning: int
    publisher: str
    marking: Any
    content: Any


_OF_DUE = [_audience[name] for name in Due._fields if name in _audience]
"""Not the parties: of a digest that many get they are many, each time again."""


_STILL_DUE = text(
    """
    ARRAY(SELECT p.party FROM unnest(audience.parties) AS p (party)
          WHERE p.party = ANY(CAST(:parties AS text[]))
            AND NOT EXISTS (SELECT FROM outcome o
                            WHERE o.event_key = audience.event_key AND o.party = p.party
                              AND o.channel = audience.channel OFFSET 0)) AS due
    """
)
"""Those of the parties that an audience holds and that have no outcome yet. The OFFSET has each looked up: of
an event that many get PostgreSQL would read all outcomes."""


async def digest_deliveries(
    connection: AsyncConnection,
    waiting: Mapping[str, Collection[UUID]],
    contents: Contents,
    mode: str = Mode.DIGEST,
) -> dict[str, list[Due]]:
    """Which of the events that wait for each party still belong in its digest, oldest first. An event that
    many get is read once. What also waits to be mailed at once to a party is told there alone."""
    query = (
        select(*_OF_DUE, _event.c.publisher, _marking, version_of("e"), _STILL_DUE)
        .join(_event, _event.c.event_key == _audience.event_key)
        .where(
            _audience.is_open,
            _audience.mode == mode,
            _audience.channel == "mail",
            _audience.event_key == any_(keys_of(list({key for keys in waiting.values() for key in keys}))),
        )
        .order_by(_event.c.accepted_at, _audience.event_key, _audience.position)
    )
    rows = (await connection.execute(query, {"parties": list(waiting)})).all()
    read = await contents.read(connection, {row.event_key: row.version for row in rows})
    at_once = await _at_once(connection, read)
    of_party = {party: set(keys) - at_once.get(party, set()) for party, keys in waiting.items()}
    found: dict[str, list[Due]] = {party: [] for party in waiting}
    for row in rows:
        if row.event_key in read:
            *known, _, parties = row
            one = Due._make([*known, read[row.event_key]])
            for party in parties:
                if one.event_key in of_party[party]:
                    found[party].append(one)
    return found


async def _at_once(connection: AsyncConnection, event_keys: Collection[UUID]) -> dict[str, set[UUID]]:
    """By party: which of these events still wait to be mailed to it at once."""
    query = select(_audience.event_key, _audience.parties).where(
        _audience.is_open,
        _audience.mode == Mode.IMMEDIATE,
        _audience.channel == "mail",
        _audience.event_key == any_(keys_of(list(event_keys))),
    )
    found: dict[str, set[UUID]] = {}
    for row in await connection.execute(query):
        for party in row.parties:
            found.setdefault(party, set()).add(row.event_key)
    return found


_LOCK_DIGESTS = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('digest ' || party, 0))"
    " FROM unnest(CAST(:parties AS text[])) AS party"
)


async def lock_digests(connection: AsyncConnection, *parties: str) -> None:
    """Holds the digests of these parties until the transaction ends: one mailer at a time composes them. In
    one order, so that none who do so wait for one another."""
    await connection.execute(_LOCK_DIGESTS, {"parties": sorted(parties)})
