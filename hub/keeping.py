"""Keep events: claim (source, id) for their content, publish with acks=all, acknowledge. What comes in at
about the same time goes together."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from hub import logs
from hub.broker import Outgoing, Publisher
from hub.errors import DatabaseUnavailable, Unavailable
from hub.gathering import Gathering
from hub.receipts import Receipts, Received
from hub.rules.ledger.contents import committed
from hub.store.claims import Claim, acknowledge, claim_content
from hub.store.database import transaction

_MANY = 20
"""So many events of one sender go alone: others don't wait for them."""
_ROUND_SECONDS = 0.5
"""A topic that Kafka does not acknowledge within this holds up those who publish on it, and nobody else."""

_log = logging.getLogger(__name__)


class Wanted(NamedTuple):
    """An event to keep, as it goes to Kafka."""

    key: UUID
    digest: bytes
    outgoing: Outgoing


class Kept(NamedTuple):
    """The claims that hold on the events, and the leaf hashes of the records that tell of those that have
    this content. Kafka has those that are new and not in doubt."""

    claims: Mapping[UUID, Claim]
    leaves: Mapping[UUID, bytes]
    doubts: Mapping[UUID, Unavailable]


class _Asked(NamedTuple):
    party: str
    events: Sequence[Wanted]
    now: datetime


class _Round(NamedTuple):
    claims: Mapping[UUID, Claim]
    leaves: Mapping[UUID, bytes]
    sending: Mapping[UUID, "asyncio.Task[Unavailable | None]"]


class Keeping:
    """Keeps events of parties."""

    def __init__(self, pool: AsyncEngine, publisher: Publisher, receipts: Receipts):
        self._pool = pool
        self._receipts = receipts
        self._publisher = publisher
        self._together = Gathering(self._keep_all)

    async def keep(self, party: str, events: Sequence[Wanted], now: datetime) -> Kept:
        """Keeps the events of a party; of two with one key the first counts. Raises DatabaseUnavailable when
        nothing can be claimed."""
        asked = _Asked(party, events, now)
        if len(events) > _MANY:
            (found,) = await self._keep_all([asked])
        else:
            found = await self._together.do(asked)
        doubts = {}
        for event in events:
            # Others wait for the same: who goes away does not take it along.
            if event.key in found.sending and (error := await asyncio.shield(found.sending[event.key])):
                doubts[event.key] = error
        return Kept(found.claims, found.leaves, doubts)

    async def _keep_all(self, asked: Sequence[_Asked]) -> Sequence[_Round]:
        now = max(one.now for one in asked)
        wanted: dict[UUID, bytes] = {}
        publishers: dict[UUID, str] = {}
        for one in asked:
            for event in one.events:
                wanted.setdefault(event.key, event.digest)
                publishers.setdefault(event.key, one.party)
        async with transaction(self._pool) as connection:
            claims = await claim_content(connection, wanted, now, publishers=publishers)
            received = {
                event.key: Received(committed(claim.salt, event.digest), one.party)
                for one in asked
                for event in one.events
                if (claim := claims[event.key]).content_hash == event.digest and claim.salt is not None
            }
            leaves = await self._receipts.received(connection, received, now)
        fresh = {event.key: event.outgoing for one in asked for event in one.events if _is_new(event, claims)}
        sending = await self._publish(fresh, now) if fresh else {}
        return [_Round(claims, leaves, sending)] * len(asked)

    async def _publish(
        self, fresh: Mapping[UUID, Outgoing], now: datetime
    ) -> Mapping[UUID, "asyncio.Task[Unavailable | None]"]:
        by_topic: dict[str, list[Outgoing]] = {}
        for outgoing in fresh.values():
            by_topic.setdefault(outgoing.topic, []).append(outgoing)
        sends = {topic: asyncio.create_task(self._send(events)) for topic, events in by_topic.items()}
        _, late = await asyncio.wait(sends.values(), timeout=_ROUND_SECONDS)
        there = [key for key, outgoing in fresh.items() if _went_well(sends[outgoing.topic])]
        for topic in [topic for topic, send in sends.items() if send in late]:
            keys = [key for key, outgoing in fresh.items() if outgoing.topic == topic]
            sends[topic] = asyncio.create_task(self._late(sends[topic], keys, now))
        await self._acknowledge(there, now)
        return {key: sends[outgoing.topic] for key, outgoing in fresh.items()}

    async def _late(
        self, send: "asyncio.Task[Unavailable | None]", keys: Sequence[UUID], now: datetime
    ) -> Unavailable | None:
        if (error := await send) is None:
            await self._acknowledge(keys, now)
        return error

    async def _acknowledge(self, keys: Sequence[UUID], now: datetime) -> None:
        """Kafka has them now: whoever reads them there notes it as well."""
        if keys:
            with suppress(DatabaseUnavailable):
                async with transaction(self._pool) as connection:
                    await acknowledge(connection, keys, now)

    async def _send(self, events: Sequence[Outgoing]) -> Unavailable | None:
        try:
            await self._publisher.publish(events)
        except Unavailable as error:
            cause = type(error.__cause__).__name__
            _log.warning(logs.line("Kafka did not acknowledge", events=len(events), error=cause))
            return error
        return None


def _went_well(send: "asyncio.Task[Unavailable | None]") -> bool:
    return send.done() and not send.cancelled() and send.exception() is None and send.result() is None


def _is_new(event: Wanted, claims: Mapping[UUID, Claim]) -> bool:
    claim = claims[event.key]
    return claim.content_hash == event.digest and not claim.acknowledged
