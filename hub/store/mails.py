"""Mail: what is to be composed, what is to be sent, and what became of it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, any_, delete, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.policy import Mode
from hub.store import tables
from hub.store.database import keys_of

_audience, _outcome = tables.audience.c, tables.outcome.c
_mail, _bundle = tables.mail.c, tables.bundle.c
_bundle_to_mail = (_bundle.mail_key.is_(None), _bundle.withheld.is_(None))


class Audience(NamedTuple):
    """A row of an audience with its event, and those of its parties that have no outcome yet."""

    row: Any
    parties: Sequence[str]


class NewMail(NamedTuple):
    """A composed mail, for what the register of this version lets its party know."""

    mail_key: UUID
    party: str
    kind: str
    address: str
    tlp: str
    subject: str
    body: str
    made_at: datetime
    register_version: int


async def claim_immediate(connection: AsyncConnection, most: int) -> list[Audience]:
    """Audiences to mail at once, with their events and who has no outcome yet, held until the transaction
    ends: up to this many parties, but at least one audience."""
    query = (
        select(tables.audience, tables.event.c.content, tables.event.c.publisher)
        .join(tables.event, tables.event.c.event_key == _audience.event_key)
        .where(_audience.is_open, _audience.mode == Mode.IMMEDIATE, _audience.channel == "mail")
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
        Audience(one.row, [p for p in one.parties if (one.row.event_key, p) not in have]) for one in found
    ]


async def _with_outcome(connection: AsyncConnection, event_keys: Collection[UUID]) -> set[tuple[UUID, str]]:
    query = select(_outcome.event_key, _outcome.party).where(
        _outcome.event_key == any_(keys_of(list(event_keys))), _outcome.channel == "mail"
    )
    return {(row.event_key, row.party) for row in await connection.execute(query)}


_DIGESTS = text(
    """
    SELECT party, array_agg(DISTINCT a.event_key) AS event_keys
    FROM audience a CROSS JOIN unnest(a.parties) AS party
    WHERE a.is_open AND a.mode = 'digest' AND a.channel = 'mail' AND a.planned_at <= :until
      AND NOT EXISTS (SELECT FROM outcome o
                      WHERE o.event_key = a.event_key AND o.party = party AND o.channel = a.channel)
    GROUP BY party ORDER BY party
    """
)
_CLOSE_DIGESTS = text(
    """
    UPDATE audience a SET is_open = false
    WHERE a.is_open AND a.mode = 'digest' AND a.channel = 'mail' AND a.planned_at <= :until
      AND NOT EXISTS (
        SELECT FROM unnest(a.parties) AS party
        WHERE NOT EXISTS (SELECT FROM outcome o
                          WHERE o.event_key = a.event_key AND o.party = party AND o.channel = a.channel))
    """
)


async def digests_to_compose(connection: AsyncConnection, until: datetime) -> dict[str, list[UUID]]:
    """The parties for which something waits that was planned up to `until`, and the events that wait."""
    return {row.party: row.event_keys for row in await connection.execute(_DIGESTS, {"until": until})}


async def close_digests(connection: AsyncConnection, until: datetime) -> None:
    """Closes what was planned up to `until` and has an outcome for each of its parties."""
    await connection.execute(_CLOSE_DIGESTS, {"until": until})


async def digest_deliveries(
    connection: AsyncConnection, party: str, event_keys: Sequence[UUID]
) -> Sequence[Any]:
    """Which of these still belong in the party's digest, oldest first."""
    query = (
        select(tables.audience, tables.event.c.content, tables.event.c.publisher)
        .join(tables.event, tables.event.c.event_key == _audience.event_key)
        .where(
            _audience.is_open,
            _audience.mode == Mode.DIGEST,
            _audience.channel == "mail",
            _audience.event_key == any_(keys_of(event_keys)),
            _audience.parties.contains([party]),
            ~exists().where(
                _outcome.event_key == _audience.event_key,
                _outcome.party == party,
                _outcome.channel == _audience.channel,
            ),
        )
        .order_by(tables.event.c.accepted_at, _audience.event_key, _audience.position)
    )
    return (await connection.execute(query)).all()


async def close_audiences(connection: AsyncConnection, audiences: Iterable[Audience]) -> None:
    """Each party of these has its outcome."""
    for one in audiences:
        await connection.execute(
            update(tables.audience)
            .where(_audience.event_key == one.row.event_key, _audience.position == one.row.position)
            .values(is_open=False)
        )


async def lock_digest(connection: AsyncConnection, party: str) -> None:
    """Holds the party's digest until the transaction ends: one mailer at a time composes it."""
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"digest {party}", 0))))


async def mail_exists(connection: AsyncConnection, mail_key: UUID) -> bool:
    """Whether this mail was composed before."""
    return bool(await connection.scalar(select(exists().where(_mail.mail_key == mail_key))))


