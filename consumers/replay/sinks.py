"""Where a replay goes: to the mailbox of a party, to a system of it, or to a topic for an exercise.

Each writes its records in the transaction of its effect, or after what can't be in one."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.mailbox import texts
from connectors.topic.sending import as_record
from consumers.mail.made import keep_made, made_mail
from hub.kafka.broker import Publisher
from hub.outlets.channel import Target, WayOut
from hub.outlets.handing import Handed
from hub.register.model import Register
from hub.rules.handing import LAPSE
from hub.rules.identity import derived_key
from hub.rules.outlets import Outcome
from hub.rules.seeing import refusal_at_sending
from hub.settings import Settings
from hub.store.database import transaction
from hub.store.deliveries.received import mail_again
from hub.store.ledger.records import Entry, record
from hub.store.mail import digests
from hub.store.mail.preferences import preferences_of
from hub.store.throttle import library
from hub.words.language import speaking
from schemas.catalogue import parse

MAIL = "mail"


class Replay(NamedTuple):
    """An act of replaying to a party: its key, and the way by which it goes."""

    key: UUID
    party: str
    way: str


class Went(NamedTuple):
    """How many went; and when not all did that may, why it stopped."""

    sent: int
    why: str = ""


class Sink(Protocol):
    async def put(
        self, replay: Replay, deliveries: Sequence[Handed], register: Register, now: datetime
    ) -> Went:
        """Sends these, in order, and records it. Raises Unavailable; then some may come again."""


class ToOutlet:
    """A webhook or topic of the party."""

    def __init__(self, pool: AsyncEngine, way: WayOut, target: Target):
        self._pool, self._way, self._target = pool, way, target

    async def put(
        self, replay: Replay, deliveries: Sequence[Handed], register: Register, now: datetime
    ) -> Went:
        went, pending = 0, list(deliveries)
        while pending:
            sent = await self._way.send(self._target, pending)
            # Some are under way at a time: what was taken after a failure went too.
            taken = [one for one, how in zip(pending, sent, strict=False) if how.outcome is Outcome.TAKEN]
            async with transaction(self._pool) as connection:
                await record(connection, entries(replay, taken, register, now))
            went += len(taken)
            failed = [how for how in sent if how.outcome not in (Outcome.TAKEN, Outcome.KEPT)]
            if failed or not sent:
                return Went(went, failed[0].why if failed else "het systeem geeft geen antwoord")
            pending = pending[len(sent) :]
        return Went(went)


class ToTopic:
    """A topic that is meant for replays."""

    def __init__(self, pool: AsyncEngine, publisher: Publisher, topic: str):
        self._pool, self._publisher, self._topic = pool, publisher, topic

    async def put(
        self, replay: Replay, deliveries: Sequence[Handed], register: Register, now: datetime
    ) -> Went:
        await self._publisher.publish([as_record(self._topic, one.event, "structured") for one in deliveries])
        async with transaction(self._pool) as connection:
            await record(connection, entries(replay, deliveries, register, now))
        return Went(len(deliveries))


class ToMailbox:
    """The party's mailbox: what comes together in one mail, and what no longer holds in one each."""

    def __init__(self, settings: Settings, pool: AsyncEngine):
        self._settings, self._pool = settings, pool

    async def put(
        self, replay: Replay, deliveries: Sequence[Handed], register: Register, now: datetime
    ) -> Went:
        async with transaction(self._pool) as connection:
            await digests.lock_digests(connection, replay.party)
            lapsed = await library.lapsed_among(connection, [one.event_key for one in deliveries])
            language = (await preferences_of(connection, replay.party)).language
            told = [(one, self._told(one)) for one in deliveries if self._may_go(one, replay, register)]
            whole = [
                (one, text) for one, text in told if one.channel != LAPSE and one.event_key not in lapsed
            ]
            if whole:
                key = derived_key("replay", replay.key, whole[0][0].key)
                entries = [text for _, text in whole]
                with speaking(language):
                    text = texts.sent_again(texts.Part(replay.party), entries, now, register)
                await self._keep(connection, replay, [one for one, _ in whole], text, key, register, now)
            lapses = [(one, about) for one, about in told if one.channel == LAPSE]
            for one, about in lapses:
                with speaking(language):
                    text = texts.lapse(about, register)
                key = derived_key("replay", replay.key, one.key)
                await self._keep(connection, replay, [one], text, key, register, now)
        return Went(len(whole) + len(lapses))

    async def _keep(
        self,
        connection: AsyncConnection,
        replay: Replay,
        mailed: Sequence[Handed],
        text: texts.MailText,
        key: UUID,
        register: Register,
        now: datetime,
    ) -> None:
        await mail_again(connection, replay.party, [(one.event_key, one.channel) for one in mailed], key)
        mail = made_mail(key, replay.party, "digest", text, register, now)
        events = [one.event_key for one in mailed]
        await keep_made(connection, [mail], now, events)
        facts = {
            "replay": str(replay.key),
            "party": replay.party,
            "mail": str(key),
            "events": [[str(one.event_key), one.channel] for one in mailed],
        }
        await record(connection, [Entry("replay-mailed", (key,), None, now, facts)])

    def _told(self, one: Handed) -> texts.Told:
        link = f"{self._settings.public_url}/gebeurtenissen/{one.event_key}"
        return texts.Told(parse(one.event), one.publisher, one.reasons, link)

    def _may_go(self, one: Handed, replay: Replay, register: Register) -> bool:
        return refusal_at_sending(parse(one.event), replay.party, one.reasons, register) is None


def entries(replay: Replay, sent: Sequence[Handed], register: Register, now: datetime) -> list[Entry]:
    """The records of deliveries that went again."""
    return [
        Entry(
            "delivery-replayed",
            (replay.key, one.key),
            one.event_key,
            now,
            {
                "party": replay.party,
                "channel": replay.way,
                "delivery": str(one.key),
                "register": register.version,
                "replay": str(replay.key),
            },
        )
        for one in sent
    ]
