"""Which questions that a party may know look like the one that it types? Suggestions; nothing merges."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub import logs
from hub.asking.known_questions import KnownQuestion, KnownQuestions, question_of, standard_of
from hub.errors import Unavailable
from hub.register.model import Register
from hub.rules.differing import Differences, differences
from hub.rules.moments import dutch_day
from hub.rules.relations import reasons_of
from hub.rules.seeing import may_see
from hub.rules.suggesting import Ask, ask_of, one_reality, same_ask, text_of
from hub.rules.throttle.library import Having, may_have
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.register.registers import Registers
from hub.store.throttle.library import find_kept
from hub.store.views.questions import read_events, read_reasons, still_standing
from hub.store.wake import WakeUp
from schemas.library import AnswerDeposited
from schemas.question import QuestionRaised
from schemas.standard_question import StandardQuestion
from schemas.terms import FunctionSlug

if TYPE_CHECKING:
    from hub.rules.alike import Index, Suggestion

_log = logging.getLogger(__name__)
MOST: Final = 3
_FIRST_PORTION: Final = 64
_GROWTH: Final = 4
"""Of the nearest texts first so many are looked at, then so many times as many: who has many that are closed
is soon through them."""

_Near = dict[UUID, set[UUID | None]]
"""Each question with its answers in the library, and None when it is open."""


_Candidate: TypeAlias = "tuple[Suggestion, list[KnownQuestion]]"


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
    functions: frozenset[FunctionSlug]
    today: date
    is_different: Callable[[UUID], bool]
    register: Register


class AlikeQuestions:
    """Finds them. What a party gets depends only on what it may see."""

    def __init__(self, pool: AsyncEngine, registers: Registers, clock: Clock):
        self._pool = pool
        self._registers = registers
        self._clock = clock
        self._known = KnownQuestions(pool)

    async def grow(self) -> None:
        """Takes in the questions that came since; the first time all, which takes long."""
        await self._known.grow()

    async def keep_forgetting(self, wake_up: WakeUp, stop: asyncio.Event) -> None:
        """Lets go of all texts as soon as contents are removed, and takes in those that are left, until
        `stop`."""
        while not stop.is_set():
            try:
                if await self._known.is_outdated():
                    self._known = KnownQuestions(self._pool)
                    await self._known.grow()
            except Unavailable as error:
                _log.warning(logs.line("a part is away, waiting", error=type(error).__name__))
                await asyncio.sleep(1.0)
            await wake_up.wait()

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
        # Another takes its place when contents are removed meanwhile.
        known = self._known
        index = await known.grow()
        reader = _Reader(party, frozenset(functions), today, is_different, register)
        async with transaction(self._pool) as connection:
            seen = await self._visible(connection, known, index, text, reader)
        found = await asyncio.to_thread(ranked, text, [near for near, _ in seen], len(seen))
        by_text = {near.key: questions for near, questions in seen}
        placed = [(one.score, question) for one in found for question in by_text[one.key]]
        questions = list(_shown(placed, party, areas, text))
        return Alike(
            tuple(questions[:MOST]),
            await asyncio.to_thread(_standard, known.catalogue(functions), text),
        )

    async def _visible(
        self, connection: AsyncConnection, known: KnownQuestions, index: "Index", text: str, reader: _Reader
    ) -> "list[tuple[Suggestion, list[_Seen]]]":
        """The nearest texts of which the reader may see a question, and those questions: so what is hidden
        takes no place, and many in the same words take one."""
        from hub.rules.alike import CONSIDERED, nearest

        candidates, portion = _of_reader(known, nearest(index, text), reader), _FIRST_PORTION
        seen: list[tuple[Suggestion, list[_Seen]]] = []
        while len(seen) < CONSIDERED:
            some = await asyncio.to_thread(_taken, candidates, portion)
            if not some:
                break
            portion *= _GROWTH
            near = await _near(connection, [one for _, asked in some for one in asked], reader.today)
            keys = {one.key: sorted(k.event_key for k in asked if k.event_key in near) for one, asked in some}
            placed = [one for one, _ in some if keys[one.key]]
            while placed and len(seen) < CONSIDERED:
                now, placed = placed[: CONSIDERED - len(seen)], placed[CONSIDERED - len(seen) :]
                looked = await _look(connection, [key for one in now for key in keys[one.key]], near, reader)
                found = ((one, [looked[key] for key in keys[one.key] if key in looked]) for one in now)
                seen += [(one, visible) for one, visible in found if visible]
        return seen


def _of_reader(
    known: KnownQuestions, candidates: "Iterator[Suggestion]", reader: _Reader
) -> "Iterator[_Candidate]":
    """The texts with a question about his functions that is the reader's own or was planned for him, or a
    deposit about them. Whether he may know them now is not asked here."""
    for near in candidates:
        asked = [
            one
            for one in known.in_words(near.key)
            if (
                one.is_deposit
                or one.publisher == reader.party
                or known.was_planned_for(reader.party, one.event_key)
            )
            and not reader.functions.isdisjoint(one.functions)
            and not reader.is_different(one.event_key)
        ]
        if asked:
            yield near, asked


def _taken(candidates: "Iterator[_Candidate]", most: int) -> "list[_Candidate]":
    return list(islice(candidates, most))


async def _near(connection: AsyncConnection, known: Sequence[KnownQuestion], today: date) -> _Near:
    """Those that are open or still answered."""
    raised = [one.event_key for one in known if not one.is_deposit]
    deposits = [one.event_key for one in known if one.is_deposit]
    near: _Near = {}
    for row in await still_standing(connection, raised, deposits, today):
        near.setdefault(row.event_key, set()).add(row.answer_key)
    return near


async def _look(
    connection: AsyncConnection, keys: Sequence[UUID], near: _Near, reader: _Reader
) -> dict[UUID, _Seen]:
    """Those of these questions that the party may see now."""
    party, register = reader.party, reader.register
    reasons = await read_reasons(connection, keys, party)
    looked = {}
    for row in await read_events(connection, keys):
        question = question_of(row.content)
        if not one_reality(question.source, party, register):
            continue
        answered = await _may_have_one(connection, near[row.event_key], party, register)
        if isinstance(question, AnswerDeposited):
            visible = answered
        else:
            why = reasons.get(row.event_key)
            delivered = None if why is None else reasons_of(why)
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


def _standard(index: "Index", text: str) -> tuple[AlikeStandard, ...]:
    from hub.rules.alike import alike

    found = []
    for one in alike(index, text, MOST):
        function, question = standard_of(one.key)
        found.append(AlikeStandard(function, question, one.text, one.score, differences(text, one.text)))
    return tuple(found)
