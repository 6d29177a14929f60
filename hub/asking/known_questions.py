"""All questions of the hub by their texts, in memory: what a search for like ones looks through."""

import asyncio
from collections.abc import Collection, Sequence
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from hub.asking import example_questions
from hub.rules.suggesting import text_of
from hub.store.database import transaction
from hub.store.ledger.removing import count_removals
from hub.store.views.questions import horizon, planned_since, questions_since
from schemas.catalogue import parse
from schemas.library import AnswerDeposited
from schemas.question import QuestionRaised
from schemas.standard_question import StandardQuestion, standard_questions
from schemas.terms import FunctionSlug

if TYPE_CHECKING:
    from hub.rules.alike import Index

_READ_AT_ONCE: Final = 2_000
_BEGIN: Final = (0, UUID(int=0))


class KnownQuestion(NamedTuple):
    """What never changes of a question, or of an answer that was deposited."""

    event_key: UUID
    publisher: str
    functions: tuple[FunctionSlug, ...]
    is_deposit: bool


class KnownQuestions:
    """Keeps one index of the texts of all questions, and which questions are in each text: what a party gets
    of it depends only on what it may see, how long it takes does not."""

    def __init__(self, pool: AsyncEngine):
        self._pool = pool
        self._index: Index | None = None
        self._asked: dict[str, list[KnownQuestion]] = {}
        self._known: set[UUID] = set()
        self._planned: dict[UUID, frozenset[str]] = {}
        self._sets: dict[frozenset[str], frozenset[str]] = {}
        self._planned_from = 0
        self._catalogues: dict[FunctionSlug, Index] = {}
        self._after = _BEGIN
        self._growing = asyncio.Lock()
        self._removals: int | None = None

    async def is_outdated(self) -> bool:
        """Whether contents were removed since this began to read: then it may hold what should be gone."""
        if self._removals is None:
            return False
        async with transaction(self._pool) as connection:
            return await count_removals(connection) != self._removals

    def was_planned_for(self, party: str, event_key: UUID) -> bool:
        """Whether the party was ever to receive this question."""
        return party in self._planned.get(event_key, ())

    def in_words(self, key: str) -> Sequence[KnownQuestion]:
        """The questions with the text that has this key in the index."""
        return self._asked.get(key, ())

    def catalogue(self, functions: Collection[FunctionSlug]) -> "Index":
        """The standard questions of these functions; grown first. See `standard_of` for the keys."""
        from hub.rules.alike import Index, index_of

        assert self._index is not None  # noqa: S101 - see above
        for function in functions:
            if function not in self._catalogues:
                texts = ((f"{function}/{one.code}", one.template()) for one in standard_questions(function))
                self._catalogues[function] = index_of(self._index.weights, texts)
        parts = (part for function in functions for part in self._catalogues[function].parts)
        return Index(self._index.weights, tuple(parts))

    async def grow(self) -> "Index":
        """Takes in the questions that came since. The first time that are all there are: some 30 seconds for
        100,000, so a server does it when it starts."""
        from hub.rules.alike import index_of, with_questions  # here, since it imports numpy
        from hub.rules.ngrams import weights_of

        async with self._growing, transaction(self._pool) as connection:
            # Each statement sees what was committed when it began, so this comes first.
            first_under_way = await horizon(connection)
            if self._removals is None:
                self._removals = await count_removals(connection)
            if self._index is None:
                texts = example_questions.texts(example_questions.pairs())
                self._index = index_of(await asyncio.to_thread(weights_of, texts))
                self._planned_from = first_under_way
            while True:
                rows = await questions_since(connection, self._after, _READ_AT_ONCE)
                read = await asyncio.to_thread(
                    _read, [row for row in rows if row.event_key not in self._known]
                )
                new = {one.key: one.text for one in read if one.key not in self._asked}
                if new:
                    self._index = await asyncio.to_thread(with_questions, self._index, list(new.items()))
                # Known only once it can be found: nothing is awaited from the new index to here.
                self._take_in(read)
                if len(rows) < _READ_AT_ONCE:
                    break
                self._after = rows[-1].written_in, rows[-1].event_key
            async for event_key, parties in planned_since(connection, self._planned_from):
                self._plan(event_key, parties)
            self._after, self._planned_from = (first_under_way, _BEGIN[1]), first_under_way
            return self._index

    def _plan(self, event_key: UUID, parties: Collection[str]) -> None:
        together = self._planned.get(event_key, frozenset()) | set(parties)
        # Many questions go to the same parties: the same set is kept once.
        self._planned[event_key] = self._sets.setdefault(together, together)

    def _take_in(self, read: Sequence["_Read"]) -> None:
        for one in read:
            self._asked.setdefault(one.key, []).append(one.known)
            self._known.add(one.known.event_key)
            self._plan(one.known.event_key, one.parties)


class _Read(NamedTuple):
    key: str
    """Of its text in the index."""
    text: str
    known: KnownQuestion
    parties: Sequence[str]


def _read(rows: Sequence[Any]) -> list[_Read]:
    read = []
    for row in rows:
        question = question_of(row.content)
        text = text_of(question)
        is_deposit = isinstance(question, AnswerDeposited)
        known = KnownQuestion(row.event_key, row.publisher, question.functions, is_deposit)
        read.append(_Read(sha256(text.encode()).hexdigest(), text, known, row.parties))
    return read


def standard_of(key: str) -> tuple[FunctionSlug, StandardQuestion]:
    """The question of the catalogue with this key in the index, and of which function it is."""
    function, _, code = key.partition("/")
    return FunctionSlug(function), _by_code(FunctionSlug(function))[code]


@cache
def _by_code(function: FunctionSlug) -> dict[str, StandardQuestion]:
    return {one.code: one for one in standard_questions(function)}


def question_of(content: dict[str, Any]) -> QuestionRaised | AnswerDeposited:
    """The question, or the deposit, that an event is."""
    event = parse(content)
    assert isinstance(event, QuestionRaised | AnswerDeposited)  # noqa: S101 - so it was searched for
    return event
