"""May this party put that in the library of answers, or take it out?"""

from hub.register.kinds import RoleKind
from hub.register.model import Register, Role
from hub.rules.relations import publisher
from schemas.catalogue import Plan
from schemas.envelope import Envelope, EventRef
from schemas.library import AnswerDeposited, AnswerRetracted
from schemas.problems import Problem
from schemas.question import QuestionAnswered
from schemas.terms import Tlp


def amiss_with_library(event: Envelope, register: Register) -> list[Problem]:
    """Every reason why the event may not change the library: an operator deposits for its own functions in
    the areas that it serves, what others may have; and replaces or retracts only what is its own."""
    problems = []
    if isinstance(event, AnswerDeposited):
        problems += _not_its_own(event, register) + _never_given(event)
    if isinstance(event, AnswerDeposited | QuestionAnswered) and event.data.supersedes is not None:
        problems += _anothers("data/supersedes", event, event.data.supersedes, register)
    if isinstance(event, Plan) and event.data.supersedes is not None:
        problems += _anothers("data/supersedes", event, event.data.supersedes, register)
    if isinstance(event, AnswerRetracted):
        problems += _anothers("data/answer", event, event.data.answer, register)
    return problems


def _not_its_own(event: AnswerDeposited, register: Register) -> list[Problem]:
    party = register.parties.get(publisher(event.source, register) or "")
    if party is None:
        return []
    problems = [
        Problem("functions", "not_your_function", f"'{party.slug}' is geen beheerder van '{function}'")
        for function in event.functions
        if Role(party.slug, function, RoleKind.OPERATOR) not in register.held_roles
    ]
    if problems:
        return problems
    rows = [(f"data/per_area/{i}/area", row.area) for i, row in enumerate(event.data.per_area)]
    return [
        Problem(field, "not_your_area", f"gebied '{area}' bedient '{party.slug}' niet")
        for field, area in (*(("areas", area) for area in event.areas), *rows)
        if area in register.areas and register.meeting_area(party.areas, [area]) is None
    ]


def _never_given(event: AnswerDeposited) -> list[Problem]:
    if event.tlp is Tlp.RED:
        detail = "mag hier niet RED zijn: zo'n antwoord gaat nooit naar een ander; geef het wie het vraagt"
        return [Problem("tlp", "red_in_library", detail)]
    if event.tlp is Tlp.AMBER and not event.data.recipients:
        detail = "ontbreekt: bij TLP:AMBER noemt u wie dit antwoord mag krijgen"
        return [Problem("data/recipients", "no_recipients", detail)]
    return []


def _anothers(field: str, event: Envelope, reference: EventRef, register: Register) -> list[Problem]:
    if publisher(reference.source, register) == publisher(event.source, register):
        return []
    return [Problem(f"{field}/source", "not_your_answer", "wijst naar iets van een ander")]
