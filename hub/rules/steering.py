"""May this party steer that request, or open that situation sheet?"""

from functools import cache

from hub.register.kinds import RoleKind
from hub.register.model import Register, Role
from hub.rules.relations import publisher
from schemas.catalogue import ByOperator, Request, Situation, Steering
from schemas.envelope import Envelope, EventRef
from schemas.problems import Problem
from schemas.situation import SituationReported
from schemas.steering import (
    QuestionsMerged,
    QuestionsSeparated,
    RequestConfirmed,
    RequestReferred,
    RequestWithdrawn,
    TwoQuestions,
)
from schemas.terms import FunctionSlug


def coordinates(slug: str, functions: tuple[FunctionSlug, ...], register: Register) -> bool:
    """Whether this party speaks for each of the functions: as its coordinator, or as its core team."""
    return all(_speaks_for(slug, function, register) for function in functions)


def _speaks_for(slug: str, function: FunctionSlug, register: Register) -> bool:
    if Role(slug, function, RoleKind.COORDINATOR) in register.held_roles:
        return True
    return register.functions[function].core_team == slug


def amiss_with_steering(event: Envelope, register: Register) -> list[Problem]:
    """Every reason why this party may not say so: an asker steers its own requests, an operator what it is
    asked, a coordinator what is asked in its functions."""
    if not _steers(type(event)):
        return []
    own = publisher(event.source, register)
    if own is None or own not in register.parties:
        return []
    if isinstance(event, Request):
        again = event.data.again
        return _not_own("data/again/request", again.request, own, register) if again else []
    if isinstance(event, RequestWithdrawn):
        return _not_own("data/request", event.data.request, own, register)
    if isinstance(event, ByOperator):
        return _by_operator(event, own, register)
    if isinstance(event, QuestionsMerged | QuestionsSeparated):
        return _about_two(event.data, event.functions, own, register)
    if isinstance(event, SituationReported):
        return _not_operated(event, own, register)
    problems = [] if coordinates(own, event.functions, register) else [_coordinators_only(event)]
    if isinstance(event, RequestConfirmed):
        problems += _own(event.data.request, own, register)
    return problems


@cache
def _steers(kind: type[Envelope]) -> bool:
    return issubclass(kind, Request | Steering | Situation)


def _not_own(field: str, reference: EventRef, own: str, register: Register) -> list[Problem]:
    if publisher(reference.source, register) == own:
        return []
    return [Problem(f"{field}/source", "not_your_request", "wijst naar een verzoek van een ander")]


def _own(reference: EventRef, own: str, register: Register) -> list[Problem]:
    if publisher(reference.source, register) != own:
        return []
    detail = "is uw eigen verzoek: laat een ander bevestigen die elke genoemde functie coördineert"
    return [Problem("data/request/source", "your_own_request", detail)]


def _by_operator(event: ByOperator, own: str, register: Register) -> list[Problem]:
    problems = []
    if own not in register.operators:
        problems.append(Problem("type", "operators_only", "is voor beheerders, over wat hun gevraagd is"))
    if isinstance(event, RequestReferred):
        to = event.data.to
        if to == own:
            problems.append(Problem("data/to", "to_yourself", "bent u zelf: noem een andere beheerder"))
        elif to in register.parties and to not in register.operators:
            problems.append(Problem("data/to", "no_operator", f"'{to}' is geen beheerder van een functie"))
    return problems


def _about_two(
    data: TwoQuestions, functions: tuple[FunctionSlug, ...], own: str, register: Register
) -> list[Problem]:
    problems = []
    if data.asked in register.parties and data.asked not in register.operators:
        detail = f"'{data.asked}' is geen beheerder van een functie"
        problems.append(Problem("data/asked", "no_operator", detail))
    if own != data.asked and not coordinates(own, functions, register):
        detail = "is niet van u: dit zegt de beheerder zelf, of wie elke genoemde functie coördineert"
        problems.append(Problem("data/asked", "not_your_questions", detail))
    if data.one == data.other:
        problems.append(Problem("data/other", "same_question", "is dezelfde vraag als 'one'"))
    return problems


def _not_operated(event: SituationReported, own: str, register: Register) -> list[Problem]:
    return [
        Problem("functions", "not_your_function", f"'{own}' is geen beheerder van '{function}'")
        for function in event.functions
        if Role(own, function, RoleKind.OPERATOR) not in register.held_roles
    ]


def _coordinators_only(event: Envelope) -> Problem:
    what = "bevestigt" if isinstance(event, RequestConfirmed) else "opent en verlengt"
    return Problem("type", "coordinators_only", f"{what} alleen wie elke genoemde functie coördineert")
