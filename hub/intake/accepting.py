"""Intake: accept an event or refuse it, the same for HTTP, files and whatever comes later.

Accepted means kept: the claim on (source, id) is in PostgreSQL and Kafka has acknowledged with acks=all.
"""

import asyncio
import logging
import math
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from hub import logs
from hub.asking.foreseeing import Foreseen, Foresight
from hub.errors import DatabaseUnavailable
from hub.gathering import Gathering
from hub.intake.judging import Answer, Candidate, Checks
from hub.intake.keeping import Keeping, Kept, Wanted
from hub.intake.outcome import Outcome
from hub.kafka.broker import Publisher
from hub.ledger.receipts import Receipts, Refusal
from hub.register.model import Register
from hub.rules.explaining import Explanation, explanation_for_publisher
from hub.rules.moments import dutch_day
from hub.rules.scopes import Scope
from hub.settings import Settings
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.intake.claims import Claim, find_claims
from hub.store.register.registers import Registers
from schemas.catalogue import Request
from schemas.problems import Problem
from schemas.strict_json import Read

_JUDGED_IN_ONE_GO = 20
"""Then others have their turn: a large batch makes nobody wait."""
_log = logging.getLogger(__name__)


class Preview(NamedTuple):
    """What would become of an event: the answer that it would get, who would receive it, and for a new
    request what it would come to at each operator."""

    answer: Answer
    explanation: Explanation | None
    foreseen: tuple[Foreseen, ...] = ()


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
    ) -> list[Answer]:
        """An answer per event, in order. Events are CloudEvents attributes as they came; `scopes` is what the
        program that sends them may do. The register is as new as it was `since`, in seconds of
        `time.monotonic`, or newer; by default it is looked up.

        Raises DatabaseUnavailable when nothing can be claimed.
        """
        return await self.accept_read(party, [*map(Read, events)], scopes, since)

    async def accept_read(
        self, party: str, events: Sequence[Read], scopes: Collection[Scope], since: float = math.inf
    ) -> list[Answer]:
        """The same, of events that `schemas.formats` has read."""
        now = await self.clock.now()
        judged = await self.judge_read(party, events, scopes, now, since)
        answers, kept = await self._kept(party, judged, now)
        await self._keep_refusals(party, [one.attributes for one in events], answers, now)
        return [self.signed(one, kept, now) if one.accepted else one for one in answers]

    async def keep_judged(
        self, party: str, events: Sequence[Any], judged: Sequence[Candidate | Answer], now: datetime
    ) -> list[Answer]:
        """The second half of `accept`, without receipts; goes together with what others keep by then. Raises
        DatabaseUnavailable."""
        answers, _ = await self._kept(party, judged, now, in_lane=True)
        await self._keep_refusals(party, events, answers, now)
        return answers

    async def _kept(
        self, party: str, judged: Sequence[Candidate | Answer], now: datetime, *, in_lane: bool = False
    ) -> tuple[list[Answer], Kept]:
        candidates = [one for one in judged if isinstance(one, Candidate)]
        kept = Kept({}, {}, {})
        if candidates:
            wanted = [Wanted(one.key, one.digest, one.outgoing) for one in candidates]
            kept = await self.keeping.keep(party, wanted, now, in_lane=in_lane)
        return [one if isinstance(one, Answer) else self.of_kept(one, kept) for one in judged], kept

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
        return await self.judge_read(party, [*map(Read, events)], scopes, now, since)

    async def judge_read(
        self, party: str, events: Sequence[Read], scopes: Collection[Scope], now: datetime, since: float
    ) -> list[Candidate | Answer]:
        """The same, of events that `schemas.formats` has read."""
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
        self, party: str, events: Sequence[Read], scopes: Collection[Scope], register: Register, today: date
    ) -> list[Candidate | Answer]:
        checks = self.checks(party, scopes, register, today)
        judged = []
        for event in events:
            judged.append(checks.judge(event))
            if len(judged) % _JUDGED_IN_ONE_GO == 0:
                await asyncio.sleep(0)
        return judged

    def checks(self, party: str, scopes: Collection[Scope], register: Register, today: date) -> Checks:
        """All that is checked of an event by itself."""
        return Checks(self._settings, party, scopes, register, today)

    async def _going_on(self, judged: Sequence[Candidate | Answer]) -> list[Candidate | Answer]:
        """What comes too late is refused when it was not kept before: who sends again may not have heard.
        What goes on from an earlier request is refused when that is not here. It may come just before, in the
        same batch."""
        candidates = [one for one in judged if isinstance(one, Candidate)]
        earlier = {one.key: one.earlier for one in candidates if one.earlier}
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
                    found.append(Answer(Outcome.INVALID, *_names(one), tuple(problems)))
                    continue
                known.add(one.key)
            found.append(one)
        return found

    async def preview(self, party: str, events: Sequence[Read], scopes: Collection[Scope]) -> list[Preview]:
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
            event = one.event()
            explained = explanation_for_publisher(event, register) if answer.accepted else None
            foreseen: tuple[Foreseen, ...] = ()
            if answer.outcome is Outcome.ACCEPTED and isinstance(event, Request):
                async with transaction(self._pool) as connection:
                    foreseen = await foresight.of(connection, event)
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
            return Answer(Outcome.CONFLICT, *_names(one), (problem,))
        outcome = Outcome.KNOWN if claim.acknowledged else Outcome.ACCEPTED
        return Answer(outcome, *_names(one), key=one.key)


def _names(one: Candidate) -> tuple[str, str]:
    return one.attributes["source"], one.attributes["id"]


_UNKNOWN = "wijst naar een verzoek dat hier niet is: noem 'source' en 'id' van uw eerdere verzoek"
