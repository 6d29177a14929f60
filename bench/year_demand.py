"""What the nation asks its operators in a year of 52 weeks, as events that the hub would take in; a seed
always gives the same."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from math import exp
from random import Random
from typing import Any, NamedTuple

from hub.register.kinds import DECENTRAL, PartyKind
from hub.register.model import Party, Register
from hub.rules.asking import asked_operators, library_key, merge_key
from hub.rules.moments import AMSTERDAM
from hub.rules.throttle.library import Kind
from hub.rules.throttle.slots import Slots
from schemas.catalogue import Request, parse
from schemas.question_parameter import ChoiceParameter
from schemas.standard_question import StandardQuestion, standard_questions
from schemas.terms import FunctionSlug, Tlp

BEGIN = Slots().latest(datetime(2027, 1, 5, 12, tzinfo=UTC))
"""The slot at which the year begins."""
WEEKS = 52
FLOOD_WEEKS = (30, 31, 32)
FLOOD_PROVINCES = ("PV25", "PV30", "PV31")
A_YEAR = {
    PartyKind.MUNICIPALITY: 1,
    PartyKind.PROVINCE: 3,
    PartyKind.WATER_BOARD: 3,
    PartyKind.SAFETY_REGION: 4,
    PartyKind.CORE_TEAM: 6,
}
"""Campaigns of each kind of party, on average."""
FLOOD_FUNCTIONS = (
    FunctionSlug.ELECTRICITY,
    FunctionSlug.TELECOM_BASIC,
    FunctionSlug.DRINKING_WATER,
    FunctionSlug.WASTE_WATER,
    FunctionSlug.PUMPING_STATIONS,
    FunctionSlug.TRANSPORT_MAIN,
)
FLOOD_A_WEEK = 2
"""Mails with one question of each government in the flooded provinces, on average."""
URGENT = 0.15
_CRISIS_QUESTIONS = 6
_USUAL = 0.8
"""So many of those that choose, choose flooding."""


class Demand(NamedTuple):
    """Which part is asked in standard words, and how much there is: times the usual number of campaigns.
    `steepness` 0: all questions of the catalogue are asked as often; 1: the second half as often as the
    first, the third a third."""

    standard: float
    times: float = 1
    steepness: float = 0


class Ask(NamedTuple):
    """One question of one asker to one operator. `campaign` is the mail that it would have been in without a
    hub; `kind` and `label` are those of its answer."""

    at: datetime
    asker: str
    operator: str
    campaign: int
    key: str
    library_key: str
    functions: tuple[FunctionSlug, ...]
    areas: tuple[str, ...]
    needed_by: date | None
    is_flood: bool
    is_urgent: bool
    is_standard: bool
    kind: Kind
    label: Tlp


def askers(register: Register) -> list[Party]:
    """Who asks: the decentral governments and the core teams of the national functions."""
    teams = {facts.core_team for facts in register.functions.values()}
    return [
        party
        for slug, party in sorted(register.parties.items())
        if party.kind in DECENTRAL or (party.kind is PartyKind.CORE_TEAM and slug in teams)
    ]


def year(register: Register, demand: Demand, seed: int) -> list[Ask]:
    """All that is asked, in order of time."""
    chance = Random(seed)  # noqa: S311 - the same year for the same seed
    asks: list[Ask] = []
    for number, campaign in enumerate(_campaigns(register, demand, chance)):
        asks += _asked(register, demand, chance, number, *campaign)
    return sorted(asks, key=lambda ask: ask.at)


def _campaigns(register: Register, demand: Demand, chance: Random) -> Iterator[tuple[Party, datetime, bool]]:
    for party in askers(register):
        for _ in range(_poisson(A_YEAR[party.kind] * demand.times, chance)):
            yield party, _moment(chance, chance.randrange(WEEKS)), False
        if party.kind in DECENTRAL and register.meeting_area(party.areas, FLOOD_PROVINCES):
            for _ in range(_poisson(len(FLOOD_WEEKS) * FLOOD_A_WEEK * demand.times, chance)):
                yield party, _moment(chance, chance.choice(FLOOD_WEEKS)), True


def _asked(
    register: Register,
    demand: Demand,
    chance: Random,
    number: int,
    party: Party,
    at: datetime,
    is_flood: bool,
) -> Iterator[Ask]:
    needed_by = _needed_by(at, is_flood, chance)
    functions = [*FLOOD_FUNCTIONS] if is_flood else [*register.functions]
    for function in chance.sample(functions, 1 if is_flood else chance.randint(1, 4)):
        catalogue = standard_questions(function)
        if is_flood:
            picked: tuple[StandardQuestion, ...] = (chance.choice(catalogue[:_CRISIS_QUESTIONS]),)
        else:
            picked = _picked(catalogue, demand.steepness, chance)
        for place, question in enumerate(picked):
            is_standard = chance.random() < demand.standard
            words = _standard(question, is_flood, chance) if is_standard else _free(number, place)
            request = _request(party, at, function, f"{number}-{function}-{place}", words)
            is_urgent = is_flood and chance.random() < URGENT
            due = at.date() + timedelta(days=chance.randint(1, 4)) if is_urgent else needed_by
            for asked in asked_operators(request, register):
                if register.parties[asked.operator].kind is PartyKind.OPERATOR:
                    yield Ask(
                        at,
                        party.slug,
                        asked.operator,
                        number,
                        merge_key(request, asked),
                        library_key(request, asked),
                        tuple(map(FunctionSlug, asked.functions)),
                        asked.areas,
                        due,
                        is_flood,
                        is_urgent,
                        is_standard,
                        Kind(question.validity.value),
                        question.tlp,
                    )


def _picked(
    catalogue: Sequence[StandardQuestion], steepness: float, chance: Random
) -> tuple[StandardQuestion, ...]:
    """Three to eight different ones, the n-th of the catalogue with the weight n ** -steepness."""
    ranks = {one.code: rank for rank, one in enumerate(catalogue, 1)}
    drawn = sorted(catalogue, key=lambda one: chance.random() ** (ranks[one.code] ** steepness), reverse=True)
    return tuple(drawn[: chance.randint(3, 8)])


def _needed_by(at: datetime, is_flood: bool, chance: Random) -> date | None:
    """In a flood within two weeks; else half of them at no set day, or in six weeks to half a year."""
    if is_flood:
        return at.date() + timedelta(days=14)
    return at.date() + timedelta(days=chance.randint(42, 182)) if chance.random() < 0.5 else None


def _standard(question: StandardQuestion, is_flood: bool, chance: Random) -> dict[str, Any]:
    """Most ask about flooding, and leave other parameters as they are."""
    values = {}
    for parameter in question.parameters:
        if isinstance(parameter, ChoiceParameter):
            is_first = is_flood or chance.random() < _USUAL
            allowed = parameter.allowed_values
            values[parameter.name] = allowed[0] if is_first else chance.choice(allowed)
    return {"text": question.template(), "standard_question": question.code, "parameters": values}


def _free(number: int, place: int) -> dict[str, Any]:
    return {"text": f"Een eigen vraag, nummer {place} van {number}?"}


def _request(party: Party, at: datetime, function: FunctionSlug, name: str, words: dict[str, Any]) -> Request:
    event = parse(
        {
            "specversion": "1.0",
            "id": name,
            "source": f"urn:nld:oin:{party.oin}:systeem:zaken",
            "type": "nl.vitale-functies.question.raised.v1",
            "time": at.isoformat(),
            "subject": name,
            "datacontenttype": "application/json",
            "functions": str(function),
            "areas": party.areas[0],
            "tlp": "GREEN",
            "data": {"recipients": [], **words},
        }
    )
    assert isinstance(event, Request)  # noqa: S101 - a question is one
    return event


def _moment(chance: Random, week: int) -> datetime:
    """In working hours of that week of the year."""
    monday = Slots().day(BEGIN) + timedelta(weeks=week) - timedelta(days=1)
    day = monday + timedelta(days=chance.randrange(5))
    at = datetime(day.year, day.month, day.day, 9, tzinfo=AMSTERDAM) + timedelta(
        seconds=chance.randrange(28_800)
    )
    return at.astimezone(UTC)


def _poisson(mean: float, chance: Random) -> int:
    count, left = 0, chance.random()
    while left > exp(-mean):
        count, left = count + 1, left * chance.random()
    return count
