"""Bottlenecks that come and go: which event closes which, and what the hub signals of that."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.kafka.inbox import Arrival
from hub.register.model import Register
from hub.rules.bottlenecks import closes
from hub.rules.identity import event_key
from hub.rules.signalling import signals, signals_of_end
from hub.store import resolutions
from hub.store.ledger.records import Entry, record
from schemas.bottleneck import BottleneckFound, BottleneckResolved
from schemas.catalogue import Event, parse

Accepted = Mapping[UUID, datetime]


async def follow(
    connection: AsyncConnection,
    fresh: Sequence[Arrival],
    register: Register,
    accepted: Accepted,
    now: datetime,
) -> list[dict[str, Any]]:
    """Decides which of these events close a bottleneck, also when its end came first; the signals to give.

    What was closed before it was found is not signalled, and an end is signalled once."""
    found = {a.key: a.event for a in fresh if isinstance(a.event, BottleneckFound)}
    ends = {a.key: a.event for a in fresh if isinstance(a.event, BottleneckResolved)}
    if not found and not ends:
        return []
    of = {key: _bottleneck(end) for key, end in ends.items()}
    await resolutions.lock_bottlenecks(connection, {*found, *of.values()})
    closed = await resolutions.closed_of(connection, set(of.values()))
    earlier = await _kept(connection, set(of.values()) - found.keys())
    known = found | {key: event for key, event in earlier.items() if isinstance(event, BottleneckFound)}
    early = await resolutions.early_ends(connection, found.keys())
    before = await _kept(connection, early.keys())
    decided: dict[UUID, tuple[UUID, bool | None]] = {
        key: (of[key], closes(end, known[of[key]], register) if of[key] in known else None)
        for key, end in ends.items()
    }
    decided |= {
        key: (early[key], closes(end, found[early[key]], register))
        for key, end in before.items()
        if isinstance(end, BottleneckResolved)
    }
    await resolutions.keep_ends(connection, decided)
    closing = {key: bottleneck for key, (bottleneck, does) in decided.items() if does}
    await _record(connection, closing, register, now)
    ended_before = {bottleneck for key, bottleneck in closing.items() if key in early}
    told = [
        signal
        for key, event in found.items()
        if key not in ended_before
        for signal in signals(event, register, accepted[key])
    ]
    for key, end in ends.items():
        if key in closing and closing[key] not in closed:
            closed.add(closing[key])
            told += signals_of_end(known[closing[key]], end, register, accepted[key])
    return told


async def _kept(connection: AsyncConnection, keys: Collection[UUID]) -> dict[UUID, Event]:
    if not keys:
        return {}
    contents = await resolutions.contents_of(connection, keys)
    return {key: parse(content) for key, content in contents.items()}


async def _record(
    connection: AsyncConnection, closing: Mapping[UUID, UUID], register: Register, now: datetime
) -> None:
    entries = [
        Entry(
            "bottleneck-closed",
            (key,),
            key,
            now,
            {"bottleneck": str(bottleneck), "register": register.version},
        )
        for key, bottleneck in sorted(closing.items())
    ]
    await record(connection, entries)


def _bottleneck(end: BottleneckResolved) -> UUID:
    return event_key(end.data.bottleneck.source, end.data.bottleneck.id)
