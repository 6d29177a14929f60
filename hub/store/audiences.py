"""Planned deliveries by audience, and the outcome that each party's delivery gets."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    and_,
    any_,
    func,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.policy import Mode
from hub.store import tables
from hub.store.contents import Contents, version_of
from hub.store.database import keys_of
from hub.store.versions import MARKING

_audience, _outcome = tables.audience.c, tables.outcome.c
_event = tables.event.alias("e")
_marking = literal_column(MARKING, _event.c.content.type).label("marking")
_VERSION = version_of("e")
_OF_EVENT = (_event.c.content, _event.c.publisher, _marking)


class Audience(NamedTuple):
    """A row of an audience with its event, and those of its parties that have no outcome yet."""

    row: Any
    parties: Sequence[str]


URGENT_TYPES = ("nl.vitale-functies.situation.opened.v1",)
URGENT_IF_SAID = (
    "nl.vitale-functies.question.raised.v1",
    "nl.vitale-functies.information.requested.v1",
    "nl.vitale-functies.participation.requested.v1",
)
_is_urgent = or_(
    _event.c.type.in_(URGENT_TYPES),
    and_(
        _event.c.type.in_(URGENT_IF_SAID), func.jsonb_typeof(_event.c.content["data"]["urgent"]) == "string"
    ),
)
"""What `hub.rules.digesting` calls urgent, in the words of the store."""


async def claim_immediate(connection: AsyncConnection, most: int, *, urgent: bool = False) -> list[Audience]:
    """Audiences to mail at once, or only those of urgent events, with their events and who has no outcome
    yet, held until the transaction ends: up to this many parties, but at least one audience."""
    query = (
        select(tables.audience, *_OF_EVENT)
        .join(_event, _event.c.event_key == _audience.event_key)
        .where(_audience.is_open, _audience.mode == Mode.IMMEDIATE, *([_is_urgent] if urgent else []))
        .order_by(_audience.planned_at, _audience.position)
        .limit(most)
        .with_for_update(of=tables.audience, skip_locked=True)
    )
    found: list[Audience] = []
    parties = 0
    for row in await connection.execute(query):
        if found and parties + len(row.parties) > most:
            break
        found.append(Audience(row, row.parties))
        parties += len(row.parties)
    have = await _with_outcome(connection, {one.row.event_key for one in found})
    return [
        Audience(one.row, [p for p in one.parties if (one.row.event_key, p, one.row.channel) not in have])
        for one in found
    ]


async def _with_outcome(
    connection: AsyncConnection, event_keys: Collection[UUID]
) -> set[tuple[UUID, str, str]]:
    query = select(_outcome.event_key, _outcome.party, _outcome.channel).where(
        _outcome.event_key == any_(keys_of(list(event_keys)))
    )
    return {(row.event_key, row.party, row.channel) for row in await connection.execute(query)}


_DIGESTS = text(
    """
    SELECT p.party, array_agg(DISTINCT a.event_key) AS event_keys
    FROM audience a CROSS JOIN unnest(a.parties) AS p (party)
    WHERE a.is_open AND a.mode = :mode AND a.channel = 'mail' AND a.planned_at <= :until
      AND (p.party = ANY(:parties)) <> :others
      AND NOT EXISTS (SELECT FROM outcome o
                      WHERE o.event_key = a.event_key AND o.party = p.party AND o.channel = a.channel)
    GROUP BY p.party ORDER BY p.party
    """
)
_CLOSE_DIGESTS = text(
    """
    UPDATE audience a SET is_open = false
    WHERE a.is_open AND a.mode = :mode AND a.channel = 'mail' AND a.planned_at <= :until
      AND NOT EXISTS (
        SELECT FROM unnest(a.parties) AS p (party)
        WHERE NOT EXISTS (SELECT FROM outcome o
                          WHERE o.event_key = a.event_key AND o.party = p.party AND o.channel = a.channel))
    """
)


async def digests_to_compose(
    connection: AsyncConnection,
    until: datetime,
    parties: Collection[str] = (),
    *,
    others: bool = True,
    mode: str = Mode.DIGEST,
) -> dict[str, list[UUID]]:
    """Which of `parties`, or of all others, have something waiting that was planned up to `until`, and the
    events that wait."""
    given = {"until": until, "parties": list(parties), "others": others, "mode": mode}
    return {row.party: row.event_keys for row in await connection.execute(_DIGESTS, given)}


async def close_digests(connection: AsyncConnection, until: datetime, mode: str = Mode.DIGEST) -> None:
    """Closes what was planned up to `until` and has an outcome for each of its parties."""
    await connection.execute(_CLOSE_DIGESTS, {"until": until, "mode": mode})


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
    GROUP BY p.party ORDER BY p.party
    """
)


async def digests_wanted_at_once(
    connection: AsyncConnection, wanted: Collection[tuple[str, str]]
) -> dict[str, list[UUID]]:
    """The events of these types that wait for the digest of these parties, and the plans of meetings that
    wait for that of who may be invited, or took part before; `wanted`: party and type."""
    given = {"parties": [party for party, _ in wanted], "types": [type_ for _, type_ in wanted]}
    plans = {"plans": [_CONSULTATION, _DIALOGUE], "consultation": _CONSULTATION, "dialogue": _DIALOGUE}
    rows = await connection.execute(_SOONER, {**given, **plans})
    return {row.party: row.event_keys for row in rows}


