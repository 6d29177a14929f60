"""The HTTP API of intake: `POST /v1/events`, structured, binary or batch."""

import asyncio
import logging
from http import HTTPStatus
from typing import Any, Literal

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field, TypeAdapter, ValidationError

from connectors.api.answers import Answer as ShownAnswer
from connectors.api.body import BodyRefused, limited_body
from connectors.api.caller import only, publishing
from connectors.api.explained import ShownExplanation, shown_explanation
from connectors.api.foreseen import ShownForeseen, shown_foreseen
from connectors.api.gate import visit_of
from connectors.api.problems import ProblemDetails, may_fail, problem, refusal, status_of
from connectors.api.receipts import names, receipt, response
from hub import logs
from hub.intake.accepting import Intake, Preview
from hub.intake.judging import Answer
from hub.intake.outcome import Outcome
from schemas import formats
from schemas.problems import Refused
from schemas.strict_json import Read

MAX_BATCH_BYTES = 1024 * 1024
MAX_BATCH_EVENTS = 1000
MAX_PREVIEWED_EVENTS = 20
"""Every related party with its reasons is told of each: some 100 kilobytes for the whole country."""

_KEPT = HTTPStatus.ACCEPTED.value
_log = logging.getLogger(__name__)


class Receipt(ShownAnswer):
    """The event is kept; `known`: it was before. `link`: where to see how far it is."""

    source: str
    id: str
    outcome: Literal["accepted", "known"]
    receipt: str | None = Field(
        None, description="Ontvangstbewijs, ondertekend: het grootboek vertelt van deze gebeurtenis"
    )
    salt: str | None = Field(
        None,
        description="Hiermee toont u van welke inhoud het grootboek vertelt: 'content' in het record is de "
        "SHA-256 van deze bytes met daarachter de SHA-256 van uw gebeurtenis (RFC 8785)",
    )
    link: str


class PreviewedEvent(ShownExplanation):
    """What would become of an event that may come in."""

    source: str
    id: str
    outcome: Literal["would-be-accepted", "known"]
    foreseen: list[ShownForeseen] | None = None


class ReceiptInBatch(Receipt):
    status: Literal[202]


class RefusedEvent(ProblemDetails):
    """Why an event of a batch is not taken in; its source and id where they could be read."""

    source: str | None
    id: str | None


def add_intake(app: FastAPI, intake: Intake) -> None:
    """Adds `POST /v1/events` to the app; `/events` is the same without the version."""

    async def post_events(request: Request) -> Response:
        if answered := request.scope["state"].get("answered"):
            return response(answered)
        only(request, "dryRun")
        dry_run = _is_dry_run(request)
        program = await publishing(request)
        party = program.party
        try:
            events, is_batch = await _events(request, MAX_PREVIEWED_EVENTS if dry_run else MAX_BATCH_EVENTS)
        except Refused as refused:
            return problem(
                HTTPStatus.BAD_REQUEST,
                "unreadable",
                "De inhoud is niet te lezen",
                "Er is niets aangenomen. Verbeter wat hieronder staat en stuur de gebeurtenis opnieuw.",
                refused.problems,
            )
        visit_of(request).brought(len(events))
        if dry_run:
            previews = await intake.preview(party, events, program.scopes)
            return await _preview_response(previews, is_batch)
        program = await visit_of(request).confirmed() or program
        answers = await intake.accept_read(party, events, program.scopes, program.since)
        kept = sum(a.accepted for a in answers)
        # Of what is kept, what keeps it tells, of many at a time.
        if is_batch or not kept:
            _log.info(logs.line("took events in", party=party, events=len(answers), kept=kept))
        return _batch_response(answers) if is_batch else response(answers[0])

    app.add_api_route(
        "/v1/events",
        post_events,
        methods=["POST"],
        status_code=202,
        summary="Publiceer een of meer gebeurtenissen (CloudEvents)",
        response_model=None,
        openapi_extra={"parameters": [_DRY_RUN], "requestBody": _REQUEST_BODY},
        responses={
            200: {
                "description": "Alleen bij 'dryRun': zo zou het gaan",
                "model": PreviewedEvent | list[PreviewedEvent | RefusedEvent],
            },
            202: {"description": "Aangenomen, dus bewaard", "model": Receipt | list[ReceiptInBatch]},
            207: {
                "description": "Van een batch is niet alles aangenomen: elke gebeurtenis heeft haar antwoord",
                "model": list[ReceiptInBatch | RefusedEvent],
            },
            **may_fail(
                HTTPStatus.FORBIDDEN,
                HTTPStatus.CONFLICT,
                HTTPStatus.REQUEST_TIMEOUT,
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                HTTPStatus.UNPROCESSABLE_ENTITY,
            ),
        },
    )
    app.add_api_route("/events", post_events, methods=["POST"], include_in_schema=False, response_model=None)


