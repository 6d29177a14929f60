"""Keep events: claim (source, id) for their content, publish with acks=all, acknowledge. What comes in at
about the same time is claimed together; that Kafka has it is noted afterwards."""

import asyncio
import logging
import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub import logs
from hub.errors import DatabaseUnavailable, Unavailable
from hub.gathering import Gathering
from hub.kafka.broker import Outgoing, Publisher
from hub.ledger.receipts import Receipts, Received
from hub.rules.identity import derived_keys
from hub.rules.ledger.contents import committed
from hub.rules.ledger.records import RECEIVED, SALT_BYTES, received_records
from hub.rules.ledger.tree import leaf_hashes
from hub.store.database import direct, transaction
from hub.store.intake.claims import Claim, claim_content, find_claims
from hub.store.intake.keeping import Done, NewClaim, Shown, keep_new

_MANY = 20
"""So many events of one sender go alone: others don't wait for them."""
_NOT_SHOWN = (None, None)
_SOON_SECONDS = 0.05
_ACKNOWLEDGED_SECONDS = 0.01
"""So long the next round waits for what Kafka says of this one: the larger a round, the less an event costs.
Kafka mostly takes less; where it does not, a topic holds up others no longer."""
_Send = asyncio.Task[Unavailable | None]

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


class NoLongerSo(Exception):
    """What was shown a moment ago is not so any more, or not sure: nothing was kept for this."""


class _Asked(NamedTuple):
    party: str
    events: Sequence[Wanted]
    now: datetime
    shown: Shown | None


class _First(NamedTuple):
    """Of the events with one key, the one that comes first, the party that sends it, and what it showed."""

    event: Wanted
    party: str
    shown: Shown | None


class _Round(NamedTuple):
    claims: Mapping[UUID, Claim]
    leaves: Mapping[UUID, bytes]
    sending: Mapping[UUID, _Send]


