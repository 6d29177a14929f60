"""What does an event name that the register must know? Also asked of one that is wrong in form."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from schemas.catalogue import Request
from schemas.envelope import SOURCE, Envelope
from schemas.library import AnswerDepositedData
from schemas.ministry_consultation import MinistryConsultationRequestedData
from schemas.question import QuestionAnsweredData
from schemas.risk_dialogue import RiskDialogueHeldData, RiskDialoguePlannedData
from schemas.situation import SituationReportedData
from schemas.steering import RequestReferredData, TwoQuestions
from schemas.stress_test import StressTestPlannedData
from schemas.terms import AREA_CODE, PARTY_SLUG

_AREA = re.compile(AREA_CODE)
_PARTY = re.compile(PARTY_SLUG)
_WITH_AREAS = QuestionAnsweredData | AnswerDepositedData | SituationReportedData
_WITH_PARTICIPANTS = StressTestPlannedData | RiskDialoguePlannedData | RiskDialogueHeldData
_WITH_PARTY = MinistryConsultationRequestedData | RequestReferredData | TwoQuestions
_LISTS = ("recipients", "participants", "asked")


class Named(NamedTuple):
    """Area codes and party slugs, each with the field in which it stands; and where the event comes from."""

    source: str | None
    areas: tuple[tuple[str, str], ...]
    parties: tuple[tuple[str, str], ...]


def named(event: Envelope) -> Named:
    """All that the event names."""
    if names_more(type(event)) or event.data.recipients:
        return Named(event.source, tuple(_areas(event)), tuple(_parties(event)))
    return Named(event.source, tuple([("areas", area) for area in event.areas]), ())


@cache
def names_more(kind: type[Envelope]) -> bool:
    """Whether events of this kind may name more than the areas and recipients that every event has."""
    data: Any = kind.model_fields["data"].annotation
    return issubclass(kind, Request) or issubclass(data, _WITH_AREAS | _WITH_PARTICIPANTS | _WITH_PARTY)


def readable(attributes: Mapping[str, Any]) -> Named:
    """What can be read of it in attributes as they came, whatever else is wrong with them."""
    data = attributes.get("data")
    fields = data if isinstance(data, Mapping) else {}
    areas = attributes.get("areas")
    codes = dict.fromkeys(areas.split(",")) if isinstance(areas, str) else ()
    rows = [row.get("area") if isinstance(row, Mapping) else None for row in _list(fields.get("per_area"))]
    places: list[tuple[str, Any]] = [("areas", code) for code in codes]
    places += [(f"data/per_area/{i}/area", code) for i, code in enumerate(rows)]
    rows = [row.get("area") if isinstance(row, Mapping) else None for row in _list(fields.get("rows"))]
    places += [(f"data/rows/{i}/area", code) for i, code in enumerate(rows)]
    parties = [(f"data/{name}/{i}", s) for name in _LISTS for i, s in enumerate(_list(fields.get(name)))]
    parties += [(f"data/{name}", fields.get(name)) for name in ("ministry", "asked", "to")]
    source = attributes.get("source")
    return Named(
        source if isinstance(source, str) and SOURCE.fullmatch(source) else None,
        tuple(_formed(_AREA, places)),
        tuple(_formed(_PARTY, parties)),
    )


def _areas(event: Envelope) -> Iterator[tuple[str, str]]:
    yield from (("areas", area) for area in event.areas)
    if isinstance(event.data, QuestionAnsweredData | AnswerDepositedData):
        yield from ((f"data/per_area/{i}/area", row.area) for i, row in enumerate(event.data.per_area))
    if isinstance(event.data, SituationReportedData):
        yield from ((f"data/rows/{i}/area", row.area) for i, row in enumerate(event.data.rows) if row.area)


def _parties(event: Envelope) -> Iterator[tuple[str, str]]:
    yield from ((f"data/recipients/{i}", slug) for i, slug in enumerate(event.data.recipients))
    if isinstance(event.data, _WITH_PARTICIPANTS):
        yield from ((f"data/participants/{i}", slug) for i, slug in enumerate(event.data.participants))
    if isinstance(event, Request):
        yield from ((f"data/asked/{i}", slug) for i, slug in enumerate(event.data.asked))
    if isinstance(event.data, MinistryConsultationRequestedData):
        yield "data/ministry", event.data.ministry
    if isinstance(event.data, RequestReferredData):
        yield "data/to", event.data.to
    if isinstance(event.data, TwoQuestions):
        yield "data/asked", event.data.asked


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _formed(form: re.Pattern[str], places: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
    return ((field, text) for field, text in places if isinstance(text, str) and form.fullmatch(text))
