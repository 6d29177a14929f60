"""Files over HTTP: a template for each event type, and a filled-in file that goes in whole or not at all."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from connectors.api.answers import Answer
from connectors.api.body import BodyRefused, limited_body
from connectors.api.caller import only, participant, publishing
from connectors.api.gate import visit_of
from connectors.api.problems import may_fail
from connectors.api.refused import ApiRefused
from connectors.api.standing import link_to
from hub.filing.columns import FILLED_IN
from hub.filing.reading import MEDIA_TYPES, Format
from hub.filing.tables import MOST_BYTES, FileRefused
from hub.filing.taking import Filing, FromFile
from hub.filing.templates import csv_template, xlsx_template
from hub.filing.xlsx import MOST_UNPACKED, unpacked_size
from hub.intake.outcome import Outcome
from hub.register.model import Register
from hub.rules.scopes import SAYING, Scope
from hub.store.register.registers import Registers

_KINDS = {row.short: row for row in FILLED_IN}
_FORMATS = {media_type: kind for kind, media_type in MEDIA_TYPES.items()} | {
    "application/x-ndjson": Format.JSON_LINES
}
_DRY_RUN = "Vertel alleen wat er zou gebeuren. Er wordt niets bewaard."
_EventType = Annotated[
    str, Path(alias="eventType", description="Soort gebeurtenis, zoals 'bottleneck-found'.", max_length=60)
]


class EventFromFile(Answer):
    """An event of the file, the rows that it came from, and whether it is of an exercise. With `salt` its
    sender shows which content the receipt is of, as for any event."""

    rows: list[int]
    source: str
    id: str
    outcome: Literal["accepted", "known", "would-be-accepted"]
    exercise: bool
    link: str
    receipt: str | None = None
    salt: str | None = None


class ReachedByFile(Answer):
    """A party, and how many events of the file."""

    party: str
    name: str
    events: int


class FileTaken(Answer):
    """A file that came in whole, or would: `file` is its SHA-256. Of a dry run also who would receive
    something of it, and who would be asked; who subscribed by its own choice is not shown."""

    dry_run: bool
    file: str
    events: list[EventFromFile]
    recipients: list[ReachedByFile] | None = None
    asked: list[ReachedByFile] | None = None


def add_files(app: FastAPI, filing: Filing, registers: Registers) -> None:
    """Adds the templates and the upload to the app."""

    async def get_template(
        request: Request,
        event_type: _EventType,
        as_format: Annotated[Literal["xlsx", "csv"], Query(alias="format")] = "xlsx",
    ) -> Response:
        await participant(request, *sorted(SAYING), Scope.READ)
        only(request, "format")
        kind = _KINDS.get(event_type)
        if kind is None:
            detail = f"Een sjabloon is er voor: {', '.join(_KINDS)}."
            raise ApiRefused(HTTPStatus.NOT_FOUND, "no-template", "Deze soort is er niet", detail)
        as_csv = as_format == "csv"
        content = csv_template(kind) if as_csv else xlsx_template(kind, await registers.newest())
        name = f"{kind.short}.{as_format}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type=MEDIA_TYPES[Format(as_format)], headers=headers)

    async def post_file(
        request: Request,
        dry_run: Annotated[bool, Query(alias="dryRun", description=_DRY_RUN)] = False,
    ) -> Response:
        only(request, "dryRun")
        program = await publishing(request)
        kind = _format(request)
        instead = "Verdeel het over meer bestanden."
        content = await limited_body(request, MOST_BYTES, instead)
        if kind is Format.XLSX:
            # Who sends what unpacks to much makes the hub read much. More than this is refused unread.
            unpacked = await asyncio.to_thread(unpacked_size, content)
            visit_of(request).read(max(0, min(unpacked, MOST_UNPACKED) - len(content)))
        try:
            drafts = await filing.read(program.party, content, kind)
            visit_of(request).brought(len(drafts))
            await visit_of(request).confirmed()
            taken = await filing.take(program.party, program.scopes, content, drafts, dry_run=dry_run)
        except FileRefused as refused:
            raise ApiRefused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "file",
                "Dit bestand kan niet naar binnen",
                "Er is niets aangenomen. Verbeter wat hieronder staat en stuur het hele bestand opnieuw.",
                problems=refused.problems,
            ) from None
        register = await registers.newest()
        shown = FileTaken(
            dry_run=dry_run,
            file=taken.digest,
            events=[_shown(one, dry_run=dry_run) for one in taken.events],
            recipients=_reached(taken.reached, register) if dry_run else None,
            asked=_reached(taken.asked, register) if dry_run else None,
        )
        status = HTTPStatus.OK if dry_run else HTTPStatus.ACCEPTED
        return JSONResponse(shown.model_dump(mode="json", by_alias=True), status)

    app.add_api_route(
        "/v1/files/templates/{eventType}",
        get_template,
        methods=["GET"],
        summary="Het sjabloon van een soort gebeurtenis, om in te vullen",
        response_class=Response,
        responses={
            200: {
                "description": "Het sjabloon",
                "content": {MEDIA_TYPES[Format.XLSX]: {}, MEDIA_TYPES[Format.CSV]: {}},
            },
            **may_fail(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND),
        },
    )
    app.add_api_route(
        "/v1/files",
        post_file,
        methods=["POST"],
        status_code=202,
        summary="Stuur een ingevuld bestand: alles gaat naar binnen, of niets",
        response_model=None,
        openapi_extra={"requestBody": {"required": True, "content": {one: {} for one in sorted(_FORMATS)}}},
        responses={
            200: {"description": "Alleen bij 'dryRun': zo zou het gaan", "model": FileTaken},
            202: {"description": "Alles is aangenomen, dus bewaard", "model": FileTaken},
            **may_fail(
                HTTPStatus.FORBIDDEN,
                HTTPStatus.REQUEST_TIMEOUT,
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                HTTPStatus.UNPROCESSABLE_ENTITY,
            ),
        },
    )


def _format(request: Request) -> Format:
    named = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if named not in _FORMATS:
        detail = f"Stuur een bestand als {', '.join(sorted(_FORMATS))}."
        raise BodyRefused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "media-type", detail)
    return _FORMATS[named]


def _reached(counted: Mapping[str, int], register: Register) -> list[ReachedByFile]:
    names = {party: register.parties[party].name for party in counted}
    return [
        ReachedByFile(party=party, name=names[party], events=counted[party])
        for party in sorted(counted, key=lambda party: names[party].casefold())
    ]


def _shown(one: FromFile, *, dry_run: bool) -> EventFromFile:
    answer = one.answer
    assert answer.source is not None and answer.id is not None  # noqa: S101, PT018 - it was taken in
    outcome: Any = (
        "would-be-accepted" if dry_run and answer.outcome is Outcome.ACCEPTED else answer.outcome.value
    )
    return EventFromFile(
        rows=list(one.rows),
        source=answer.source,
        id=answer.id,
        outcome=outcome,
        exercise=one.is_exercise,
        link=link_to(one.key),
        receipt=answer.receipt,
        salt=answer.salt,
    )
