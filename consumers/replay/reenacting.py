"""The work of the hub done again from the ledger, in an empty schema: by the same code, with the register and
the time of each record.

A record whose effect is there already, because an earlier one brought it along, is passed over. What the code
of today makes of it is held against what the ledger says."""

import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from aiokafka import ConsumerRecord
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from consumers.kafka.inbox import Arrival
from consumers.mail.composing import Composer
from consumers.routing.router import Router
from consumers.throttle.worker import GROUP, Throttle
from hub.kafka.broker import Publisher
from hub.register.model import Register
from hub.rules.identity import canonical_text
from hub.settings import Settings
from hub.store.database import transaction
from hub.store.deliveries.received import mail_again
from hub.store.intake.claims import find_claims
from hub.store.ledger import rebuilding, removing
from hub.store.ledger.reading import Numbered
from hub.store.ledger.records import find_record
from hub.store.mail import mail_queue, mails
from hub.store.register.registers import Registers
from hub.store.resolutions import contents_of
from schemas.catalogue import BY_TYPE, Answer, LibraryChange, Request, Situation, Steering, parse

_OF_WORK = {"salt", "at"}
"""Members of a record that differ each time, or tell when a worker came to it."""


class _Then:
    """The time of the record that is done again."""

    moment: datetime

    async def now(self) -> datetime:
        return self.moment


class _Pinned(Registers):
    """The register of the record that is done again; without one: the newest of then."""

    version: int | None = None

    def __init__(self, pool: AsyncEngine, clock: _Then):
        super().__init__(pool, clock)
        self._own = pool

    async def newest(self) -> Register:
        if self.version is None:
            return await super().newest()
        async with transaction(self._own) as connection:
            return await self.of_version(connection, self.version)


class Reenacting:
    """Does again what records tell of: in `schema`, over `pool`. `live` reads the sources."""

    def __init__(self, settings: Settings, live: AsyncConnection, pool: AsyncEngine, schema: str):
        self._live, self._pool, self._schema = live, pool, schema
        self._then = _Then()
        self._registers = _Pinned(pool, self._then)
        publisher = Publisher(settings)
        self._router = Router(settings, pool, self._registers, publisher, self._then)
        self._throttle = Throttle(settings, pool, self._registers, publisher, self._then)
        self._composer = Composer(settings, pool, self._registers, self._then)
        self.counts: Counter[str] = Counter()
        self._sources: dict[UUID, str] = {}
        self.different: Counter[str] = Counter()
        """By kind: records that the code of today does not make, or makes otherwise."""

    async def take(self, one: Numbered) -> None:
        """Does again what the next record tells of. Raises Unavailable."""
        said = json.loads(one.record)
        self.counts[one.kind] += 1
        if one.kind == "register-version":
            async with transaction(self._pool) as connection:
                await rebuilding.copy_version(connection, self._schema, said["register"])
            return
        act = _ACTS.get(one.kind)
        if act is None:
            return
        assert one.record_key is not None  # noqa: S101 - read by number, records have their key
        record_key = one.record_key
        self._then.moment = datetime.fromisoformat(said["at"])
        self._registers.version = said.get("register")
        if await self._made(record_key) is None:
            await act(self, said)
        if one.kind in _UNMADE:
            return
        if one.kind == "mail-composed":
            # Whatever brought it along: by this a removal knows which digests came after.
            async with transaction(self._pool) as connection:
                await rebuilding.date_mail(connection, UUID(said["mail"]), self._then.moment)
        made = await self._made(record_key)
        if made is None and one.kind == "mail-composed":
            await self._copy_mail(said)
        elif made is None or self._differ(json.loads(made), said):
            self.different[one.kind] += 1

    async def end(self) -> None:
        """What left no record: events that the throttle kept, with no operator to ask."""
        after: UUID | None = None
        while keys := await rebuilding.handled_by(self._live, GROUP, after):
            for key in keys:
                await self._place(key)
            after = keys[-1]

    @property
    def sources(self) -> Counter[str]:
        """How many events came from Kafka, from what the hub keeps, and from what a removal left."""
        return Counter(self._sources.values())

    async def _made(self, record_key: UUID) -> bytes | None:
        async with transaction(self._pool) as connection:
            return await find_record(connection, record_key)

    async def route(self, said: Mapping[str, Any]) -> None:
        """Routes an event."""
        key = UUID(said["event"])
        if (arrival := await self._arrival(key)) is None:
            return
        register = await self._registers.newest()
        async with transaction(self._pool) as connection:
            claims = await find_claims(connection, [key])
            await self._router.keep(connection, [arrival], claims, register, self._then.moment)

    async def place(self, said: Mapping[str, Any]) -> None:
        """Places what operators are asked or say; of what is no such event, all that is due."""
        if not await self._place(UUID(said["event"])):
            await self.release(said)

    async def release(self, said: Mapping[str, Any]) -> None:
        """Does what is due at the operator that a record tells of: at others something may have come between,
        that stands further on."""
        await self._throttle.release_due(said.get("operator"))

    async def compose(self, said: Mapping[str, Any]) -> None:
        """Composes what may go out: of the two rounds of a mailer that of the mail in a record."""
        kind = said.get("mail_kind")
        if kind not in _OF_THE_REST:
            while not await self._composer.compose_urgent():
                pass
        if kind is None or kind in _OF_THE_REST:
            await self._composer.compose_rest()

    async def send(self, said: Mapping[str, Any]) -> None:
        """The mail server took a mail."""
        async with transaction(self._pool) as connection:
            await mail_queue.mark_sent(connection, [UUID(said["mail"])], self._then.moment)

    async def fail(self, said: Mapping[str, Any]) -> None:
        """A mail failed for good."""
        async with transaction(self._pool) as connection:
            await mail_queue.mark_not_sent(connection, UUID(said["mail"]), "", None)

    async def take_back(self, said: Mapping[str, Any]) -> None:
        """A mail was taken back, to be composed again."""
        async with transaction(self._pool) as connection:
            await mails.take_back(connection, UUID(said["mail"]))

    async def catch_up(self, said: Mapping[str, Any]) -> None:
        """What was missed went in a mail."""
        events = [(UUID(event), channel) for event, channel in said["events"]]
        async with transaction(self._pool) as connection:
            await mail_again(connection, said["party"], events, UUID(said["mail"]))

    async def remove(self, said: Mapping[str, Any]) -> None:
        """A content was removed, also from what told of it."""
        key = UUID(said["event"])
        content = (await contents_of(self._live, [key])).get(key)
        async with transaction(self._pool) as connection:
            if content is not None:
                await removing.replace(connection, key, content)
            await removing.empty_mails(connection, await removing.mails_of(connection, [key]))

    async def _copy_mail(self, said: Mapping[str, Any]) -> None:
        """A mail that follows from what is no read model: its text is a source."""
        async with transaction(self._pool) as connection:
            if not await rebuilding.copy_mail(connection, self._schema, UUID(said["mail"])):
                self.counts["mail-not-kept"] += 1

    async def _place(self, key: UUID) -> bool:
        arrival = await self._arrival(key)
        if arrival is None or not isinstance(
            arrival.event, Request | Answer | LibraryChange | Steering | Situation
        ):
            return False
        async with transaction(self._pool) as connection:
            claims = await find_claims(connection, [key])
        if key not in claims:
            return False
        await self._throttle.place(arrival, await self._registers.newest())
        return True

    async def _arrival(self, key: UUID) -> Arrival | None:
        async with transaction(self._pool) as connection:
            content = await rebuilding.find_on_kafka(connection, key)
            claim = (await find_claims(connection, [key])).get(key)
        source = "from-kafka"
        if content is None:
            source = "from-kept"
            content = (await contents_of(self._live, [key])).get(key)
        if content is None or content["type"] not in BY_TYPE:
            return None
        written = canonical_text(content)
        digest = hashlib.sha256(written.encode()).digest()
        if claim is not None and claim.salt is None:
            # Removed: what is left of it has another hash, and its claim has none.
            source, digest = "removed", claim.content_hash
        self._sources.setdefault(key, source)
        return Arrival(_RECORD, parse(content), content, key, written, digest)

    def _differ(self, made: dict[str, Any], said: dict[str, Any]) -> bool:
        # The salt of a mail is new each time; the content of an event that was removed has none.
        left_out = set(_OF_WORK)
        is_removed = said["event"] and self._sources.get(UUID(said["event"])) == "removed"
        if is_removed or said["kind"] == "mail-composed":
            left_out.add("content")
        return any(made.get(name) != said.get(name) for name in (made.keys() | said.keys()) - left_out)


