"""Takes in what parties write to their own topics on Kafka, by the same checks as at the front door."""

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable, Collection, Sequence

from aiokafka import ConsumerRecord
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api.problems import refusal
from consumers.kafka.inbox import (
    Rejection,
    dead_letter,
    reading_problems,
    send_dead_letters,
    together_or_apart,
)
from consumers.kafka.poison import stands_in
from consumers.kafka.stream import Records
from consumers.kafka.unpacking import MOST_BYTES
from hub import logs
from hub.errors import KafkaUnavailable, Unavailable
from hub.gathering import Gathering
from hub.intake.accepting import Intake
from hub.intake.judging import Answer
from hub.intake.outcome import Outcome
from hub.kafka.broker import Outgoing, Publisher, intake_topic, refused_topic
from hub.rules.limits import Bucket, full, taken, wait_seconds
from hub.rules.scopes import Scope
from hub.settings import Settings
from hub.store.access.kafka_accounts import find_scopes
from hub.store.clock import Clock
from hub.store.database import direct, transaction
from hub.store.exchanges import keep_dead_letters
from schemas import formats
from schemas.problems import Problem, Refused
from schemas.strict_json import Read

GROUP = "intake"
_BURIED_AT_ONCE = 2
"""Parties of which dead letters are kept at one time: others need connections to the database too."""
_LONGEST_PAUSE = 10.0
_MOST_PROBLEMS = 100
"""In one report: however much is wrong, the reports of all records in hand are sent in time."""
_MOST_KEY = 1024
_MOST_NAME = 1000
"""Characters that a report repeats of a source or id."""
_CLOSED = Problem(
    "", "closed", "uw partij mag niet meer op Kafka publiceren; vraag het de beheerder van de hub"
)

_log = logging.getLogger(__name__)


def topics_of_parties(settings: Settings) -> str:
    """Matches the name of every topic that a party writes."""
    return f"^{re.escape(intake_topic(settings, ''))}[a-z0-9-]+$"


