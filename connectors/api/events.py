"""The HTTP API of intake: `POST /v1/events`, structured, binary or batch."""

import logging
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.exceptions import HTTPException

from connectors.api.body import BodyRefused, limited_body
from connectors.api.caller import ApiRefused, caller, only
from connectors.api.explained import shown_explanation
from connectors.api.problems import problem, refusal, status_of
from hub import logs
from hub.errors import Unavailable
from hub.intake import Answer, Intake, Preview
from schemas import formats
from schemas.problems import Problem, Refused, in_dutch

API_VERSION = "0.1.0"
MAX_BATCH_BYTES = 1024 * 1024
MAX_BATCH_EVENTS = 500

_log = logging.getLogger(__name__)


def add_intake(app: FastAPI, intake: Intake, pool: AsyncEngine) -> None:
    """Adds `POST /v1/events` and its errors to the app; `/events` is the same without the version."""

    async def post_events(
        request: Request,
        dry_run: Annotated[bool, Query(alias="dryRun", description=_DRY_RUN)] = False,
    ) -> Response:
        only(request, "dryRun")
        party = await caller(request, pool)
        try:
            events, is_batch = await _events(request)
        except Refused as refused:
            return problem(
                HTTPStatus.BAD_REQUEST,
                "unreadable",
                "De inhoud is niet te lezen",
                "Er is niets aangenomen. Verbeter wat hieronder staat en stuur de gebeurtenis opnieuw.",
                refused.problems,
            )
        if dry_run:
            return _preview_response(await intake.preview(party, events), is_batch)
        answers = await intake.accept(party, events)
        _log.info(
            logs.line(
                "took events in", party=party, events=len(answers), kept=sum(a.accepted for a in answers)
            )
        )
        return _batch_response(answers) if is_batch else _response(answers[0])

    app.add_api_route(
        "/v1/events",
        post_events,
        methods=["POST"],
        status_code=202,
        summary="Publiceer een of meer gebeurtenissen (CloudEvents)",
        response_model=None,
        openapi_extra={"requestBody": _REQUEST_BODY},
    )
    app.add_api_route("/events", post_events, methods=["POST"], include_in_schema=False, response_model=None)
    add_problems(app)


def add_problems(app: FastAPI) -> None:
    """Every error of the API leaves as problem details."""

    @app.exception_handler(BodyRefused)
    async def on_body(_: Request, error: BodyRefused) -> Response:
        return problem(error.status, error.slug, "Deze inhoud nemen wij niet aan", error.detail)

    @app.exception_handler(ApiRefused)
    async def on_refused(_: Request, error: ApiRefused) -> Response:
        return problem(error.status, error.slug, error.title, error.detail, headers=error.headers)

    @app.exception_handler(Unavailable)
    async def on_unavailable(_: Request, error: Unavailable) -> Response:
        _log.warning(logs.line("a part is away", error=type(error).__name__))
        return problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "unavailable",
            "De hub kan dit nu niet bewaren",
            f"{error} Er is niets aangenomen. Probeer het over 30 seconden opnieuw.",
        )

    @app.exception_handler(HTTPException)
    async def on_http(_: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        return problem(
            status,
            f"http-{status.value}",
            status.phrase,
            str(error.detail),
            headers=dict(error.headers or {}),
        )

    @app.exception_handler(RequestValidationError)
    async def on_validation(_: Request, error: RequestValidationError) -> Response:
        wrong = [Problem(str(e["loc"][-1]), e["type"], in_dutch(e)) for e in error.errors()]
        title, detail = "Deze vraag klopt niet", "Controleer het adres."
        return problem(HTTPStatus.BAD_REQUEST, "request", title, detail, wrong)

    @app.exception_handler(Exception)
    async def on_bug(_: Request, error: Exception) -> Response:
        _log.error(logs.line("intake failed", error=type(error).__name__), exc_info=error)
        return problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "internal",
            "Er ging iets mis in de hub",
            "Wij hebben het vastgelegd. Stuur de gebeurtenis nog eens om te zien of zij is aangenomen: "
            "hetzelfde id telt nooit dubbel.",
        )

    @app.middleware("http")
    async def version(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers["API-Version"] = API_VERSION
        return response


_DRY_RUN = "Vertel alleen wie de gebeurtenis zou krijgen, langs welke weg en waarom. Er wordt niets bewaard."
_REQUEST_BODY = {
    "required": True,
    "content": {
        formats.STRUCTURED: {"schema": {"type": "object"}},
        formats.BATCH: {"schema": {"type": "array", "items": {"type": "object"}}},
        formats.BINARY: {"schema": {"type": "object"}},
    },
}


async def _events(request: Request) -> tuple[list[Any], bool]:
    kind = formats.media_type(request.headers.get("content-type"))
    if kind == formats.BATCH:
        events = formats.batch(await limited_body(request, MAX_BATCH_BYTES))
        if len(events) > MAX_BATCH_EVENTS:
            raise BodyRefused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "too-many",
                f"Stuur hoogstens {MAX_BATCH_EVENTS} gebeurtenissen tegelijk.",
            )
        return events, True
    if kind == formats.STRUCTURED:
        return [formats.structured(await limited_body(request, formats.MAX_EVENT_BYTES))], False
    if kind == formats.BINARY and "ce-specversion" in request.headers:
        body = await limited_body(request, formats.MAX_EVENT_BYTES)
        return [formats.binary_http(request.headers.items(), body)], False
    raise BodyRefused(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "media-type",
        f"Stuur '{formats.STRUCTURED}', '{formats.BATCH}', of '{formats.BINARY}' met ce-kopregels.",
    )


def _response(answer: Answer) -> Response:
    status = status_of(answer)
    if answer.accepted:
        return JSONResponse(_receipt(answer), status)
    headers = {"Retry-After": "30"} if status is HTTPStatus.SERVICE_UNAVAILABLE else None
    return JSONResponse(refusal(answer), status, headers, "application/problem+json")


def _batch_response(answers: list[Answer]) -> Response:
    every = all(answer.accepted for answer in answers)
    return JSONResponse(
        [
            {"status": status_of(a).value, **(_receipt(a) if a.accepted else {**refusal(a), **_names(a)})}
            for a in answers
        ],
        HTTPStatus.ACCEPTED if every else HTTPStatus.MULTI_STATUS,
    )


def _preview_response(previews: list[Preview], is_batch: bool) -> Response:
    shown = [
        refusal(one.answer)
        if one.explanation is None
        else {**_names(one.answer), "outcome": "would-be-accepted", **shown_explanation(one.explanation)}
        for one in previews
    ]
    if is_batch:
        return JSONResponse(shown, HTTPStatus.OK)
    refused = previews[0].explanation is None
    status = status_of(previews[0].answer) if refused else HTTPStatus.OK
    return JSONResponse(shown[0], status, media_type="application/problem+json" if refused else None)


def _receipt(answer: Answer) -> dict[str, Any]:
    return {**_names(answer), "outcome": answer.outcome}


def _names(answer: Answer) -> dict[str, Any]:
    return {"source": answer.source, "id": answer.id}
