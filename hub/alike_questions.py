"""Which questions that a party may know look like the one that it types? Suggestions; nothing merges."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub import example_questions
from hub.register.model import Register
from hub.rules.differing import Differences, differences
from hub.rules.moments import dutch_day
from hub.rules.relations import Reason, Relation
from hub.rules.seeing import may_see
from hub.rules.suggesting import Ask, ask_of, one_reality, same_ask, text_of
from hub.rules.throttle.library import Having, may_have
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.library import find_kept
from hub.store.registers import Registers
from hub.store.views.questions import (
    horizon,
    questions_near,
    questions_since,
    read_events,
    reasons_of,
)
from schemas.catalogue import parse
from schemas.library import AnswerDeposited
from schemas.question import QuestionRaised
from schemas.standard_question import StandardQuestion, standard_questions
from schemas.terms import FunctionSlug

if TYPE_CHECKING:
    from hub.rules.alike import Index, Suggestion

MOST: Final = 3
_KEPT_AT_ONCE: Final = 200_000
"""From so many questions the index begins again."""
_READ_AT_ONCE: Final = 2_000
_FIRST_PORTION: Final = 400
_GROWTH: Final = 8
"""Of the nearest texts first so many are looked at, then so many times as many: who may know little is soon
through them."""
_BEGIN: Final = (0, UUID(int=0))

_Near = dict[UUID, set[UUID | None]]
"""Each question with its answers in the library, and None when it is open."""


class AlikeQuestion(NamedTuple):
    """A question like the one that was typed. Not `ask`: nobody can join it, or it is the asker's own."""

    event_key: UUID
    answered: bool
    text: str
    score: float
    differences: Differences
    ask: Ask | None


class AlikeStandard(NamedTuple):
    """A question of the catalogue, and of which function it is."""

    function: FunctionSlug
    question: StandardQuestion
    text: str
    score: float
    differences: Differences


class Alike(NamedTuple):
    """The questions that stand in the hub, and those of the catalogue, the likeliest first."""

    questions: tuple[AlikeQuestion, ...]
    standard: tuple[AlikeStandard, ...]


class _Seen(NamedTuple):
    event_key: UUID
    question: QuestionRaised | AnswerDeposited
    publisher: str
    answered: bool


class _Reader(NamedTuple):
    """Who looks, among questions about what, on which day."""

    party: str
    functions: Collection[FunctionSlug]
    today: date
    is_different: Callable[[UUID], bool]
    register: Register


class AlikeQuestions:
    """Finds them. Keeps one index of the texts of all questions: what a party gets depends only on what it
    may see, how long it takes does not."""

    def __init__(self, pool: AsyncEngine, registers: Registers, clock: Clock):
        self._pool = pool
        self._registers = registers
        self._clock = clock
        self._index: Index | None = None
        self._asked: dict[str, list[UUID]] = {}
        self._known: set[UUID] = set()
        self._after = _BEGIN
        self._growing = asyncio.Lock()

    async def find(
        self,
        party: str,
        functions: Collection[FunctionSlug],
        areas: Sequence[str],
        text: str,
        is_different: Callable[[UUID], bool] = lambda _: False,
    ) -> Alike:
        """At most three questions and three of the catalogue. `is_different` says of a question that people
        called it different from the asker's: it is not suggested."""
        from hub.rules.alike import ranked

        register = await self._registers.newest()
        today = dutch_day(await self._clock.now())
        index = await self.grow()
        reader = _Reader(party, functions, today, is_different, register)
        async with transaction(self._pool) as connection:
            seen = await self._visible(connection, index, text, reader)
        found = await asyncio.to_thread(ranked, text, [near for near, _ in seen], len(seen))
        by_text = {near.key: questions for near, questions in seen}
        placed = [(one.score, question) for one in found for question in by_text[one.key]]
        questions = list(_shown(placed, party, areas, text))
        return Alike(tuple(questions[:MOST]), await asyncio.to_thread(_standard, index, functions, text))

    async def grow(self) -> "Index":
        """Takes in the questions that came since. The first time that are all there are: some 30 seconds for
        100,000, so a server does it when it starts."""
        from hub.rules.alike import index_of, with_questions  # here, since it imports numpy
        from hub.rules.ngrams import weights_of

        async with self._growing:
            if self._index is None or len(self._known) > _KEPT_AT_ONCE:
                texts = example_questions.texts(example_questions.pairs())
                self._index = index_of(await asyncio.to_thread(weights_of, texts))
                self._asked, self._known, self._after = {}, set(), _BEGIN
            async with transaction(self._pool) as connection:
                first_under_way = await horizon(connection)
            while True:
                async with transaction(self._pool) as connection:
                    rows = await questions_since(connection, self._after, _READ_AT_ONCE)
                new = await asyncio.to_thread(self._read, [r for r in rows if r.event_key not in self._known])
                if new:
                    self._index = await asyncio.to_thread(with_questions, self._index, new)
                if len(rows) < _READ_AT_ONCE:
                    break
                self._after = rows[-1].written_in, rows[-1].event_key
            self._after = first_under_way, _BEGIN[1]
            return self._index

    def _read(self, rows: Sequence[Any]) -> list[tuple[str, str]]:
        """The texts that are new, by their key."""
        new = []
        for row in rows:
            text = text_of(_question(row.content))
            key = sha256(text.encode()).hexdigest()
            if key not in self._asked:
                new.append((key, text))
            self._asked.setdefault(key, []).append(row.event_key)
            self._known.add(row.event_key)
        return new

    async def _visible(
        self, connection: AsyncConnection, index: "Index", text: str, reader: _Reader
    ) -> "list[tuple[Suggestion, list[_Seen]]]":
        """The nearest texts of which the reader may see a question, and those questions: so what is hidden
        takes no place, and many in the same words take one."""
        from hub.rules.alike import CONSIDERED, nearest

        candidates, portion = nearest(index, text), _FIRST_PORTION
        seen: list[tuple[Suggestion, list[_Seen]]] = []
        while len(seen) < CONSIDERED:
            some = await asyncio.to_thread(_taken, candidates, portion)
            if not some:
                break
            portion *= _GROWTH
            asked = {one.key: [k for k in self._asked[one.key] if not reader.is_different(k)] for one in some}
            near = await _near(connection, [key for keys in asked.values() for key in keys], reader)
            placed = [one for one in some if any(key in near for key in asked[one.key])]
            while placed and len(seen) < CONSIDERED:
                now, placed = placed[: CONSIDERED - len(seen)], placed[CONSIDERED - len(seen) :]
                keys = [key for one in now for key in asked[one.key] if key in near]
                looked = await _look(connection, keys, near, reader)
                for one in now:
                    if found := [looked[key] for key in sorted(asked[one.key]) if key in looked]:
                        seen.append((one, found))
        return seen


