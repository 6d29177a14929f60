"""Problem details (RFC 9457), with every broken field at once."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import AnyUrl, BaseModel

from hub.filing.tables import CellProblem
from hub.intake.judging import Answer
from hub.intake.outcome import Outcome
from hub.register.sheets import NOT_GIVEN, SheetProblem
from schemas.problems import Problem

AnyProblem = Problem | SheetProblem | CellProblem
TYPE_BASE = "https://schemas.kernhub.example/problems/"

_OF_OUTCOME = {
    Outcome.INVALID: (HTTPStatus.UNPROCESSABLE_ENTITY, "De gebeurtenis klopt niet"),
    Outcome.NOT_YOURS: (HTTPStatus.FORBIDDEN, "Deze bron is niet van u"),
    Outcome.NOT_ALLOWED: (HTTPStatus.FORBIDDEN, "Dit mag niet met deze sleutel"),
    Outcome.CONFLICT: (HTTPStatus.CONFLICT, "Dit id is al gebruikt voor iets anders"),
    Outcome.TOO_LARGE: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "De gebeurtenis is te groot"),
    Outcome.UNAVAILABLE: (HTTPStatus.SERVICE_UNAVAILABLE, "De hub kan dit nu niet bewaren"),
}
RETRY_SECONDS = 30
_SAID = {
    HTTPStatus.BAD_REQUEST: "De vraag klopt niet",
    HTTPStatus.UNAUTHORIZED: "Wij kennen deze sleutel niet",
    HTTPStatus.FORBIDDEN: "Dit mag u niet",
    HTTPStatus.NOT_FOUND: "Dit is er niet, of niet voor u",
    HTTPStatus.REQUEST_TIMEOUT: "De inhoud kwam niet op tijd binnen",
    HTTPStatus.CONFLICT: "Dit botst met wat er al is",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "De inhoud is te groot",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Deze soort inhoud kennen wij niet",
    HTTPStatus.UNPROCESSABLE_ENTITY: "De inhoud klopt niet",
    HTTPStatus.TOO_MANY_REQUESTS: "Dit vraagt u te vaak: wacht zolang als 'Retry-After' zegt",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Er ging iets mis in de hub",
    HTTPStatus.SERVICE_UNAVAILABLE: "De hub kan dit nu niet",
}


class ProblemError(BaseModel):
    """One thing that is wrong; `sheet` and `line` of what is wrong in a sheet of the register, `line` and
    `cell` in a file of events."""

    sheet: str | None = None
    line: int | None = None
    cell: str | None = None
    field: str
    code: str
    detail: str


class ProblemDetails(BaseModel):
    """Problem details (RFC 9457), met alles wat er mis is in één keer."""

    type: AnyUrl
    title: str
    status: int
    detail: str
    errors: list[ProblemError] | None = None


def answers(model: Any) -> dict[int | str, dict[str, Any]]:
    """What an operation answers when all is well, for its description."""
    return {HTTPStatus.OK.value: {"description": "Gelukt", "model": model}}


def may_fail(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """How an operation may fail, for its description."""
    return {
        status.value: {"$ref": "#/components/responses/Problem", "description": _SAID[status]}
        for status in statuses
    }


ALWAYS = may_fail(
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""How every operation may fail."""


def details(
    status: HTTPStatus, slug: str, title: str, detail: str, errors: Iterable[AnyProblem] = ()
) -> dict[str, Any]:
    """The members of a problem details object."""
    members: dict[str, Any] = {
        "type": TYPE_BASE + slug,
        "title": title,
        "status": status.value,
        "detail": detail,
    }
    if listed := list(map(_error, errors)):
        members["errors"] = listed
    return members


def _error(one: AnyProblem) -> dict[str, Any]:
    if isinstance(one, Problem):
        return one._asdict()
    if isinstance(one, CellProblem):
        row = {"line": one.row} if one.row else {}
        cell = {"cell": one.cell} if one.cell else {}
        return {**row, **cell, "field": one.column, "code": one.code, "detail": one.detail}
    line = {"line": one.line} if one.line else {}
    detail = one.detail if one.given else f"{NOT_GIVEN}: {one.detail}"
    return {"sheet": one.sheet, **line, "field": one.column, "code": one.code, "detail": detail}


def problem(
    status: HTTPStatus,
    slug: str,
    title: str,
    detail: str,
    errors: Iterable[AnyProblem] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """A problem+json response."""
    headers = dict(headers or {})
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_SECONDS)
    return JSONResponse(
        details(status, slug, title, detail, errors), status, headers, "application/problem+json"
    )


def status_of(answer: Answer) -> HTTPStatus:
    """The HTTP status of an answer for one event."""
    return HTTPStatus.ACCEPTED if answer.accepted else _OF_OUTCOME[answer.outcome][0]


def refusal(answer: Answer) -> dict[str, Any]:
    """The problem details of a refused event."""
    status, title = _OF_OUTCOME[answer.outcome]
    again = status is HTTPStatus.SERVICE_UNAVAILABLE
    detail = (
        "Het is niet zeker of de gebeurtenis is aangenomen. Stuur precies hetzelfde over "
        f"{RETRY_SECONDS} seconden nog eens: hetzelfde id telt nooit dubbel."
        if again
        else "Er is niets aangenomen. Verbeter wat hieronder staat en stuur de gebeurtenis opnieuw."
    )
    return details(status, answer.outcome, title, detail, answer.problems)
