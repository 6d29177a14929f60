"""The catalogue: every event type the hub knows, with its model. One table is the whole list."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails, SchemaValidator

from schemas.ambition import AmbitionSet
from schemas.answer_withheld import AnswerWithheld
from schemas.bottleneck import BottleneckFound, BottleneckResolved, BottleneckUpdated
from schemas.bundle import BundleReleased
from schemas.chain_effect import ChainEffectSignalled
from schemas.classification import classified, may_be_classified
from schemas.envelope import EXTENSION_NAME, Data, Envelope
from schemas.impact_analysis import ImpactAnalysisPublished
from schemas.information import InformationRequested
from schemas.knowledge import KnowledgeShared
from schemas.library import AnswerDeposited, AnswerRetracted
from schemas.measure import MeasureAdopted, MeasureImplemented
from schemas.ministry_consultation import (
    MinistryConsultationConcluded,
    MinistryConsultationPlanned,
    MinistryConsultationRequested,
)
from schemas.participation import ParticipationAccepted, ParticipationDeclined, ParticipationRequested
from schemas.problems import Problem, Refused, in_dutch
from schemas.progress import ProgressReported
from schemas.question import QuestionAnswered, QuestionRaised
from schemas.quick import quick_validator
from schemas.register_change import (
    AreaChanged,
    DependencyChanged,
    FunctionChanged,
    PartyChanged,
    RoleChanged,
    SubscriptionChanged,
)
from schemas.request_progress import RequestProgressed
from schemas.risk_dialogue import RiskDialogueHeld, RiskDialoguePlanned
from schemas.situation import SituationOpened, SituationRenewed, SituationReported
from schemas.steering import (
    QuestionsMerged,
    QuestionsSeparated,
    RequestConfirmed,
    RequestDeclined,
    RequestPostponed,
    RequestReferred,
    RequestWithdrawn,
)
from schemas.stress_test import StressTestCompleted, StressTestPlanned
from schemas.terms import is_readable
from schemas.vulnerability_analysis import VulnerabilityAnalysisPublished

Event = (
    StressTestPlanned
    | StressTestCompleted
    | ImpactAnalysisPublished
    | VulnerabilityAnalysisPublished
    | BottleneckFound
    | BottleneckUpdated
    | BottleneckResolved
    | QuestionRaised
    | QuestionAnswered
    | AnswerDeposited
    | AnswerRetracted
    | InformationRequested
    | ParticipationRequested
    | ParticipationAccepted
    | ParticipationDeclined
    | RequestWithdrawn
    | RequestDeclined
    | RequestPostponed
    | RequestReferred
    | RequestConfirmed
    | QuestionsMerged
    | QuestionsSeparated
    | SituationOpened
    | SituationRenewed
    | SituationReported
    | RequestProgressed
    | BundleReleased
    | AnswerWithheld
    | RiskDialoguePlanned
    | RiskDialogueHeld
    | KnowledgeShared
    | AmbitionSet
    | MeasureAdopted
    | MeasureImplemented
    | MinistryConsultationRequested
    | MinistryConsultationPlanned
    | MinistryConsultationConcluded
    | ProgressReported
    | ChainEffectSignalled
    | PartyChanged
    | RoleChanged
    | AreaChanged
    | FunctionChanged
    | DependencyChanged
    | SubscriptionChanged
)
Request = QuestionRaised | InformationRequested | ParticipationRequested
"""Events that ask operators for something: they reach operators through the throttle only."""
Answer = QuestionAnswered | ParticipationAccepted | ParticipationDeclined
"""Events that answer a request: who asked the same gets them too, as far as they may know."""
LibraryChange = AnswerDeposited | AnswerRetracted
"""Events by which an operator says what is in its library."""
ByOperator = RequestDeclined | RequestPostponed | RequestReferred
"""What an operator says of a request other than an answer."""
Steering = RequestWithdrawn | ByOperator | RequestConfirmed | QuestionsMerged | QuestionsSeparated
"""Events that steer what becomes of a request."""
Plan = RiskDialoguePlanned | MinistryConsultationPlanned
"""Events that plan a meeting, change that plan, or call it off."""
Situation = SituationOpened | SituationRenewed | SituationReported
"""Events of the situation sheets of a crisis."""


class EventType(NamedTuple):
    """One row of the catalogue. `short` is what people and templates use to name the type."""

    short: str
    name_nl: str
    model: type[Envelope]
    by_hub: bool = False
    """Whether the hub alone publishes it."""

    @property
    def type(self) -> str:
        return str(self.model.model_fields["type"].annotation.__args__[0])  # type: ignore[union-attr]


CATALOGUE = (
    EventType("stress-test-planned", "Stresstest gepland", StressTestPlanned),
    EventType("stress-test-completed", "Stresstest afgerond", StressTestCompleted),
    EventType("impact-analysis-published", "Impactanalyse gepubliceerd", ImpactAnalysisPublished),
    EventType(
        "vulnerability-analysis-published",
        "Kwetsbaarheidsanalyse gepubliceerd",
        VulnerabilityAnalysisPublished,
    ),
    EventType("bottleneck-found", "Knelpunt gevonden", BottleneckFound),
    EventType("bottleneck-updated", "Knelpunt bijgewerkt", BottleneckUpdated),
    EventType("bottleneck-resolved", "Knelpunt opgelost", BottleneckResolved),
    EventType("question-raised", "Vraag gesteld", QuestionRaised),
    EventType("question-answered", "Vraag beantwoord", QuestionAnswered),
    EventType("answer-deposited", "Antwoord in de bibliotheek gezet", AnswerDeposited),
    EventType("answer-retracted", "Antwoord ingetrokken", AnswerRetracted),
    EventType("information-requested", "Informatie gevraagd", InformationRequested),
    EventType("participation-requested", "Deelname gevraagd", ParticipationRequested),
    EventType("participation-accepted", "Deelname toegezegd", ParticipationAccepted),
    EventType("participation-declined", "Deelname afgezegd", ParticipationDeclined),
    EventType("request-withdrawn", "Verzoek ingetrokken", RequestWithdrawn),
    EventType("request-declined", "Verzoek afgewezen", RequestDeclined),
    EventType("request-postponed", "Verzoek uitgesteld", RequestPostponed),
    EventType("request-referred", "Verzoek doorverwezen", RequestReferred),
    EventType("request-confirmed", "Verzoek bevestigd", RequestConfirmed),
    EventType("questions-merged", "Vragen samengevoegd", QuestionsMerged),
    EventType("questions-separated", "Vragen gescheiden", QuestionsSeparated),
    EventType("situation-opened", "Situatieblad geopend", SituationOpened),
    EventType("situation-renewed", "Situatieblad verlengd", SituationRenewed),
    EventType("situation-reported", "Situatie gemeld", SituationReported),
    EventType("request-progressed", "Stand van een verzoek", RequestProgressed, by_hub=True),
    EventType("bundle-released", "Bundel verstuurd", BundleReleased, by_hub=True),
    EventType("answer-withheld", "Antwoord niet doorgegeven", AnswerWithheld, by_hub=True),
    EventType("risk-dialogue-planned", "Risicodialoog gepland", RiskDialoguePlanned),
    EventType("risk-dialogue-held", "Risicodialoog gehouden", RiskDialogueHeld),
    EventType("knowledge-shared", "Kennis gedeeld", KnowledgeShared),
    EventType("ambition-set", "Ambitie vastgesteld", AmbitionSet),
    EventType("measure-adopted", "Maatregel vastgesteld", MeasureAdopted),
    EventType("measure-implemented", "Maatregel uitgevoerd", MeasureImplemented),
    EventType(
        "ministry-consultation-requested", "Gesprek met ministerie gevraagd", MinistryConsultationRequested
    ),
    EventType("ministry-consultation-planned", "Gesprek met ministerie gepland", MinistryConsultationPlanned),
    EventType(
        "ministry-consultation-concluded", "Gesprek met ministerie gevoerd", MinistryConsultationConcluded
    ),
    EventType("progress-reported", "Voortgang gemeld", ProgressReported),
    EventType("chain-effect-signalled", "Keteneffect gesignaleerd", ChainEffectSignalled, by_hub=True),
    EventType("party-changed", "Partij gewijzigd", PartyChanged, by_hub=True),
    EventType("role-changed", "Rol gewijzigd", RoleChanged, by_hub=True),
    EventType("area-changed", "Gebied gewijzigd", AreaChanged, by_hub=True),
    EventType("function-changed", "Functie gewijzigd", FunctionChanged, by_hub=True),
    EventType("dependency-changed", "Afhankelijkheid gewijzigd", DependencyChanged, by_hub=True),
    EventType("subscription-changed", "Abonnement gewijzigd", SubscriptionChanged, by_hub=True),
)
BY_TYPE = {row.type: row for row in CATALOGUE}


class _AnyData(Data, extra="allow"):
    pass


class _AnyEnvelope(Envelope):
    data: _AnyData


_MODELS = {name: row.model.__pydantic_validator__ for name, row in BY_TYPE.items()}


@cache
def _quick(kind: str) -> SchemaValidator:
    return quick_validator(BY_TYPE[kind].model)


def _validated(kind: str | None, attributes: dict[str, Any]) -> Any:
    if kind is None:
        return _ANY.validate_python(attributes)
    try:
        return _quick(kind).validate_python(attributes)
    except ValidationError:
        return _MODELS[kind].validate_python(attributes)


_ANY = _AnyEnvelope.__pydantic_validator__


_OF_ENVELOPE = frozenset(Envelope.model_fields)


def parse(attributes: dict[str, Any], written: bytes | None = None) -> Event:
    """The typed event of a CloudEvent's attributes; `written` is the same as JSON, where that is at hand.
    Raises `Refused` with every broken rule at once."""
    if written is None or b"null" in written:
        attributes = {name: value for name, value in attributes.items() if value is not None}
    problems = []
    if not attributes.keys() <= _OF_ENVELOPE:
        problems = [
            Problem(_shown(name), "extension", text)
            for name, value in attributes.items()
            if name not in _OF_ENVELOPE
            for text in _wrong_with_extension(name, value)
        ]
    if written is None or may_be_classified(written):
        problems += classified(attributes)
    kind = attributes.get("type")
    is_known = isinstance(kind, str) and kind in BY_TYPE
    event: Any = None
    try:
        event = _validated(kind if is_known else None, attributes)
    except ValidationError as error:
        problems += _problems(error.errors(include_url=False, include_input=False))
    if not is_known and kind is not None:
        types = ", ".join(sorted(BY_TYPE))
        problems.insert(0, Problem("type", "unknown_type", f"is onbekend. Bekende typen: {types}"))
    if problems or event is None:
        raise Refused(problems)
    return event  # type: ignore[no-any-return]


def is_surely_taken(attributes: dict[str, Any], written: bytes) -> bool:
    """Whether `parse` takes these attributes, of which none is null, in less time; it may also take what this
    doubts. `written` is the same as JSON."""
    kind = attributes.get("type")
    return (
        isinstance(kind, str)
        and kind in BY_TYPE
        and attributes.keys() <= _OF_ENVELOPE
        and not may_be_classified(written)
        and _quick(kind).isinstance_python(attributes)
    )


def _shown(name: str) -> str:
    """A name that the sender chose, fit to show and to store."""
    return name[:80] if is_readable(name) else ascii(name[:80])


def _wrong_with_extension(name: str, value: object) -> Iterator[str]:
    if not EXTENSION_NAME.fullmatch(name):
        yield "is geen geldige naam: alleen a-z en 0-9, hoogstens 20 tekens"
    if not isinstance(value, str | int | bool):
        yield "moet tekst, een geheel getal of waar/onwaar zijn"
    if isinstance(value, str) and not (is_readable(value) and {"\n", "\t"}.isdisjoint(value)):
        yield "moet leesbare tekst op één regel zijn"


def _problems(details: Sequence[ErrorDetails]) -> Iterator[Problem]:
    """Each broken rule once: a list whose only parts are wrong is not also called too short."""
    holders = {detail["loc"][:-1] for detail in details}
    for detail in details:
        if detail["type"] != "too_short" or detail["loc"] not in holders:
            yield _problem(detail)


def _problem(detail: ErrorDetails) -> Problem:
    path = [str(part) for part in detail["loc"]]
    return Problem("/".join(map(_shown, path)), detail["type"], in_dutch(detail))