class KafkaIntake:
    """Takes in records of one topic at a time; of several topics side by side."""

    def __init__(
        self,
        settings: Settings,
        pool: AsyncEngine,
        intake: Intake,
        publisher: Publisher,
        clock: Clock,
        seconds: Callable[[], float] = time.monotonic,
    ):
        self._settings = settings
        self._pool = pool
        self._intake = intake
        self._publisher = publisher
        self._clock = clock
        self._seconds = seconds
        self._looking_up = Gathering(self._look_up)
        self._judging = asyncio.Lock()
        self._burying = asyncio.Semaphore(_BURIED_AT_ONCE)
        self._left: dict[str, tuple[Bucket, Bucket]] = {}

    async def on_records(self, records: Records) -> None:
        """Takes in records of one topic, or reports each that is refused to the party that wrote it. Returns
        when all are done with: waits while the party has sent too much, or a part is away."""
        party = records[0].topic.removeprefix(intake_topic(self._settings, ""))
        await self._until_within_limits(party)
        pause = 0.5
        while not await self._is_taken(party, records):
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        self._use(party, records)

    async def _is_taken(self, party: str, records: Records) -> bool:
        try:
            await together_or_apart(
                records, lambda some: self._take(party, some), lambda some: self._bury(party, some)
            )
        except Unavailable as error:
            _log.warning(logs.line("a part is away, waiting", party=party, error=type(error).__name__))
            return False
        return True

    async def _take(self, party: str, records: Records) -> None:
        scopes, since = await self._looking_up.do(party)
        now = await self._clock.now()
        # One after another: what is judged is kept while the next is judged.
        async with self._judging:
            read = [_read(record) if scopes is not None else _refused([_CLOSED]) for record in records]
            events = [one for one in read if not isinstance(one, Answer)]
            judged = await self._intake.judge_read(party, events, scopes or (), now, since)
        came = [event.attributes for event in events]
        answers = iter(await self._intake.keep_judged(party, came, judged, now))
        final = [one if isinstance(one, Answer) else next(answers) for one in read]
        if any(one.outcome is Outcome.UNAVAILABLE for one in final):
            raise KafkaUnavailable("Kafka bevestigt niet.")
        refused = [(r, a) for r, a in zip(records, final, strict=True) if not a.accepted]
        await self._report(party, refused)
        _log.info(logs.line("took in from Kafka", party=party, records=len(records), refused=len(refused)))

    async def _look_up(self, parties: Sequence[str]) -> Sequence[tuple[frozenset[Scope] | None, float]]:
        """What each may say (None: its topic is closed), and when that and the register were looked up."""
        since = time.monotonic()
        scopes, newest = await find_scopes(direct(self._pool), set(parties))
        if newest is not None:
            self._intake.registers.see(newest, since)
        return [(scopes.get(party), since) for party in parties]

    async def _report(
        self, party: str, refused: Collection[tuple[ConsumerRecord[bytes, bytes], Answer]]
    ) -> None:
        topic = refused_topic(self._settings, party)
        if refused:
            await self._publisher.publish([_told(topic, record, answer) for record, answer in refused])

    async def _bury(self, party: str, rejections: Sequence[Rejection]) -> None:
        now = await self._clock.now()
        await send_dead_letters(self._publisher, self._settings, GROUP, rejections)
        async with self._burying, transaction(self._pool) as connection:
            await keep_dead_letters(connection, [dead_letter(GROUP, one, now) for one in rejections])
        await self._report(party, [(one.record, _refused(one.problems)) for one in rejections])

    async def _until_within_limits(self, party: str) -> None:
        if party not in self._left:
            now, settings = self._seconds(), self._settings
            events, size = settings.limit_events, settings.limit_megabytes * 1_000_000
            self._left[party] = (full(events, now), full(size, now))
        while wait := max(wait_seconds(one, self._seconds()) for one in self._left[party]):
            _log.info(logs.line("a party waits", party=party, seconds=wait))
            await asyncio.sleep(wait)

    def _use(self, party: str, records: Records) -> None:
        now, (events, size) = self._seconds(), self._left[party]
        # What can't be unpacked cost as much as the most that can.
        brought = sum(MOST_BYTES if stands_in(one) else _size(one) for one in records)
        self._left[party] = (taken(events, len(records), now), taken(size, brought, now))


def _size(record: ConsumerRecord[bytes, bytes]) -> int:
    size = len(record.key or b"") + len(record.value or b"")
    for name, value in record.headers:
        size += len(name) + len(value or b"")
    return size


def _read(record: ConsumerRecord[bytes, bytes]) -> Read | Answer:
    if problems := reading_problems(record):
        return _refused(problems)
    try:
        return formats.read_kafka(record.headers, record.value)
    except Refused as refused:
        return _refused(refused.problems)


def _refused(problems: Sequence[Problem]) -> Answer:
    codes = {one.code for one in problems}
    outcome = (
        Outcome.TOO_LARGE
        if "too_large" in codes
        else Outcome.NOT_ALLOWED
        if _CLOSED.code in codes
        else Outcome.INVALID
    )
    return Answer(outcome, None, None, tuple(problems))


def _told(topic: str, record: ConsumerRecord[bytes, bytes], answer: Answer) -> Outgoing:
    """The same problem details as over HTTP, and which record they are about."""
    problems = answer.problems[:_MOST_PROBLEMS]
    if more := len(answer.problems) - len(problems):
        problems = (*problems, Problem("", "more", f"er is nog meer mis: {more} andere punten"))
    source, event_id = (one and one[:_MOST_NAME] for one in (answer.source, answer.id))
    about = {"source": source, "id": event_id, "partition": record.partition, "offset": record.offset}
    value = json.dumps({**refusal(answer._replace(problems=problems)), **about}, ensure_ascii=False).encode(
        errors="replace"
    )
    key = record.key if record.key is not None and len(record.key) <= _MOST_KEY else None
    return Outgoing(topic, key, value, (("content-type", b"application/problem+json"),))