async def bundles_to_mail(connection: AsyncConnection) -> Sequence[Any]:
    """Bundles that have no mail yet and whose events the router has all kept or buried."""
    not_routed = (
        select(tables.request.c.event_key)
        .join(tables.item, tables.item.c.item_key == tables.request.c.item_key)
        .outerjoin(tables.event, tables.event.c.event_key == tables.request.c.event_key)
        .outerjoin(tables.dead_letter, tables.dead_letter.c.event_key == tables.request.c.event_key)
        .where(
            tables.item.c.bundle_key == _bundle.bundle_key,
            tables.event.c.event_key.is_(None),
            tables.dead_letter.c.event_key.is_(None),
        )
    )
    query = (
        select(tables.bundle)
        .where(*_bundle_to_mail, ~not_routed.exists())
        .order_by(_bundle.released_at, _bundle.operator)
    )
    return (await connection.execute(query)).all()


async def is_bundle_to_mail(connection: AsyncConnection, bundle_key: UUID) -> bool:
    """Whether the bundle still has no mail; held until the transaction ends."""
    query = select(_bundle.bundle_key).where(*_bundle_to_mail, _bundle.bundle_key == bundle_key)
    return await connection.scalar(query.with_for_update()) is not None


async def items_of_bundle(connection: AsyncConnection, bundle_key: UUID) -> Sequence[Any]:
    """The open requests of a bundle with their events, item by item."""
    query = (
        select(
            tables.item.c.item_key,
            tables.item.c.functions,
            tables.item.c.needed_by,
            tables.request.c.asker,
            tables.request.c.areas,
            tables.event.c.content,
            tables.event.c.event_key,
        )
        .join(tables.request, tables.request.c.item_key == tables.item.c.item_key)
        .join(tables.event, tables.event.c.event_key == tables.request.c.event_key)
        .where(tables.item.c.bundle_key == bundle_key, tables.request.c.state == "sent")
        .order_by(tables.item.c.needed_by.nulls_last(), tables.item.c.item_key, tables.request.c.received_at)
    )
    return (await connection.execute(query)).all()


async def open_requests_of(connection: AsyncConnection, asker: str, since: datetime) -> Sequence[Any]:
    """What a party has asked and has no answer to, oldest first: what is open, and what ended without an
    answer after `since`."""
    query = (
        select(
            tables.request.c.event_key,
            tables.request.c.operator,
            tables.request.c.state,
            tables.request.c.received_at,
            tables.operator_lock.c.last_slot,
            tables.event.c.content,
        )
        .join(tables.event, tables.event.c.event_key == tables.request.c.event_key)
        .join(tables.operator_lock, tables.operator_lock.c.operator == tables.request.c.operator)
        .where(
            tables.request.c.asker == asker,
            tables.request.c.state.in_(("waiting", "joined-sent", "sent"))
            | (
                tables.request.c.state.in_(("not-shared", "expired", "withheld"))
                & (tables.request.c.closed_at > since)
            ),
        )
        .order_by(tables.request.c.received_at, tables.request.c.operator)
    )
    return (await connection.execute(query)).all()


async def keep_mails(connection: AsyncConnection, mails: Sequence[NewMail], wall: datetime) -> set[UUID]:
    """Keeps composed mails, to be sent from `wall` on; the keys of those that are new."""
    if not mails:
        return set()
    rows = [{**m._asdict(), "state": "queued", "next_attempt_at": wall} for m in mails]
    statement = insert(tables.mail).on_conflict_do_nothing().returning(_mail.mail_key)
    return set((await connection.execute(statement, rows)).scalars())


async def take_back(connection: AsyncConnection, mail_key: UUID) -> None:
    """Undoes a mail that was never sent: what it told is to be mailed again."""
    undone = await connection.execute(
        delete(tables.outcome).where(_outcome.mail_key == mail_key).returning(_outcome.event_key)
    )
    await connection.execute(
        update(tables.audience)
        .where(_audience.event_key == any_(keys_of(list(undone.scalars()))), ~_audience.is_open)
        .values(is_open=True)
    )
    await connection.execute(update(tables.bundle).where(_bundle.mail_key == mail_key).values(mail_key=None))
    await connection.execute(delete(tables.mail).where(_mail.mail_key == mail_key))


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


async def mark_bundle_mailed(connection: AsyncConnection, bundle_key: UUID, mail_key: UUID) -> None:
    """The bundle is in this mail."""
    await connection.execute(
        update(tables.bundle).where(_bundle.bundle_key == bundle_key).values(mail_key=mail_key)
    )


async def claim_mail(connection: AsyncConnection, wall: datetime) -> Row[Any] | None:
    """The next mail to send, held until the transaction ends."""
    query = (
        select(tables.mail)
        .where(_mail.state == "queued", _mail.next_attempt_at <= wall)
        .order_by(_mail.next_attempt_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await connection.execute(query)).first()


async def mark_sent(connection: AsyncConnection, mail_key: UUID, now: datetime) -> None:
    """The mail server has taken it over."""
    await connection.execute(
        update(tables.mail)
        .where(_mail.mail_key == mail_key)
        .values(state="sent", sent_at=now, attempts=_mail.attempts + 1, last_error=None)
    )


async def mark_not_sent(
    connection: AsyncConnection, mail_key: UUID, why: str, next_attempt_at: datetime | None
) -> None:
    """An attempt failed; without a next attempt it has failed for good."""
    await connection.execute(
        update(tables.mail)
        .where(_mail.mail_key == mail_key)
        .values(
            state="queued" if next_attempt_at else "failed",
            next_attempt_at=next_attempt_at,
            attempts=_mail.attempts + 1,
            last_error=why,
        )
    )