_WHAT_DRY_RUN_IS = (
    "Vertel alleen wie de gebeurtenis zou krijgen, langs welke weg en waarom; en bij een verzoek wat het "
    "elke beheerder kost en wanneer het er is. Er wordt niets bewaard."
)
_DRY_RUN = {
    "name": "dryRun",
    "in": "query",
    "required": False,
    "schema": {"type": "boolean", "description": _WHAT_DRY_RUN_IS, "default": False, "title": "Dryrun"},
    "description": _WHAT_DRY_RUN_IS,
}
_YES_OR_NO = TypeAdapter(bool)
_REQUEST_BODY = {
    "required": True,
    "content": {
        formats.STRUCTURED: {"schema": {"type": "object"}},
        formats.BATCH: {"schema": {"type": "array", "items": {"type": "object"}}},
        formats.BINARY: {"schema": {"type": "object"}},
    },
}


def _is_dry_run(request: Request) -> bool:
    """Read here: the framework's own way costs every event a part of a millisecond."""
    given = request.query_params.get("dryRun") if request.scope["query_string"] else None
    try:
        return given is not None and _YES_OR_NO.validate_python(given)
    except ValidationError as error:
        raise RequestValidationError(
            [{**one, "loc": ("query", "dryRun")} for one in error.errors()]
        ) from None


async def _events(request: Request, most: int) -> tuple[list[Read], bool]:
    kind = formats.media_type(request.headers.get("content-type"))
    if kind == formats.BATCH:
        events = formats.batch(await limited_body(request, MAX_BATCH_BYTES))
        if len(events) > most:
            detail = f"Stuur hoogstens {most} gebeurtenissen tegelijk."
            raise BodyRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-many", detail)
        if not events:
            raise BodyRefused(HTTPStatus.BAD_REQUEST, "empty", "Er staat geen gebeurtenis in de lijst.")
        return events, True
    if kind == formats.STRUCTURED:
        return [formats.structured(await limited_body(request, formats.MAX_EVENT_BYTES))], False
    if kind == formats.BINARY and "ce-specversion" in request.headers:
        body = await limited_body(request, formats.MAX_EVENT_BYTES)
        return [Read(formats.binary_http(request.headers.items(), body))], False
    raise BodyRefused(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "media-type",
        f"Stuur '{formats.STRUCTURED}', '{formats.BATCH}', of '{formats.BINARY}' met ce-kopregels.",
    )


def _batch_response(answers: list[Answer]) -> Response:
    told = [
        {"status": _KEPT, **receipt(a)}
        if a.accepted
        else {"status": status_of(a).value, **refusal(a), **names(a)}
        for a in answers
    ]
    every = all(one["status"] == _KEPT for one in told)
    status = HTTPStatus.ACCEPTED if every else HTTPStatus.MULTI_STATUS
    return Response(orjson.dumps(told), status, media_type="application/json")


async def _preview_response(previews: list[Preview], is_batch: bool) -> Response:
    if not is_batch:
        (preview,) = previews
        if preview.explanation is None:
            return response(preview.answer)
        return JSONResponse(_previewed(preview), HTTPStatus.OK)
    parts = []
    for preview in previews:
        await asyncio.sleep(0)
        parts.append(bytes(JSONResponse(_previewed(preview)).body))
    return Response(b"[" + b",".join(parts) + b"]", HTTPStatus.OK, media_type="application/json")


def _previewed(preview: Preview) -> dict[str, Any]:
    if preview.explanation is None:
        return {**refusal(preview.answer), **names(preview.answer)}
    outcome = preview.answer.outcome
    return {
        **names(preview.answer),
        "outcome": "would-be-accepted" if outcome is Outcome.ACCEPTED else outcome,
        **shown_explanation(preview.explanation),
        **({"foreseen": [shown_foreseen(one) for one in preview.foreseen]} if preview.foreseen else {}),
    }
