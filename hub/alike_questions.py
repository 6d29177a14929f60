"""Which questions that a party may know look like the one that it types? Suggestions; nothing merges."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from hashlib import sha256
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
from hub.store.views.questions import questions_near, read_events, reasons_of
from schemas.catalogue import parse
from schemas.library import AnswerDeposited
from schemas.question import QuestionRaised
from schemas.standard_question import StandardQuestion, standard_questions
from schemas.terms import FunctionSlug

if TYPE_CHECKING:
    from hub.rules.alike import Index

MOST: Final = 3
_KEPT_AT_ONCE: Final = 200_000
"""From so many texts the index begins again: it has closed questions too."""
_READ_AT_ONCE: Final = 5_000
_CONSIDERED: Final = 30

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


class AlikeQuestions:
    """Finds them. Keeps one index of the texts that any party looked among: what a party gets depends only on
    what it may see, how long it takes does not."""

    def __init__(self, pool: AsyncEngine, registers: Registers, clock: Clock):
        self._pool = pool
        self._registers = registers
        self._clock = clock
        self._index: Index | None = None
        self._texts: dict[UUID, str] = {}
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
        register = await self._registers.newest()
        today = dutch_day(await self._clock.now())
        async with transaction(self._pool) as connection:
            near: _Near = {}
            for row in await questions_near(connection, party, functions, today):
                if not is_different(row.event_key):
                    near.setdefault(row.event_key, set()).add(row.answer_key)
            index = await self._grown(connection, near)
            found = await self._visible(connection, index, text, near, party, register)
        questions = list(_shown(found, party, areas, text))
        return Alike(tuple(questions[:MOST]), await asyncio.to_thread(_standard, index, functions, text))

    async def _grown(self, connection: AsyncConnection, near: Collection[UUID]) -> "Index":
        from hub.rules.alike import index_of, with_questions  # here, since it imports numpy
        from hub.rules.ngrams import weights_of

        async with self._growing:
            if self._index is None or len(self._texts) > _KEPT_AT_ONCE:
                texts = example_questions.texts(example_questions.pairs())
                self._index, self._texts = index_of(await asyncio.to_thread(weights_of, texts)), {}
            missing = [key for key in near if key not in self._texts]
            for start in range(0, len(missing), _READ_AT_ONCE):
                rows = await read_events(connection, missing[start : start + _READ_AT_ONCE])
                read = {row.event_key: text_of(_question(row.content)) for row in rows}
                keys = {event: sha256(text.encode()).hexdigest() for event, text in read.items()}
                had = set(self._texts.values())
                new = {keys[event]: text for event, text in read.items() if keys[event] not in had}
                self._index = await asyncio.to_thread(with_questions, self._index, new.items())
                self._texts |= keys
            return self._index

    async def _visible(
        self,
        connection: AsyncConnection,
        index: "Index",
        text: str,
        near: _Near,
        party: str,
        register: Register,
    ) -> list[tuple[float, _Seen]]:
        """Asked again without what turned out to be hidden, until all that had a place may be seen: so what
        is hidden takes no place, and many in the same words take one."""
        from hub.rules.alike import alike

        by_text: dict[str, list[UUID]] = {}
        for event in sorted(near):
            by_text.setdefault(self._texts[event], []).append(event)
        seen: dict[str, list[_Seen]] = {}
        while True:
            placed: list[str] = []

            def may_stand(key: str, placed: list[str] = placed) -> bool:
                if key in by_text:
                    placed.append(key)
                return key in by_text

            found = await asyncio.to_thread(alike, index, text, _CONSIDERED, may_stand)
            for one in placed:
                if one not in seen:
                    seen[one] = await _look(connection, by_text[one], near, party, register)
            hidden = [one for one in placed if not seen[one]]
            if not hidden:
                return [(each.score, question) for each in found for question in seen[each.key]]
            for one in hidden:
                del by_text[one]


async def _look(
    connection: AsyncConnection, keys: Sequence[UUID], near: _Near, party: str, register: Register
) -> list[_Seen]:
    """Those of these questions that the party may see now."""
    reasons = await reasons_of(connection, keys, party)
    looked = []
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
            looked.append(_Seen(row.event_key, question, row.publisher, answered))
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
