"""Who knew of an event at a moment, over every way by which it is recorded that it went."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.ledger.checking import said_in
from hub.store import tables
from hub.store.received import SENT_KINDS

_ledger, _outcome, _mail = tables.ledger.c, tables.outcome.c, tables.mail.c
_request, _item, _bundle = tables.request.c, tables.item.c, tables.bundle.c
_READ_KINDS = (*SENT_KINDS, "bottleneck-read", "content-read")


class Knew(NamedTuple):
    """A party, since when it knew, and by which way it heard first: `mail`, `bundle`, or as a record says."""

    party: str
    since: datetime
    way: str


async def knew_of(connection: AsyncConnection, event_key: UUID, at: datetime) -> Sequence[Knew]:
    """Who had got an event at a moment, in order of when: by mail, in a bundle, by a system or feed of its
    own, or sent again. Who looked at pages at the hub itself is no party that got it."""
    found = [
        *await _mailed(connection, event_key),
        *await _asked(connection, event_key),
        *await _recorded(connection, event_key),
    ]
    return _first(one for one in found if one.since <= at)


async def _mailed(connection: AsyncConnection, event_key: UUID) -> list[Knew]:
    query = (
        select(_outcome.party, _mail.sent_at)
        .join(tables.mail, _mail.mail_key == _outcome.mail_key)
        .where(_outcome.event_key == event_key, _mail.state == "sent")
    )
    return [Knew(row.party, row.sent_at, "mail") for row in await connection.execute(query)]


async def _asked(connection: AsyncConnection, event_key: UUID) -> list[Knew]:
    """Operators, in whose bundle it stood."""
    query = (
        select(_request.operator, _mail.sent_at)
        .join(tables.item, _item.item_key == _request.item_key)
        .join(tables.bundle, _bundle.bundle_key == _item.bundle_key)
        .join(tables.mail, _mail.mail_key == _bundle.mail_key)
        .where(_request.event_key == event_key, _request.state != "withheld", _mail.state == "sent")
    )
    return [Knew(row.operator, row.sent_at, "bundle") for row in await connection.execute(query)]


async def _recorded(connection: AsyncConnection, event_key: UUID) -> list[Knew]:
    query = select(_ledger.kind, _ledger.record).where(
        _ledger.event_key == event_key, _ledger.kind.in_(_READ_KINDS)
    )
    found = []
    for row in await connection.execute(query):
        said = said_in(bytes(row.record))
        way = str(said.get("channel", "feed"))
        found.append(Knew(str(said["party"]), datetime.fromisoformat(str(said["at"])), way))
    return found


def _first(found: Iterable[Knew]) -> list[Knew]:
    """Of each party how it heard first."""
    first: dict[str, Knew] = {}
    for one in sorted(found, key=lambda one: (one.since, one.party, one.way)):
        first.setdefault(one.party, one)
    return list(first.values())