class Keeping:
    """Keeps events of parties."""

    def __init__(self, pool: AsyncEngine, publisher: Publisher, receipts: Receipts):
        self._pool = pool
        self._receipts = receipts
        self._publisher = publisher
        self._together = Gathering(self._keep_all)
        self._lanes = Gathering(self._begin_all)
        self._sending: dict[UUID, _Send] = {}
        self._unnoted: set[UUID] = set()
        """What Kafka has and PostgreSQL has not been told; `_being_noted`: is being told."""
        self._being_noted: set[UUID] = set()
        self._noting: asyncio.Task[None] | None = None

    async def keep(
        self,
        party: str,
        events: Sequence[Wanted],
        now: datetime,
        shown: Shown | None = None,
        *,
        in_lane: bool = False,
    ) -> Kept:
        """Keeps the events of a party; of two with one key the first counts. `in_lane`: with those of other
        lanes, however many, while those before go to Kafka. Raises DatabaseUnavailable when nothing can be
        claimed, NoLongerSo when it is not as it was shown."""
        asked = _Asked(party, events, now, shown)
        if in_lane:
            found = await self._lanes.do(asked)
        elif len(events) > _MANY:
            (found,) = await self._keep_all([asked])
        else:
            found = await self._together.do(asked)
        if found is None:
            raise NoLongerSo
        doubts = {}
        for event in events:
            send = found.sending.get(event.key)
            # Others wait for the same: who goes away does not take it along.
            if send and (error := send.result() if send.done() else await asyncio.shield(send)):
                doubts[event.key] = error
        return Kept(found.claims, found.leaves, doubts)

    async def _keep_all(self, asked: Sequence[_Asked]) -> Sequence[_Round | None]:
        """As `_begin_all`, and gives Kafka a moment to acknowledge."""
        rounds = await self._begin_all(asked)
        sending = {send for one in rounds if one for send in one.sending.values()}
        if sending:
            await asyncio.wait(sending, timeout=_ACKNOWLEDGED_SECONDS)
        return rounds

    async def _begin_all(self, asked: Sequence[_Asked]) -> Sequence[_Round | None]:
        """Claims all, and begins to send it. None: it is not as it was shown, or this was not tried, as
        another has the same in the round."""
        now = max(one.now for one in asked)
        firsts: dict[UUID, _First] = {}
        for one in sorted(asked, key=lambda one: one.shown is not None):
            for event in one.events:
                firsts.setdefault(event.key, _First(event, one.party, one.shown))
        new = _new_claims(list(firsts.values()), now)
        kept, unconfirmed = await self._keep_new(new, now)
        sure = [
            one.shown is None
            or all(e.key not in unconfirmed and firsts[e.key].event is e for e in one.events)
            for one in asked
        ]
        asked = [one for one, is_sure in zip(asked, sure, strict=True) if is_sure]
        for key in unconfirmed:
            del firsts[key]
        new = [one for one in new if one.event_key not in unconfirmed]
        claims = {one.event_key: Claim(one.content_hash, now, False, one.salt) for one in new}
        leaves = {one.event_key: one.leaf_hash for one in new}
        if len(kept) < len(new):
            again = {key: first for key, first in firsts.items() if key not in kept}
            leaves = {key: leaf for key, leaf in leaves.items() if key in kept}
            held, known = await self._keep_again(asked, again, now)
            claims, leaves = claims | held, leaves | known
        fresh = [[event for event in one.events if _is_new(event, claims)] for one in asked]
        found = _Round(claims, leaves, self._publish(fresh, now))
        return [found if is_sure else None for is_sure in sure]

    async def _keep_new(self, new: Sequence[NewClaim], now: datetime) -> Done:
        """Takes along what is to be noted. When that fails, whoever reads it from Kafka notes it."""
        noted, self._unnoted = self._unnoted, set()
        self._being_noted |= noted
        try:
            return await keep_new(direct(self._pool), new, RECEIVED, now, noted)
        finally:
            self._being_noted -= noted

    def has_in_kafka(self, key: UUID) -> bool:
        """Whether Kafka has acknowledged this event just now, also when the claims do not say so yet."""
        return key in self._unnoted or key in self._being_noted

    async def find(self, connection: AsyncConnection, keys: Collection[UUID]) -> dict[UUID, Claim]:
        """The claims that hold on these event keys."""
        in_kafka = self._in_kafka(keys)
        return self._as_known(await find_claims(connection, keys), in_kafka)

    def _as_known(self, claims: dict[UUID, Claim], in_kafka: set[UUID]) -> dict[UUID, Claim]:
        """`in_kafka`: when they were asked for; what is so by now is added."""
        in_kafka |= self._in_kafka(claims)
        return claims | {key: claims[key]._replace(acknowledged=True) for key in in_kafka & claims.keys()}

    def _in_kafka(self, keys: Collection[UUID]) -> set[UUID]:
        return set(filter(self.has_in_kafka, keys))

    async def _keep_again(
        self, asked: Sequence[_Asked], again: Mapping[UUID, _First], now: datetime
    ) -> tuple[dict[UUID, Claim], dict[UUID, bytes]]:
        """Of event keys that were claimed before: by whom is no matter, if it was for the same content."""
        wanted = {key: first.event.digest for key, first in again.items()}
        publishers = {key: first.party for key, first in again.items()}
        in_kafka = self._in_kafka(again)
        async with transaction(self._pool) as connection:
            claims = await claim_content(connection, wanted, now, publishers=publishers)
            received = {
                event.key: Received(committed(claim.salt, event.digest), one.party)
                for one in asked
                for event in one.events
                if (claim := claims.get(event.key))
                and claim.content_hash == event.digest
                and claim.salt is not None
            }
            leaves = await self._receipts.received(connection, received, now)
        return self._as_known(claims, in_kafka), leaves

    def _publish(self, asked: Sequence[Sequence[Wanted]], now: datetime) -> dict[UUID, _Send]:
        """Sends what is not under way yet, all of a topic in one go. What is under way of a sender, of an
        attempt that was cut off, is overtaken by nothing that this sender has for the topic besides."""
        together: dict[str, dict[UUID, Outgoing]] = {}
        for events in asked:
            by_topic: dict[str, dict[UUID, Outgoing]] = {}
            for event in events:
                by_topic.setdefault(event.outgoing.topic, {}).setdefault(event.key, event.outgoing)
            for topic, own in by_topic.items():
                if self._sending.keys().isdisjoint(own):
                    held = together.setdefault(topic, {})
                    held |= {key: event for key, event in own.items() if key not in held}
                else:
                    self._start(own, now)
        for some in together.values():
            self._start(some, now)
        return {event.key: self._sending[event.key] for events in asked for event in events}

    def _start(self, events: Mapping[UUID, Outgoing], now: datetime) -> None:
        earlier = {self._sending[key] for key in events if key in self._sending}
        new = {key: event for key, event in events.items() if key not in self._sending}
        if new:
            self._sending |= dict.fromkeys(new, asyncio.create_task(self._send(new, now, earlier)))

    async def _send(
        self, events: Mapping[UUID, Outgoing], now: datetime, earlier: Collection[_Send]
    ) -> Unavailable | None:
        try:
            for send in earlier:
                if error := await asyncio.shield(send):
                    return error
            await self._publisher.publish(list(events.values()))
        except Unavailable as error:
            cause = type(error.__cause__).__name__
            _log.warning(logs.line("Kafka did not acknowledge", events=len(events), error=cause))
            return error
        finally:
            for key in events:
                del self._sending[key]
        self._unnoted.update(events)
        if self._noting is None:
            self._noting = asyncio.create_task(self._note(now))
        return None

    async def _note(self, now: datetime) -> None:
        """Notes what no next round takes along soon."""
        try:
            while self._unnoted:
                await asyncio.sleep(_SOON_SECONDS)
                if self._unnoted and not self._being_noted:
                    with suppress(DatabaseUnavailable):
                        await self._keep_new([], now)
        finally:
            self._noting = None


def _new_claims(firsts: Sequence[_First], now: datetime) -> list[NewClaim]:
    salts, of_records = _salts(len(firsts)), _salts(len(firsts))
    keys = [str(event.key) for event, _, _ in firsts]
    contents = [committed(salt, one.event.digest).hex() for one, salt in zip(firsts, salts, strict=True)]
    publishers = [party for _, party, _ in firsts]
    records = received_records(keys, contents, publishers, now, map(bytes.hex, of_records))
    record_keys = derived_keys([(RECEIVED, key) for key in keys])
    return [
        NewClaim(event.key, event.digest, party, salt, record_key, record, leaf, *(shown or _NOT_SHOWN))
        for (event, party, shown), salt, record_key, record, leaf in zip(
            firsts, salts, record_keys, records, leaf_hashes(records), strict=True
        )
    ]


def _salts(count: int) -> list[bytes]:
    # One call for chance: each is a call of the system.
    drawn = secrets.token_bytes(SALT_BYTES * count)
    return [drawn[start : start + SALT_BYTES] for start in range(0, len(drawn), SALT_BYTES)]


def _is_new(event: Wanted, claims: Mapping[UUID, Claim]) -> bool:
    claim = claims[event.key]
    return claim.content_hash == event.digest and not claim.acknowledged
