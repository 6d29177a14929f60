"""Router: who receives each event? Event, deliveries and ledger record are stored in one transaction."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zlib import crc32

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from consumers.kafka.inbox import (
    Arrival,
    Rejection,
    dead_letter,
    read,
    send_dead_letters,
    together_or_apart,
)
from consumers.kafka.stream import Records
from consumers.routing.bottlenecks import follow
from hub.errors import Unavailable
from hub.kafka.broker import Publisher
from hub.register.model import Register
from hub.rules.identity import Json
from hub.rules.ledger.contents import committed
from hub.rules.policy import POLICY_VERSION
from hub.rules.recipients import route
from hub.rules.relations import publisher as publisher_of
from hub.rules.replaying import delivery_json
from hub.settings import Settings
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.exchanges import (
    NewDeliveries,
    NewEvent,
    keep_dead_letters,
    keep_events,
    plan_deliveries,
)
from hub.store.intake.claims import Claim, acknowledge, claim_content
from hub.store.intake.outbox import put_out
from hub.store.ledger.records import Entry, record
from hub.store.register.registers import Registers
from hub.store.wake import Channel, wake
from schemas.problems import Problem

GROUP = "router"
_SIDE_BY_SIDE = 3
_MANY = 60


class Router:
    """Handles batches of records. The same record twice has no second effect."""

    def __init__(
        self, settings: Settings, pool: AsyncEngine, registers: Registers, publisher: Publisher, clock: Clock
    ):
        self._settings = settings
        self._pool = pool
        self._registers = registers
        self._publisher = publisher
        self._clock = clock

    async def on_records(self, records: Records) -> None:
        """Routes a batch. Raises Unavailable when a part is away; then nothing of it is stored."""
        await together_or_apart(records, self._route, self._bury)

    async def _route(self, records: Records) -> None:
        register = await self._registers.newest()
        now = await self._clock.now()
        parts = [self._route_part(part, register, now) for part in _parts(records)]
        broken = [e for e in await asyncio.gather(*parts, return_exceptions=True) if e is not None]
        for error in sorted(broken, key=lambda error: isinstance(error, Unavailable)):
            raise error

    async def _route_part(self, records: Records, register: Register, now: datetime) -> None:
        readings = read(records, register, self._settings)
        arrivals: dict[UUID, Arrival] = {}
        for one in readings:
            if isinstance(one, Arrival):
                arrivals.setdefault(one.key, one)
        rejections = [one for one in readings if isinstance(one, Rejection)]
        async with transaction(self._pool) as connection:
            contents = {a.key: a.digest for a in arrivals.values()}
            claims = await claim_content(connection, contents, now, is_in_kafka=True)
            # Kafka may still have what was removed here: it does not come back.
            removed = {key for key, claim in claims.items() if claim.salt is None}
            arrivals = {key: one for key, one in arrivals.items() if key not in removed}
            for reading in readings:
                if not isinstance(reading, Arrival) or reading.key in removed:
                    continue
                if claims[reading.key].content_hash != reading.digest:
                    problem = Problem("id", "other_content", "is al gebruikt voor andere inhoud")
                    rejections.append(Rejection(reading.record, None, "other-content", [problem]))
                    if arrivals.get(reading.key) is reading:
                        del arrivals[reading.key]
            if late := [key for key in arrivals if not claims[key].acknowledged]:
                await acknowledge(connection, late, now)
            await self.keep(connection, list(arrivals.values()), claims, register, now)
            await self._keep_rejections(connection, rejections, now)
            await wake(connection, Channel.MAIL)

    async def keep(
        self,
        connection: AsyncConnection,
        arrivals: Sequence[Arrival],
        claims: Mapping[UUID, Claim],
        register: Register,
        now: datetime,
    ) -> None:
        """Keeps those of these events that are new, with who receives them, in the caller's transaction."""
        accepted = {a.key: claims[a.key].accepted_at for a in arrivals}
        new = await keep_events(connection, [_event(a, accepted[a.key], register) for a in arrivals])
        fresh = [a for a in arrivals if a.key in new]
        deliveries = {a.key: _deliveries(a, register, now) for a in fresh}
        await plan_deliveries(connection, (d for a in fresh for d in deliveries[a.key]))
        await record(connection, [_entry(a, deliveries[a.key], claims[a.key], register) for a in fresh])
        await put_out(connection, await follow(connection, fresh, register, accepted, now), now)

    async def _bury(self, rejections: Sequence[Rejection]) -> None:
        now = await self._clock.now()
        async with transaction(self._pool) as connection:
            await self._keep_rejections(connection, rejections, now)

    async def _keep_rejections(
        self, connection: AsyncConnection, rejections: Sequence[Rejection], now: datetime
    ) -> None:
        await send_dead_letters(self._publisher, self._settings, GROUP, rejections)
        kept = await keep_dead_letters(connection, [dead_letter(GROUP, r, now) for r in rejections])
        await record(
            connection,
            [
                Entry(
                    "dead-letter",
                    (GROUP, letter.topic, letter.partition, letter.offset),
                    letter.event_key,
                    now,
                    {
                        "consumer": GROUP,
                        "topic": letter.topic,
                        "partition": letter.partition,
                        "offset": letter.offset,
                        "reason": letter.reason,
                    },
                )
                for letter in kept
            ],
        )


def _parts(records: Records) -> list[Records]:
    """Parts to route side by side: while PostgreSQL stores one, another is decided. Records with the same key
    stay together, in order."""
    parts: list[list[Any]] = [[] for _ in range(_SIDE_BY_SIDE if len(records) >= _MANY else 1)]
    for one in records:
        parts[crc32(one.key or b"") % len(parts)].append(one)
    return [part for part in parts if part]


def _event(arrival: Arrival, accepted_at: datetime, register: Register) -> NewEvent:
    event = arrival.event
    return NewEvent(
        arrival.key,
        event.type,
        event.subject,
        [str(f) for f in event.functions],
        list(event.areas),
        str(event.tlp),
        publisher_of(event.source, register) or "",
        accepted_at,
        arrival.content,
        register.version,
    )


def _deliveries(arrival: Arrival, register: Register, now: datetime) -> list[NewDeliveries]:
    return [
        NewDeliveries(arrival.key, tied, mode, register.version, now)
        for tied, mode in route(arrival.event, register)
    ]


def _entry(arrival: Arrival, deliveries: Sequence[NewDeliveries], claim: Claim, register: Register) -> Entry:
    return Entry(
        "event-routed",
        (arrival.key,),
        arrival.key,
        claim.accepted_at,
        {
            "content": committed(claim.salt or b"", arrival.digest).hex(),
            "publisher": publisher_of(arrival.event.source, register),
            "register": register.version,
            "policy": POLICY_VERSION,
            "deliveries": Json(f"[{','.join(map(_as_json, deliveries))}]"),
        },
    )


def _as_json(row: NewDeliveries) -> str:
    return delivery_json(row.channel, row.mode, row.tied)
