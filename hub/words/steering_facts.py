"""What is said of a request, and of a crisis, as pairs of a label and a text in reading order."""

from collections.abc import Sequence

from hub.register.model import Register
from hub.rules.relations import publisher
from hub.words.language import is_dutch, said
from hub.words.wording import area_name, day, moment, party_name
from schemas.asking import Asking
from schemas.request_progress import RequestProgressedData
from schemas.situation import SituationOpenedData, SituationRenewedData, SituationReported, SituationRow
from schemas.standard_question import StandardQuestion, find_question
from schemas.steering import (
    OfRequest,
    RequestDeclinedData,
    RequestPostponedData,
    RequestReferredData,
    TwoQuestions,
)
from schemas.terms import FunctionSlug

Pair = tuple[str, str]

_STATES = {
    "waiting": "De vraag wacht op de volgende bundel.",
    "sent": "De vraag ligt bij de beheerder.",
    "half-way": "De helft van de tijd is om en de vraag is nog niet beantwoord.",
    "expired": "De vraag is verlopen: de tijd ervoor is om, en de hub vraagt het niet meer.",
    "withheld": "De vraag is niet gesteld: de beheerder mag dit niet ontvangen of doet niet meer mee.",
    "urgent-sent": "De vraag is met spoed naar de beheerder gegaan.",
    "urgent-not-sent": "De vraag gaat niet met spoed, en wacht op de gewone bundel.",
    "on-sheet": "De vraag loopt mee met het situatieblad van deze crisis.",
    "again-not-sent": "De vraag is eerder afgewezen, en wordt nog niet opnieuw gesteld.",
}
_REASONS = {
    "no-reason-given": "de vrager zei niet waarom het niet kan wachten",
    "next-slot-is-in-time": "de eerstvolgende bundel is op tijd, of er staat niet bij wanneer het nodig is",
    "asker-has-had-its-share-so-ask-the-coordinator": (
        "de vrager had zijn spoedvraag al; de coördinator kan deze bevestigen"
    ),
    "urgent-places-are-taken-so-ask-the-coordinator": (
        "de spoedplaatsen zijn op; de coördinator kan deze bevestigen"
    ),
    "only-the-duty-number": "de spoedplaatsen zijn op; bel het nummer van de wachtdienst van de beheerder",
    "operator-was-reminded": "er is nog geen antwoord, en de hub heeft de beheerder eraan herinnerd",
    "operator-has-the-question-already": "de beheerder heeft deze vraag al",
    "sheet-has-ended": "het situatieblad is gesloten, en gaf nog geen antwoord op de vraag",
    "needs-a-reason": "geef een reden om het opnieuw te vragen",
    "needs-another-reason-than-before": "geef een andere reden dan de vorige keer",
    "needs-the-coordinator": "de coördinator moet het bevestigen",
}


def reason_text(word: str) -> str:
    """A word of the throttle for why."""
    return said(_REASONS.get(word, word))


def of_asker(data: Asking) -> list[Pair]:
    """What a request says of its asker alone."""
    return [
        ("Waarom het niet kan wachten", data.urgent or ""),
        ("Vraagt dit opnieuw, omdat", data.again.reason if data.again else ""),
        ("Voor crisis", data.crisis or ""),
    ]


def steering_facts(data: OfRequest | TwoQuestions, register: Register) -> list[Pair]:
    """What an asker, operator or coordinator says of a request."""
    if isinstance(data, TwoQuestions):
        return [
            ("Reden", data.reason or ""),
            ("Vragen", f"{data.one.id}\n{data.other.id}"),
            ("Gesteld aan", party_name(data.asked, register)),
        ]
    reason = ("Reden", getattr(data, "reason", None) or "")
    about = ("Verzoek", data.request.id)
    match data:
        case RequestDeclinedData():
            until = day(data.valid_until) if data.valid_until else ""
            return [reason, ("Geldt tot en met", until), about]
        case RequestPostponedData():
            return [reason, ("Uitgesteld tot", day(data.until)), about]
        case RequestReferredData():
            return [reason, ("Doorverwezen naar", party_name(data.to, register)), about]
    return [reason, about]


def situation_facts(data: SituationOpenedData | SituationRenewedData, register: Register) -> list[Pair]:
    """A situation sheet: opened or renewed."""
    if isinstance(data, SituationOpenedData):
        return [("Crisis", data.crisis), ("Wat er is", data.text)]
    return [("Verlengd", data.text), ("Situatieblad", data.situation.id)]


def reported_facts(report: SituationReported, register: Register) -> list[Pair]:
    """How it stands at an operator."""
    data = report.data
    rows = [f"{_asked(row, report.functions, register)} {row.text}" for row in data.rows]
    return [("Hoe het staat", data.text), ("Per vraag", "\n".join(rows)), ("Situatieblad", data.situation.id)]


def on_sheet(question: StandardQuestion) -> str:
    """A standard question as a situation sheet asks it: about its crisis."""
    return question.asked({"hazard": said("deze crisis")}, "nl" if is_dutch() else "en")


def progress_facts(data: RequestProgressedData, register: Register) -> list[Pair]:
    """What the hub did with a request; its coordinator reads this too."""
    asker = publisher(data.request.source, register)
    return [
        ("Stand", said(_STATES[data.state])),
        ("Waarom", reason_text(data.reason or "")),
        ("Gevraagd door", party_name(asker, register) if asker else ""),
        ("Gesteld aan", party_name(data.operator, register)),
        ("Uiterlijk bij de beheerder", moment(data.expected_by) if data.expected_by else ""),
        ("Verzoek", data.request.id),
    ]


def _asked(row: SituationRow, functions: Sequence[FunctionSlug], register: Register) -> str:
    found = find_question(row.standard_question, [*functions, *FunctionSlug])
    asked = on_sheet(found) if found else row.standard_question
    asked = f"{asked} ({area_name(row.area, register)})" if row.area else asked
    return asked if asked.endswith("?") else f"{asked}:"
