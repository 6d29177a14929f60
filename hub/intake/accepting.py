"""Intake: accept an event or refuse it, the same for HTTP, files and whatever comes later.

Accepted means kept: the claim on (source, id) is in PostgreSQL and Kafka has acknowledged with acks=all.
"""

import asyncio
import logging
import math
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from hub import logs
from hub.asking.foreseeing import Foreseen, Foresight
from hub.errors import DatabaseUnavailable
from hub.gathering import Gathering
from hub.intake.keeping import Keeping, Kept, Wanted
from hub.intake.outcome import Outcome
from hub.kafka.broker import Outgoing, Publisher, function_topic
from hub.ledger.receipts import Receipts, Refusal
from hub.register.model import Register
from hub.rules.admission import admission, readable_problems, sender_of, too_late
from hub.rules.explaining import Explanation, explanation_for_publisher
from hub.rules.identity import canonical_text, event_key
from hub.rules.moments import dutch_day
from hub.rules.scopes import Scope, unallowed
from hub.settings import Settings
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.intake.claims import Claim, find_claims
from hub.store.register.registers import Registers
from schemas.catalogue import Event, Request, parse
from schemas.formats import MAX_EVENT_BYTES
from schemas.problems import Problem, Refused

_JUDGED_IN_ONE_GO = 20
"""Then others have their turn: a large batch makes nobody wait."""
_log = logging.getLogger(__name__)


class Answer(NamedTuple):
    """The outcome for one event, with every problem when it was refused."""

    outcome: Outcome
    source: str | None
    id: str | None
    problems: tuple[Problem, ...] = ()
    receipt: str | None = None
    """A signed note: the hub's promise that the ledger tells of this event."""
    salt: str | None = None
    """In hexadecimal: with it the publisher can show of which content the ledger tells."""
    key: UUID | None = None
    """Of what may be kept."""

    @property
    def accepted(self) -> bool:
        return self.outcome in (Outcome.ACCEPTED, Outcome.KNOWN)


class Preview(NamedTuple):
    """What would become of an event: the answer that it would get, who would receive it, and for a new
    request what it would come to at each operator."""

    answer: Answer
    explanation: Explanation | None
    foreseen: tuple[Foreseen, ...] = ()


class Candidate(NamedTuple):
    """An event that may be kept. `too_late`: why it may not unless it was kept before, as by now something
    that it names has ended."""

    event: Event
    key: UUID
    digest: bytes
    outgoing: Outgoing
    too_late: tuple[Problem, ...] = ()