def _taken(candidates: "Iterator[Suggestion]", most: int) -> "list[Suggestion]":
    return list(islice(candidates, most))


async def _near(connection: AsyncConnection, keys: Sequence[UUID], reader: _Reader) -> _Near:
    near: _Near = {}
    for row in await questions_near(connection, reader.party, reader.functions, reader.today, keys):
        near.setdefault(row.event_key, set()).add(row.answer_key)
    return near


async def _look(
    connection: AsyncConnection, keys: Sequence[UUID], near: _Near, reader: _Reader
) -> dict[UUID, _Seen]:
    """Those of these questions that the party may see now."""
    party, register = reader.party, reader.register
    reasons = await reasons_of(connection, keys, party)
    looked = {}
    for row in await read_events(connection, keys):
        question = _question(row.content)
        if not one_reality(question.source, party, register):
            continue
        answered = await _may_have_one(connection, near[row.event_key], party, register)
        if isinstance(question, AnswerDeposited):
            visible = answered
        else:
            why = reasons.get(row.event_key)
            delivered = None if why is None else [Reason(Relation(one), *rest) for one, *rest in why]
            visible = may_see(party, row.publisher, question, delivered, register)
            visible = visible and (answered or None in near[row.event_key])
        if visible:
            looked[row.event_key] = _Seen(row.event_key, question, row.publisher, answered)
    return looked


async def _may_have_one(
    connection: AsyncConnection, answers: Collection[UUID | None], party: str, register: Register
) -> bool:
    for key in answers:
        kept = await find_kept(connection, key) if key else None
        if kept is not None and may_have(kept, party, register) is Having.MAY:
            return True
    return False


def _shown(
    found: Sequence[tuple[float, _Seen]], party: str, areas: Sequence[str], text: str
) -> Iterator[AlikeQuestion]:
    """Equal ones once, in the order in which they were found."""
    told = set()
    for score, seen in found:
        ask = ask_of(seen.question, seen.publisher, areas)
        same: tuple[object, ...] = same_ask(ask) if ask else (seen.event_key,)
        if same in told:
            continue
        told.add(same)
        theirs = text_of(seen.question)
        joins = ask if seen.publisher != party else None
        yield AlikeQuestion(seen.event_key, seen.answered, theirs, score, differences(text, theirs), joins)


def _standard(index: "Index", functions: Collection[FunctionSlug], text: str) -> tuple[AlikeStandard, ...]:
    from hub.rules.alike import alike, index_of

    known = {
        f"{function}/{one.code}": (function, one)
        for function in functions
        for one in standard_questions(function)
    }
    catalogue = index_of(index.weights, ((key, one.template()) for key, (_, one) in known.items()))
    return tuple(
        AlikeStandard(*known[one.key], one.text, one.score, differences(text, one.text))
        for one in alike(catalogue, text, MOST)
    )


def _question(content: dict[str, Any]) -> QuestionRaised | AnswerDeposited:
    event = parse(content)
    assert isinstance(event, QuestionRaised | AnswerDeposited)  # noqa: S101 - so it was searched for
    return event