_RECORD: ConsumerRecord[bytes, bytes] = ConsumerRecord("", 0, 0, 0, 0, None, None, None, 0, 0, ())
_Act = Callable[[Reenacting, Mapping[str, Any]], Awaitable[None]]
_PLACED = (
    "request-placed", "request-served", "request-steered", "request-withdrawn", "request-asked-again",
    "request-on-sheet", "item-answered", "item-declined", "item-postponed", "item-referred",
    "items-regrouped", "answer-unasked", "answer-settled", "answer-kept", "answer-lapsed", "answer-retracted",
    "merge-refused", "steering-idle", "steering-unasked", "sheets-opened", "sheet-renewed",
    "sheet-widened",
    "sheet-reported", "sheet-answered", "urgent-released", "urgent-refused",
)  # fmt: skip
_RELEASED = ("bundle-released", "request-expired", "half-way-told", "bundle-reminded", "request-off-sheet")
_OF_THE_REST = ("reminder", "digest", "notice", "confirmation")
"""Mails that a mailer makes in a round of their own."""
_COMPOSED = (
    "mail-composed", "bundle-withheld", "request-withheld", "renewal-asked", "reminder-withheld",
)  # fmt: skip
_ACTS: Mapping[str, _Act] = {
    "event-routed": Reenacting.route,
    **dict.fromkeys(_PLACED, Reenacting.place),
    **dict.fromkeys(_RELEASED, Reenacting.release),
    **dict.fromkeys(_COMPOSED, Reenacting.compose),
    "mail-sent": Reenacting.send,
    "mail-failed": Reenacting.fail,
    "mail-bounced": Reenacting.fail,
    "mail-taken-back": Reenacting.take_back,
    "replay-mailed": Reenacting.catch_up,
    "content-removed": Reenacting.remove,
}
"""What each kind of record tells of. What is not here changes no read model."""
_UNMADE = ("mail-sent", "mail-failed", "mail-bounced", "mail-taken-back", "replay-mailed", "content-removed")
"""Done here, without a record."""
