"""What an event says, as labels and texts in reading order: one function per kind of data."""

from collections.abc import Callable, Iterable
from functools import partial, singledispatch
from typing import Any, NamedTuple

from hub.register.model import Register
from hub.words import steering_facts as steering
from hub.words.answer_facts import answer_facts, library_facts
from hub.words.bundle_facts import bundle_facts, withheld_facts
from hub.words.choice_words import ACTIVITY, HAZARDS, OPENNESS, SEVERITY, STEP
from hub.words.language import said
from hub.words.own_facts import change_facts, signal_facts
from hub.words.wording import day, days, moment, number, party_name
from schemas.ambition import AmbitionSetData
from schemas.answer_withheld import AnswerWithheldData
from schemas.bottleneck import BottleneckFoundData, BottleneckResolvedData, BottleneckUpdatedData
from schemas.bundle import BundleReleasedData
from schemas.chain_effect import ChainEffectSignalledData
from schemas.envelope import Data, Envelope
from schemas.impact_analysis import ImpactAnalysisPublishedData
from schemas.information import InformationRequestedData
from schemas.knowledge import KnowledgeSharedData
from schemas.library import AnswerDepositedData, AnswerRetractedData
from schemas.measure import MeasureAdoptedData, MeasureImplementedData
from schemas.ministry_consultation import (
    MinistryConsultationConcludedData,
    MinistryConsultationPlannedData,
    MinistryConsultationRequestedData,
)
from schemas.participation import (
    ParticipationAcceptedData,
    ParticipationDeclinedData,
    ParticipationRequestedData,
)
from schemas.progress import ProgressReportedData
from schemas.question import QuestionAnsweredData, QuestionRaisedData
from schemas.register_change import RegisterChangeData
from schemas.request_progress import RequestProgressedData
from schemas.risk_dialogue import RiskDialogueHeldData, RiskDialoguePlannedData
from schemas.situation import SituationOpenedData, SituationRenewedData, SituationReported
from schemas.steering import OfRequest, TwoQuestions
from schemas.stress_test import StressTestCompletedData, StressTestPlannedData
from schemas.vulnerability_analysis import VulnerabilityAnalysisPublishedData


class Fact(NamedTuple):
    """A label and its text."""

    label: str
    text: str


def facts(event: Envelope, register: Register) -> list[Fact]:
    """The facts that the event gives; what it leaves out is not there."""
    told: Iterable[tuple[str, str]]
    if isinstance(event, SituationReported):
        told = steering.reported_facts(event, register)
    else:
        told = _facts(event.data, register)
    return [Fact(said(label), text) for label, text in told if text]


def facts_without_date(request: Envelope, register: Register) -> list[Fact]:
    """The facts of a request but for what is of its asker alone: when it is needed, and why."""
    data = request.data.model_copy(update=dict.fromkeys(("needed_by", "urgent", "again", "crisis")))
    return facts(request.model_copy(update={"data": data}), register)


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
        Fact("Openheid", said(OPENNESS[data.openness])),
        Fact("Meer", data.link or ""),
    ]


@_facts.register
def _(data: ImpactAnalysisPublishedData, register: Register) -> list[Fact]:
    hours, people = data.outage_hours, data.people_affected
    return [
        Fact("Samenvatting", data.summary),
        Fact("Scenario", data.scenario),
        Fact("Dreiging", _hazards(data.hazards)),
        Fact("Duur van de uitval", said("{hours} uur", hours=hours) if hours is not None else ""),
        Fact("Getroffen mensen", number(people) if people is not None else ""),
        Fact("Meer", data.link or ""),
    ]


@_facts.register
def _(data: BottleneckFoundData | BottleneckUpdatedData, register: Register) -> list[Fact]:
    return [
        Fact("Knelpunt", data.description),
        Fact("Dreiging", _hazards(data.hazards)),
        Fact("Ernst", said(SEVERITY[data.severity])),
        Fact("Gevonden op", day(data.found_on) if isinstance(data, BottleneckFoundData) else ""),
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
        *(Fact(*pair) for pair in steering.of_asker(data)),
    ]


@_facts.register
def _(data: InformationRequestedData, register: Register) -> list[Fact]:
    return [
        Fact("Gevraagd", data.text),
        Fact("Doel", data.purpose),
        Fact("Nodig voor", day(data.needed_by) if data.needed_by else ""),
        *(Fact(*pair) for pair in steering.of_asker(data)),
    ]


@_facts.register
def _(data: ParticipationRequestedData, register: Register) -> list[Fact]:
    return [
        Fact("Uitnodiging", data.text),
        Fact("Soort", said(ACTIVITY[data.activity])),
        Fact("Wanneer", moment(data.starts_at)),
        Fact("Waar", data.place or ""),
        Fact("Reactie nodig voor", day(data.needed_by) if data.needed_by else ""),
        *(Fact(*pair) for pair in steering.of_asker(data)),
    ]


@_facts.register
def _(data: RiskDialogueHeldData, register: Register) -> list[Fact]:
    return [
        Fact("Uitkomst", data.outcome),
        Fact("Afspraken", "\n".join(data.agreements)),
        Fact("Gehouden op", day(data.held_on)),
        Fact("Aanwezig", _names(data.participants, register)),
        Fact("Dreiging", _hazards(data.hazards)),
        Fact("Meer", data.link or ""),
    ]


