"""Planned deliveries by audience, and the outcome that each party's delivery gets."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, case, func, literal_column, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.policy import Mode
from hub.store import tables
from hub.store.database import keys_of
from hub.store.versions import MARKING

_audience, _outcome = tables.audience.c, tables.outcome.c
_event = tables.event.alias("e")
_marking = literal_column(MARKING, _event.c.content.type).label("marking")
_OF_EVENT = (_event.c.content, _event.c.publisher, _marking)


STOPPED = "stopped"
"""Why an event is not mailed that its party does not want; for other reasons it may have to read it."""


class Audience(NamedTuple):
    """A row of an audience with its event, and those of its parties that have no outcome yet for these
    reasons."""

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


_FIRST = text(
    """
    SELECT DISTINCT ON (p.party) a.event_key
    FROM audience a CROSS JOIN unnest(a.parties) AS p (party)
    WHERE a.is_open AND a.mode = 'immediate' ORDER BY p.party, a.planned_at, a.position
    """
)


async def first_immediate(connection: AsyncConnection) -> set[UUID]:
    """The events to mail at once that came first for some party."""
    return set((await connection.execute(_FIRST)).scalars())


async def claim_immediate(
    connection: AsyncConnection,
    most: int,
    *,
    urgent: bool = False,
    among: Collection[UUID] | None = None,
) -> list[Audience]:
    """Audiences to mail at once, or only those of urgent events or of events `among` these, with their events
    and who has no outcome yet, held until the transaction ends: up to this many parties, but at least one
    audience."""
    wanted: list[ColumnElement[bool]] = [_is_urgent] if urgent else []
    if among is not None:
        wanted.append(_audience.event_key == any_(keys_of(list(among))))
    query = (
        select(tables.audience, *_OF_EVENT)
        .join(_event, _event.c.event_key == _audience.event_key)
        .where(_audience.is_open, _audience.mode == Mode.IMMEDIATE, *wanted)
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
    have = await _outcomes(connection, {one.row.event_key for one in found})
    return [
        Audience(one.row, [p for p in one.parties if not _has_outcome(one.row, p, have)]) for one in found
    ]


def _has_outcome(row: Any, party: str, have: Mapping[tuple[UUID, str, str], Any]) -> bool:
    outcome = have.get((row.event_key, party, row.channel))
    return outcome is not None and (outcome.withheld != STOPPED or outcome.reasons == row.reasons)


async def _outcomes(
    connection: AsyncConnection, event_keys: Collection[UUID]
) -> dict[tuple[UUID, str, str], Any]:
    reasons = case((_outcome.withheld == STOPPED, _outcome.reasons)).label("reasons")
    query = select(_outcome.event_key, _outcome.party, _outcome.channel, _outcome.withheld, reasons).where(
        _outcome.event_key == any_(keys_of(list(event_keys)))
    )
    return {(row.event_key, row.party, row.channel): row for row in await connection.execute(query)}


async def move(connection: AsyncConnection, row: Any, parties: Sequence[str], mode: str) -> None:
    """Plans what this audience holds for these parties in another way of mailing. Systems get it once."""
    columns = ("event_key", "channel", "reasons", "register_version", "planned_at", "planning")
    values = {name: getattr(row, name) for name in columns}
    await connection.execute(insert(tables.audience).values(**values, parties=list(parties), mode=mode))


async def close_audiences(connection: AsyncConnection, audiences: Iterable[Audience]) -> None:
    """Each party of these has its outcome."""
    for one in audiences:
        await connection.execute(
            update(tables.audience)
            .where(_audience.event_key == one.row.event_key, _audience.position == one.row.position)
            .values(is_open=False)
        )


async def settle(
    connection: AsyncConnection,
    row: Any,
    party: str,
    *,
    mail_key: UUID | None = None,
    withheld: str | None = None,
) -> bool:
    """Gives the delivery of this audience to this party its outcome: a mail, or why it may not go out.
    False when it had one: then nothing more is told, but in a mail for other reasons than those for which
    the party did not want it."""
    columns = ("event_key", "channel", "mode", "reasons", "register_version", "planned_at")
    values = {name: getattr(row, name) for name in columns}
    statement = insert(tables.outcome)
    statement = statement.on_conflict_do_update(
        index_elements=[_outcome.event_key, _outcome.party, _outcome.channel],
        set_={name: statement.excluded[name] for name in (*columns[2:], "mail_key", "withheld")},
        where=and_(_outcome.withheld == STOPPED, statement.excluded.mail_key.is_not(None)),
    )
    settled = await connection.execute(
        statement.returning(_outcome.event_key),
        {**values, "party": party, "mail_key": mail_key, "withheld": withheld},
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
