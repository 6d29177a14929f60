"""Take a file in: all of its events, or none. What they are is decided where every event is."""

import asyncio
import hashlib
import hmac
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID
from weakref import WeakValueDictionary

from sqlalchemy.ext.asyncio import AsyncEngine

from hub.filing.reading import Format, known_in, read_file
from hub.filing.rows import Draft
from hub.filing.tables import CellProblem, FileRefused
from hub.intake.accepting import Intake
from hub.intake.judging import Answer, Candidate
from hub.intake.outcome import Outcome
from hub.ledger.receipts import Receipts, Received, Refusal
from hub.rules.explaining import Explanation, explanation_for_publisher
from hub.rules.identity import event_key
from hub.rules.ledger.contents import committed
from hub.rules.scopes import Scope
from hub.settings import Settings
from hub.store.access.secrets import own_secret
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.intake.claims import Claim, claim_content, find_claims
from hub.store.intake.outbox import put_out
from hub.store.ledger.records import Entry, record
from hub.store.register.registers import Registers
from schemas.catalogue import Event, Request
from schemas.envelope import is_exercise
from schemas.problems import Problem

_SECRET = "files"  # noqa: S105 - the name of the key, not the key
_READ_AT_ONCE = 2
"""Reading a file takes a processor and memory; and of one party one at a time, so that it leaves room."""


class FromFile(NamedTuple):
    """An event of a file: the rows that it came from, and what became of it, or would."""

    rows: tuple[int, ...]
    key: UUID
    answer: Answer

    @property
    def is_exercise(self) -> bool:
        return is_exercise(self.answer.source or "")


class Taken(NamedTuple):
    """A file by its SHA-256, and its events in order. Of a dry run also how many of the events each party
    would receive, or would be asked."""

    digest: str
    events: tuple[FromFile, ...]
    reached: Mapping[str, int] = {}
    asked: Mapping[str, int] = {}


class _ClaimedMeanwhile(Exception):
    """Another claimed one of the events since we looked: then what we were about to keep is undone."""


class Filing:
    """Takes in files for a party that has shown its token."""

    def __init__(
        self, settings: Settings, pool: AsyncEngine, registers: Registers, intake: Intake, clock: Clock
    ):
        self._pool = pool
        self._registers = registers
        self._intake = intake
        self._clock = clock
        self._receipts = Receipts(settings)
        self._turns = asyncio.Semaphore(_READ_AT_ONCE)
        self._own_turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def read(self, party: str, content: bytes, kind: Format) -> list[Draft]:
        """The events that a file holds. Raises FileRefused."""
        known = known_in(await self._registers.newest(), party, await self._secret())
        own = self._own_turns.setdefault(party, asyncio.Lock())
        async with own, self._turns:
            return await asyncio.to_thread(read_file, content, kind, known)

    async def _secret(self) -> bytes:
        async with transaction(self._pool) as connection:
            return await own_secret(connection, _SECRET)

    async def take(
        self,
        party: str,
        scopes: Collection[Scope],
        content: bytes,
        drafts: Sequence[Draft],
        *,
        dry_run: bool = False,
    ) -> Taken:
        """Keeps all events of a file in one transaction; the outbox publishes them. Raises FileRefused when
        any of them may not come in, DatabaseUnavailable when nothing is kept."""
        digest = hashlib.sha256(content).hexdigest()
        if doubled := list(_doubled(drafts)):
            raise FileRefused(doubled)
        while True:
            now = await self._clock.now()
            held = await self._held(drafts)
            events = [_timed(draft, held, now) for draft in drafts]
            judged = await self._intake.judge(party, events, scopes, now)
            answers = [
                one if isinstance(one, Answer) else self._intake.by_claim(one, _held_or_new(one, held, now))
                for one in judged
            ]
            if not all(answer.accepted for answer in answers):
                if not dry_run:
                    await self._refuse(party, events, answers, now)
                raise FileRefused(_problems(drafts, answers))
            candidates = [one for one in judged if isinstance(one, Candidate)]
            if not dry_run:
                try:
                    mark = hmac.digest(await self._secret(), content, hashlib.sha256).hex()
                    answers = await self._keep(party, mark, drafts, events, candidates, answers, now)
                except _ClaimedMeanwhile:
                    continue
            taken = Taken(
                digest,
                tuple(
                    FromFile(tuple(draft.rows), one.key, answer)
                    for draft, one, answer in zip(drafts, candidates, answers, strict=True)
                ),
            )
            return await self._foreseen(taken, candidates) if dry_run else taken

    async def _foreseen(self, taken: Taken, candidates: Sequence[Candidate]) -> Taken:
        register = await self._registers.newest()
        reached: Counter[str] = Counter()
        asked: Counter[str] = Counter()
        known: dict[object, Explanation] = {}
        for one in candidates:
            event = one.event()
            about = _about(event)
            if about not in known:
                await asyncio.sleep(0)  # Explaining many may take long; others wait no longer than for one.
                known[about] = explanation_for_publisher(event, register)
            reached.update(each.party for each in known[about].related if each.mode is not None)
            asked.update(each.operator for each in known[about].asked)
        return taken._replace(reached=reached, asked=asked)

    async def _held(self, drafts: Sequence[Draft]) -> Mapping[UUID, Claim]:
        keys = {key for draft in drafts if (key := _key(draft.attributes))}
        async with transaction(self._pool) as connection:
            return await find_claims(connection, keys)

    async def _refuse(
        self, party: str, events: Sequence[Any], answers: Sequence[Answer], now: datetime
    ) -> None:
        refusals = [
            Refusal(event, answer.outcome, tuple(problem.code for problem in answer.problems))
            for event, answer in zip(events, answers, strict=True)
            if not answer.accepted
        ]
        async with transaction(self._pool) as connection:
            await self._receipts.refused(connection, party, refusals, now)

    async def _keep(
        self,
        party: str,
        mark: str,
        drafts: Sequence[Draft],
        events: Sequence[Mapping[str, Any]],
        candidates: Sequence[Candidate],
        answers: Sequence[Answer],
        now: datetime,
    ) -> list[Answer]:
        wanted = {one.key: one.digest for one in candidates}
        async with transaction(self._pool) as connection:
            publishers = dict.fromkeys(wanted, party)
            claims = await claim_content(connection, wanted, now, publishers=publishers)
            if any(claims[key].content_hash != content for key, content in wanted.items()):
                raise _ClaimedMeanwhile
            received = {
                key: Received(committed(claims[key].salt or b"", content), party)
                for key, content in wanted.items()
            }
            leaves = await self._receipts.received(connection, received, now)
            await record(connection, _entries(party, mark, drafts, candidates, now))
            unpublished = [
                dict(event)
                for event, one in zip(events, candidates, strict=True)
                if not claims[one.key].acknowledged
            ]
            await put_out(connection, unpublished, now, is_own=False)
        return [
            answer._replace(
                receipt=self._receipts.sign(leaves[one.key], one.key, now),
                salt=(claims[one.key].salt or b"").hex(),
            )
            for one, answer in zip(candidates, answers, strict=True)
        ]