class Intake:
    """Takes events in for a party that has shown its token."""

    def __init__(
        self, settings: Settings, pool: AsyncEngine, registers: Registers, publisher: Publisher, clock: Clock
    ):
        self._settings = settings
        self._pool = pool
        self.registers = registers
        self.receipts = Receipts(settings)
        self.keeping = Keeping(pool, publisher, self.receipts)
        self._newest = Gathering(self._newest_for)
        self.clock = clock

    async def _newest_for(self, asked: Sequence[None]) -> Sequence[Register]:
        return [await self.registers.newest()] * len(asked)

    async def accept(
        self,
        party: str,
        events: Sequence[Any],
        scopes: Collection[Scope],
        since: float = math.inf,
        *,
        signing: bool = True,
    ) -> list[Answer]:
        """An answer per event, in order. Events are CloudEvents attributes as they came; `scopes` is what the
        program that sends them may do. The register is as new as it was `since`, in seconds of
        `time.monotonic`, or newer; by default it is looked up. Not `signing`: without receipts.

        Raises DatabaseUnavailable when nothing can be claimed.
        """
        now = await self.clock.now()
        judged = await self.judge(party, events, scopes, now, since)
        candidates = [one for one in judged if isinstance(one, Candidate)]
        kept = Kept({}, {}, {})
        if candidates:
            wanted = [Wanted(one.key, one.digest, one.outgoing) for one in candidates]
            kept = await self.keeping.keep(party, wanted, now)
        answers = [one if isinstance(one, Answer) else self.of_kept(one, kept) for one in judged]
        await self._keep_refusals(party, events, answers, now)
        return [self.signed(one, kept, now) if signing and one.accepted else one for one in answers]

    def signed(self, answer: Answer, kept: Kept, now: datetime) -> Answer:
        """The answer for what is kept, with its receipt."""
        outcome, source, event_id, problems, _, _, key = answer
        assert key is not None  # noqa: S101 - it is kept
        receipt = self.receipts.sign(kept.leaves[key], key, now)
        return Answer(outcome, source, event_id, problems, receipt, (kept.claims[key].salt or b"").hex(), key)

    async def judge(
        self,
        party: str,
        events: Sequence[Any],
        scopes: Collection[Scope],
        now: datetime,
        since: float = math.inf,
    ) -> list[Candidate | Answer]:
        """Each event, in order, as it may be kept, or why it may not be. Raises DatabaseUnavailable."""
        register = self.registers.seen(since, now) or await self._newest.do(None)
        return await self._going_on(await self._each_judged(party, events, scopes, register, dutch_day(now)))

    async def _keep_refusals(
        self, party: str, events: Sequence[Any], answers: Sequence[Answer], now: datetime
    ) -> None:
        refusals = [
            Refusal(event, answer.outcome, tuple(problem.code for problem in answer.problems))
            for event, answer in zip(events, answers, strict=True)
            if not answer.accepted and answer.outcome is not Outcome.UNAVAILABLE
        ]
        try:
            if refusals:
                async with transaction(self._pool) as connection:
                    await self.receipts.refused(connection, party, refusals, now)
        except DatabaseUnavailable:
            # To say that nothing was taken in would not be true.
            if not any(answer.accepted for answer in answers):
                raise
            _log.warning(logs.line("refusals not recorded", party=party, refused=len(refusals)))

    async def _each_judged(
        self, party: str, events: Sequence[Any], scopes: Collection[Scope], register: Register, today: date
    ) -> list[Candidate | Answer]:
        judged = []
        for event in events:
            judged.append(self.judge_one(party, event, scopes, register, today))
            if len(judged) % _JUDGED_IN_ONE_GO == 0:
                await asyncio.sleep(0)
        return judged

    def judge_one(
        self, party: str, attributes: Any, scopes: Collection[Scope], register: Register, today: date
    ) -> Candidate | Answer:
        """The event as it may be kept, but for what depends on earlier ones; or why it may not be."""
        if not isinstance(attributes, dict):
            problem = Problem("", "json_object", "moet een JSON-object zijn: één CloudEvent")
            return Answer(Outcome.INVALID, None, None, (problem,))
        attributes = {name: value for name, value in attributes.items() if value is not None}
        source, event_id = (_text(attributes.get(name)) for name in ("source", "id"))
        try:
            event, body = _parsed(attributes)
        except Refused as refused:
            problems = [*refused.problems, *readable_problems(attributes, register, party)]
            return Answer(Outcome.INVALID, source, event_id, tuple(problems))
        if len(body) > MAX_EVENT_BYTES:
            problem = Problem("", "too_large", f"is groter dan {MAX_EVENT_BYTES} bytes; gebruik 'dataref'")
            return Answer(Outcome.TOO_LARGE, source, event_id, (problem,))
        found, late = admission(event, register), too_late(event, register, today)
        if wrong := sender_of(event, party, register):
            others = (problem for problem in found if problem.field != wrong.field)
            return Answer(Outcome.NOT_YOURS, source, event_id, (wrong, *others, *late))
        if lacking := unallowed(event, scopes):
            return Answer(Outcome.NOT_ALLOWED, source, event_id, (lacking, *found, *late))
        if found:
            return Answer(Outcome.INVALID, source, event_id, (*found, *late))
        topic = function_topic(self._settings, event.lead_function)
        outgoing = Outgoing(topic, event.subject.encode(), body)
        digest = sha256(body).digest()
        return Candidate(event, event_key(event.source, event.id), digest, outgoing, tuple(late))

    async def _going_on(self, judged: Sequence[Candidate | Answer]) -> list[Candidate | Answer]:
        """What comes too late is refused when it was not kept before: who sends again may not have heard.
        What goes on from an earlier request is refused when that is not here. It may come just before, in the
        same batch."""
        candidates = [one for one in judged if isinstance(one, Candidate)]
        earlier = {one.key: key for one in candidates if (key := _earlier(one))}
        late = {one.key for one in candidates if one.too_late}
        if not earlier and not late:
            return list(judged)
        async with transaction(self._pool) as connection:
            claims = await find_claims(connection, late | set(earlier.values()))
        known = set(claims)
        found: list[Candidate | Answer] = []
        for one in judged:
            if isinstance(one, Candidate):
                problems = list(one.too_late) if one.key not in claims else []
                if one.key in earlier and earlier[one.key] not in known:
                    problems.append(Problem("data/again/request", "unknown_request", _UNKNOWN))
                if problems:
                    found.append(Answer(Outcome.INVALID, one.event.source, one.event.id, tuple(problems)))
                    continue
                known.add(one.key)
            found.append(one)
        return found

    async def preview(self, party: str, events: Sequence[Any], scopes: Collection[Scope]) -> list[Preview]:
        """Who would receive these events, or why they would be refused; nothing is kept, nobody is told."""
        register = await self._newest.do(None)
        now = await self.clock.now()
        today = dutch_day(now)
        judged = await self._going_on(await self._each_judged(party, events, scopes, register, today))
        # Of two with one key the first counts.
        wanted = {one.key: one.digest for one in reversed(judged) if isinstance(one, Candidate)}
        async with transaction(self._pool) as connection:
            held = await self.keeping.find(connection, wanted)
        claims = {key: Claim(digest, now, acknowledged=False) for key, digest in wanted.items()} | held
        previews = []
        foresight = Foresight(register, now)
        for one in judged:
            # Explaining may take long; others wait no longer than for one event.
            await asyncio.sleep(0)
            if isinstance(one, Answer):
                previews.append(Preview(one, None))
                continue
            answer = self.by_claim(one, claims)
            explained = explanation_for_publisher(one.event, register) if answer.accepted else None
            foreseen: tuple[Foreseen, ...] = ()
            if answer.outcome is Outcome.ACCEPTED and isinstance(one.event, Request):
                async with transaction(self._pool) as connection:
                    foreseen = await foresight.of(connection, one.event)
            previews.append(Preview(answer, explained, foreseen))
        return previews

    def of_kept(self, one: Candidate, kept: Kept) -> Answer:
        """The answer for an event by what became of it."""
        answer = self.by_claim(one, kept.claims)
        if answer.outcome is Outcome.ACCEPTED and (doubt := kept.doubts.get(one.key)):
            problem = Problem("", "kafka_unavailable", str(doubt))
            return answer._replace(outcome=Outcome.UNAVAILABLE, problems=(problem,))
        return answer

    @staticmethod
    def by_claim(one: Candidate, claims: Mapping[UUID, Claim]) -> Answer:
        """The answer for an event by the claims that hold."""
        claim = claims[one.key]
        if claim.content_hash != one.digest:
            problem = Problem(
                "id",
                "other_content",
                "is al gebruikt voor een gebeurtenis met andere inhoud; geef deze een nieuw id",
            )
            return Answer(Outcome.CONFLICT, one.event.source, one.event.id, (problem,))
        outcome = Outcome.KNOWN if claim.acknowledged else Outcome.ACCEPTED
        return Answer(outcome, one.event.source, one.event.id, key=one.key)


def _parsed(attributes: dict[str, Any]) -> tuple[Event, bytes]:
    """The event of these attributes, and its canonical JSON. Raises Refused."""
    try:
        written = canonical_text(attributes)
    except Refused:
        parse(attributes)
        raise
    return parse(attributes, written), written.encode()


_UNKNOWN = "wijst naar een verzoek dat hier niet is: noem 'source' en 'id' van uw eerdere verzoek"


def _earlier(one: Candidate) -> UUID | None:
    again = one.event.data.again if isinstance(one.event, Request) else None
    return event_key(again.request.source, again.request.id) if again else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