async def move(connection: AsyncConnection, row: Any, parties: Sequence[str], mode: str) -> None:
    """Plans what this audience holds for these parties in another way of mailing. Systems get it once."""
    columns = ("event_key", "channel", "reasons", "register_version", "planned_at", "planning")
    values = {name: getattr(row, name) for name in columns}
    await connection.execute(insert(tables.audience).values(**values, parties=list(parties), mode=mode))


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
    ARRAY(SELECT p.party FROM unnest(CAST(:parties AS text[])) AS p (party)
          WHERE p.party = ANY(audience.parties)
            AND NOT EXISTS (SELECT FROM outcome o
                            WHERE o.event_key = audience.event_key AND o.party = p.party
                              AND o.channel = audience.channel)) AS due
    """
)
"""Those of the parties that an audience holds and that have no outcome yet."""


async def digest_deliveries(
    connection: AsyncConnection,
    waiting: Mapping[str, Collection[UUID]],
    contents: Contents,
    mode: str = Mode.DIGEST,
) -> dict[str, list[Due]]:
    """Which of the events that wait for each party still belong in its digest, oldest first. An event that
    many get is read once."""
    query = (
        select(*_OF_DUE, _event.c.publisher, _marking, _VERSION, _STILL_DUE)
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
    of_party = {party: set(keys) for party, keys in waiting.items()}
    found: dict[str, list[Due]] = {party: [] for party in waiting}
    for row in rows:
        if row.event_key in read:
            *known, _, parties = row
            one = Due._make([*known, read[row.event_key]])
            for party in parties:
                if one.event_key in of_party[party]:
                    found[party].append(one)
    return found


async def close_audiences(connection: AsyncConnection, audiences: Iterable[Audience]) -> None:
    """Each party of these has its outcome."""
    for one in audiences:
        await connection.execute(
            update(tables.audience)
            .where(_audience.event_key == one.row.event_key, _audience.position == one.row.position)
            .values(is_open=False)
        )


_LOCK_DIGESTS = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('digest ' || party, 0))"
    " FROM unnest(CAST(:parties AS text[])) AS party"
)


async def lock_digests(connection: AsyncConnection, *parties: str) -> None:
    """Holds the digests of these parties until the transaction ends: one mailer at a time composes them. In
    one order, so that none who do so wait for one another."""
    await connection.execute(_LOCK_DIGESTS, {"parties": sorted(parties)})


async def settle(
    connection: AsyncConnection,
    row: Any,
    party: str,
    *,
    mail_key: UUID | None = None,
    withheld: str | None = None,
) -> bool:
    """Gives the delivery of this audience to this party its outcome: a mail, or why it may not go out.
    False when it had one: then nothing more is told."""
    columns = ("event_key", "channel", "mode", "reasons", "register_version", "planned_at")
    values = {name: getattr(row, name) for name in columns}
    statement = insert(tables.outcome).on_conflict_do_nothing().returning(_outcome.event_key)
    settled = await connection.execute(
        statement, {**values, "party": party, "mail_key": mail_key, "withheld": withheld}
    )
    return settled.first() is not None


class Settling(NamedTuple):
    """What becomes of the delivery of an audience to a party: it is in a mail, or kept back for a reason."""

    row: Any
    party: str
    mail_key: UUID | None = None
    withheld: str | None = None


_SETTLE = text(
    """
    INSERT INTO outcome (event_key, party, channel, mode, reasons, register_version, planned_at, mail_key,
                         withheld)
    SELECT a.event_key, given.party, a.channel, a.mode, a.reasons, a.register_version, a.planned_at,
           given.mail_key, given.withheld
    FROM unnest(CAST(:keys AS uuid[]), CAST(:positions AS bigint[]), CAST(:parties AS text[]),
                CAST(:mails AS uuid[]), CAST(:withheld AS text[]))
         WITH ORDINALITY AS given (event_key, position, party, mail_key, withheld, number)
    JOIN audience a USING (event_key, position)
    ORDER BY given.number
    ON CONFLICT DO NOTHING RETURNING event_key, party, channel
    """
)


async def settle_all(connection: AsyncConnection, settling: Sequence[Settling]) -> list[Settling]:
    """Gives deliveries their outcome; which of them had none yet: of what comes twice the first."""
    values = {
        "keys": [one.row.event_key for one in settling],
        "positions": [one.row.position for one in settling],
        "parties": [one.party for one in settling],
        "mails": [one.mail_key for one in settling],
        "withheld": [one.withheld for one in settling],
    }
    settled = {tuple(row) for row in await connection.execute(_SETTLE, values)}
    first = []
    for one in settling:
        delivery = one.row.event_key, one.party, one.row.channel
        if delivery in settled:
            settled.remove(delivery)
            first.append(one)
    return first