def _about(event: Event) -> object:
    """What of an event decides who receives it, as far as its publisher is told."""
    asked = event.data.asked if isinstance(event, Request) else ()
    return event.type, event.functions, event.areas, event.tlp, event.source, event.data.recipients, asked


def _key(attributes: Mapping[str, Any]) -> UUID | None:
    source, event_id = attributes.get("source"), attributes.get("id")
    return event_key(source, event_id) if isinstance(source, str) and isinstance(event_id, str) else None


def _doubled(drafts: Sequence[Draft]) -> Iterator[CellProblem]:
    """Whole events of which an earlier one has the same source and id."""
    seen: dict[UUID, int] = {}
    for draft in drafts:
        key = _key(draft.attributes)
        if key is not None and seen.setdefault(key, draft.rows[0]) != draft.rows[0]:
            yield draft.placed(Problem("id", "doubled", f"heeft hetzelfde id als regel {seen[key]}"))


def _timed(draft: Draft, held: Mapping[UUID, Claim], now: datetime) -> Any:
    """An event of a row is logged when the hub first kept it: so the same row again is the same event."""
    key = _key(draft.attributes)
    if "time" in draft.attributes or not draft.places:
        return draft.attributes
    at = held[key].accepted_at if key is not None and key in held else now
    return {**draft.attributes, "time": at.astimezone(UTC).isoformat()}


def _held_or_new(one: Candidate, held: Mapping[UUID, Claim], now: datetime) -> Mapping[UUID, Claim]:
    if one.key not in held:
        return {one.key: Claim(one.digest, now, acknowledged=False)}
    # Claimed is known: should Kafka not have it yet, the outbox brings it there.
    return {one.key: held[one.key]._replace(acknowledged=True)}


def _problems(drafts: Sequence[Draft], answers: Sequence[Answer]) -> list[CellProblem]:
    found = []
    for draft, answer in zip(drafts, answers, strict=True):
        for problem in answer.problems:
            if answer.outcome is Outcome.CONFLICT:
                detail = "dit kenmerk stond al bij andere inhoud; geef wat veranderd is een nieuw kenmerk"
                problem = Problem("id", problem.code, detail)
            found.append(draft.placed(problem))
    return found


def _entries(
    party: str, mark: str, drafts: Sequence[Draft], candidates: Sequence[Candidate], now: datetime
) -> list[Entry]:
    """Which file came in, and for each event from which rows of it. `mark` names the file, to the
    hub alone."""
    facts = {"party": party, "file": mark, "events": len(candidates)}
    entries = [Entry("file-received", (party, mark), None, now, facts)]
    for draft, one in zip(drafts, candidates, strict=True):
        own = {"publisher": party, "file": mark, "rows": draft.rows}
        entries.append(Entry("event-from-file", (one.key, mark), one.key, now, own))
    return sorted(entries, key=lambda entry: entry.record_key)