@_facts.register
def _(data: KnowledgeSharedData, register: Register) -> list[Fact]:
    return [Fact("Samenvatting", data.summary), Fact("Meer", data.link or "")]


@_facts.register
def _(data: StressTestPlannedData, register: Register) -> list[Fact]:
    return [
        Fact("Wat", data.text),
        Fact("Dreiging", _hazards(data.hazards)),
        Fact("Begint op", day(data.starts_on)),
        Fact("Standaard", data.standard or ""),
        Fact("Doen mee", _names(data.participants, register)),
    ]


@_facts.register
def _(data: VulnerabilityAnalysisPublishedData, register: Register) -> list[Fact]:
    return [
        Fact("Samenvatting", data.summary),
        Fact("Dreiging", _hazards(data.hazards)),
        Fact("Blootgesteld", data.exposed or ""),
        Fact("Valt uit bij", data.fails_at or ""),
        Fact("Meer", data.link or ""),
    ]


@_facts.register
def _(data: ParticipationAcceptedData, register: Register) -> list[Fact]:
    return [Fact("Toezegging", data.text)]


@_facts.register
def _(data: ParticipationDeclinedData, register: Register) -> list[Fact]:
    return [Fact("Reden", data.reason), Fact("In plaats daarvan", data.alternative or "")]


@_facts.register
def _(data: RiskDialoguePlannedData, register: Register) -> list[Fact]:
    return [
        Fact("Waarover", data.text),
        *_plan(data),
        Fact("Dreiging", _hazards(data.hazards)),
        Fact("Doen mee", _names(data.participants, register)),
    ]


@_facts.register
def _(data: AmbitionSetData, register: Register) -> list[Fact]:
    return [
        Fact("Ambitie", data.text),
        Fact("Bereikt in", str(data.by_year)),
        Fact("Dreiging", _hazards(data.hazards)),
        Fact("Meer", data.link or ""),
    ]


@_facts.register
def _(data: MeasureAdoptedData, register: Register) -> list[Fact]:
    return [
        Fact("Maatregel", data.description),
        Fact("Dreiging", _hazards(data.hazards)),
        Fact("Klaar op", day(data.ready_by) if data.ready_by else ""),
        Fact("Meer", data.link or ""),
    ]


@_facts.register
def _(data: MeasureImplementedData, register: Register) -> list[Fact]:
    return [Fact("Uitgevoerd", data.how), Fact("Klaar sinds", day(data.implemented_on))]


@_facts.register
def _(data: MinistryConsultationRequestedData, register: Register) -> list[Fact]:
    return [Fact("Reden", data.reason), Fact("Met", party_name(data.ministry, register))]


@_facts.register
def _(data: MinistryConsultationPlannedData, register: Register) -> list[Fact]:
    return [*_plan(data), Fact("Agenda", "\n".join(data.agenda))]


def _plan(data: RiskDialoguePlannedData | MinistryConsultationPlannedData) -> list[Fact]:
    return [
        Fact("Let op", said("Dit gaat niet door.") if data.state == "cancelled" else ""),
        Fact("Wanneer", moment(data.starts_at)),
        Fact("Waar", data.place or ""),
        Fact("Komt in plaats van", data.supersedes.id if data.supersedes else ""),
    ]


@_facts.register
def _(data: MinistryConsultationConcludedData, register: Register) -> list[Fact]:
    return [
        Fact("Uitkomst", data.outcome),
        Fact("Afspraken", "\n".join(data.agreements)),
        Fact("Gehouden op", day(data.held_on)),
    ]


@_facts.register
def _(data: ProgressReportedData, register: Register) -> list[Fact]:
    return [
        Fact("Gedaan", data.done),
        Fact("Afgesproken", data.agreed),
        Fact("Gepland", data.planned),
        Fact("Stap", said(STEP[data.step])),
        Fact("Periode", days(data.period_from, data.period_until)),
    ]


_Pairs = Callable[[Any, Register], list[tuple[str, str]]]


def _as_facts(pairs: _Pairs, data: Data, register: Register) -> list[Fact]:
    return [Fact(*pair) for pair in pairs(data, register)]


_ELSEWHERE: tuple[tuple[_Pairs, tuple[type[Data], ...]], ...] = (
    (answer_facts, (QuestionAnsweredData,)),
    (library_facts, (AnswerDepositedData, AnswerRetractedData)),
    (signal_facts, (ChainEffectSignalledData,)),
    (change_facts, (RegisterChangeData,)),
    (steering.steering_facts, (OfRequest, TwoQuestions)),
    (steering.situation_facts, (SituationOpenedData, SituationRenewedData)),
    (steering.progress_facts, (RequestProgressedData,)),
    (bundle_facts, (BundleReleasedData,)),
    (withheld_facts, (AnswerWithheldData,)),
)
for _pairs, _kinds in _ELSEWHERE:
    for _kind in _kinds:
        _facts.register(_kind, partial(_as_facts, _pairs))


def _hazards(hazards: Iterable[str]) -> str:
    return ", ".join(said(HAZARDS[hazard]) for hazard in hazards)


def _names(slugs: Iterable[str], register: Register) -> str:
    return ", ".join(party_name(slug, register) for slug in slugs)
