"""What an event says, as labels and texts in reading order: one function per kind of data."""

from collections.abc import Iterable
from functools import singledispatch
from typing import NamedTuple

from hub.register.model import Register
from hub.wording import area_name, day, moment, party_name
from schemas.bottleneck import BottleneckFoundData, BottleneckResolvedData
from schemas.envelope import Data, Envelope
from schemas.impact_analysis import ImpactAnalysisPublishedData
from schemas.information import InformationRequestedData
from schemas.knowledge import KnowledgeSharedData
from schemas.participation import ParticipationRequestedData
from schemas.question import QuestionAnsweredData, QuestionRaisedData
from schemas.risk_dialogue import RiskDialogueHeldData
from schemas.stress_test import StressTestCompletedData

_HAZARDS = {"flood": "overstroming", "excess-water": "wateroverlast", "drought": "droogte", "heat": "hitte"}
_SEVERITY = {"low": "laag", "medium": "midden", "high": "hoog"}
_OPENNESS = {"public": "openbaar", "partners": "alleen voor partners", "confidential": "vertrouwelijk"}
_ACTIVITY = {"stress-test": "stresstest", "risk-dialogue": "risicodialoog"}


class Fact(NamedTuple):
    """A label and its text."""

    label: str
    text: str


def facts(event: Envelope, register: Register) -> list[Fact]:
    """The facts that the event gives; what it leaves out is not there."""
    return [fact for fact in _facts(event.data, register) if fact.text]


@singledispatch
def _facts(data: Data, register: Register) -> list[Fact]:
    raise LookupError(f"no wording for {type(data).__name__}")


@_facts.register
def _(data: StressTestCompletedData, register: Register) -> list[Fact]:
    deviations = [f"{d.from_standard}: {d.reason}" for d in data.deviations]
    return [
        Fact("Samenvatting", data.summary),
        Fact("Dreiging", _hazards(data.hazards)),
        Fact("Standaard", data.standard),
        Fact("Afwijkingen", "\n".join(deviations)),
        Fact("Openheid", _OPENNESS[data.openness]),
        Fact("Meer", data.link or ""),
    ]


@_facts.register
def _(data: ImpactAnalysisPublishedData, register: Register) -> list[Fact]:
    hours, people = data.outage_hours, data.people_affected
    return [
        Fact("Samenvatting", data.summary),
        Fact("Scenario", data.scenario),
        Fact("Dreiging", _hazards(data.hazards)),
        Fact("Duur van de uitval", f"{hours} uur" if hours is not None else ""),
        Fact("Getroffen mensen", f"{people:,}".replace(",", ".") if people is not None else ""),
        Fact("Meer", data.link or ""),
    ]


@_facts.register
def _(data: BottleneckFoundData, register: Register) -> list[Fact]:
    return [
        Fact("Knelpunt", data.description),
        Fact("Dreiging", _hazards(data.hazards)),
        Fact("Ernst", _SEVERITY[data.severity]),
        Fact("Gevonden op", day(data.found_on)),
        Fact("Plaats", data.location or ""),
    ]


@_facts.register
def _(data: BottleneckResolvedData, register: Register) -> list[Fact]:
    return [Fact("Oplossing", data.how), Fact("Opgelost op", day(data.resolved_on))]


@_facts.register
def _(data: QuestionRaisedData, register: Register) -> list[Fact]:
    return [
        Fact("Vraag", data.text),
        Fact("Achtergrond", data.background or ""),
        Fact("Nodig voor", day(data.needed_by) if data.needed_by else ""),
    ]


@_facts.register
def _(data: QuestionAnsweredData, register: Register) -> list[Fact]:
    rows = [f"{area_name(row.area, register)}: {row.text}" for row in data.per_area]
    return [
        Fact("Antwoord", data.text),
        Fact("Per gebied", "\n".join(rows)),
        Fact("Geldig tot en met", day(data.valid_until) if data.valid_until else ""),
    ]


@_facts.register
def _(data: InformationRequestedData, register: Register) -> list[Fact]:
    return [
        Fact("Gevraagd", data.text),
        Fact("Doel", data.purpose),
        Fact("Nodig voor", day(data.needed_by) if data.needed_by else ""),
    ]


@_facts.register
def _(data: ParticipationRequestedData, register: Register) -> list[Fact]:
    return [
        Fact("Uitnodiging", data.text),
        Fact("Soort", _ACTIVITY[data.activity]),
        Fact("Wanneer", moment(data.starts_at)),
        Fact("Waar", data.place or ""),
        Fact("Reactie nodig voor", day(data.needed_by) if data.needed_by else ""),
    ]


@_facts.register
def _(data: RiskDialogueHeldData, register: Register) -> list[Fact]:
    present = ", ".join(party_name(slug, register) for slug in data.participants)
    return [
        Fact("Uitkomst", data.outcome),
        Fact("Afspraken", "\n".join(data.agreements)),
        Fact("Gehouden op", day(data.held_on)),
        Fact("Aanwezig", present),
        Fact("Dreiging", _hazards(data.hazards)),
        Fact("Meer", data.link or ""),
    ]


@_facts.register
def _(data: KnowledgeSharedData, register: Register) -> list[Fact]:
    return [Fact("Samenvatting", data.summary), Fact("Meer", data.link or "")]


def _hazards(hazards: Iterable[str]) -> str:
    return ", ".join(_HAZARDS[hazard] for hazard in hazards)
