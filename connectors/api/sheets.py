"""The sheets of the register over HTTP, for the administrator: all out in one zip, and in again."""

import asyncio
from collections.abc import Iterable, Iterator
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.api import archive
from connectors.api.answers import Answer
from connectors.api.body import BodyRefused, limited_body
from connectors.api.caller import administrator, only
from connectors.api.problems import may_fail
from connectors.api.refused import ApiRefused
from hub.errors import ChangeUntold
from hub.register.changes import Change, ChangeKind
from hub.register.difference import line_of
from hub.register.history import History
from hub.register.importing import imported
from hub.register.sheets import SHEET_NAMES, SheetProblem, SheetRefused, column_of
from hub.rules.exercises import is_hub_mute
from hub.store.clock import Clock
from hub.store.register.administering import Stale, changed_register, stale_sheets
from hub.store.register.registers import Registers
from hub.words.wording import HUB_IS_MUTE

ZIP = "application/zip"
_AGAIN = (
    "Het register is niet veranderd. Haal de bladen opnieuw op en zet uw wijzigingen daarin. Of vervang met "
    "'replace=true' alles door deze bladen, ook wat intussen veranderde."
)
_DRY_RUN = "Vertel alleen het verschil. Er verandert niets."
_REPLACE = "Vervang ook wat veranderde sinds de bladen werden gemaakt."


class RegisterChange(Answer):
    """One entry of the register that changes; `fields` are the columns that differ."""

    sheet: str
    key: str
    change: ChangeKind
    valid_from: date
    valid_until: date | None
    fields: list[str]


class RegisterImport(Answer):
    """What an import changes, or would change, and the version of the register that is then the newest.
    `warning`: what is amiss with the newest register, in Dutch, such as that the hub reaches nobody real."""

    dry_run: bool
    register_version: int
    changes: list[RegisterChange]
    warning: str | None = None


def add_sheets(app: FastAPI, pool: AsyncEngine, registers: Registers, clock: Clock) -> None:
    """Adds the export and the import of the register to the app."""
    turn = asyncio.Lock()  # who waits for the register here holds no connection that others need

    async def get_sheets(request: Request) -> Response:
        await administrator(request)
        only(request)
        history = await registers.history()
        content = await asyncio.to_thread(archive.packed, history)
        name = f"register-versie-{history.version}.zip"
        return Response(
            content, media_type=ZIP, headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )

    async def post_import(
        request: Request,
        dry_run: Annotated[bool, Query(alias="dryRun", description=_DRY_RUN)] = False,
        replace: Annotated[bool, Query(description=_REPLACE)] = False,
    ) -> Any:
        await administrator(request)
        only(request, "dryRun", "replace")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != ZIP:
            detail = f"Stuur de bladen in een zip, als '{ZIP}'."
            raise BodyRefused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "media-type", detail)
        body = await limited_body(request, archive.MOST_PACKED, "Zo groot is geen register.")

        async def change(connection: AsyncConnection, old: History) -> History:
            new = await asyncio.to_thread(imported, old, sheets.contents)
            editions = {} if replace else sheets.editions
            if stale := await stale_sheets(connection, old, new, editions):
                raise _behind(stale, old.version)
            return new

        try:
            sheets = await asyncio.to_thread(archive.unpacked, body)
            async with turn:
                made = await changed_register(pool, change, await clock.now(), dry_run=dry_run)
        except SheetRefused as refused:
            raise _refused("Er is niets veranderd. Verbeter wat hieronder staat.", refused.problems) from None
        except ChangeUntold as untold:
            raise _refused(str(untold)) from None
        shown = RegisterImport(
            dry_run=dry_run,
            register_version=made.version,
            changes=list(map(_shown, made.changes)),
            warning=HUB_IS_MUTE if is_hub_mute(await registers.newest()) else None,
        )
        return shown.model_dump(mode="json", by_alias=True)

    app.add_api_route(
        "/v1/register/sheets",
        get_sheets,
        methods=["GET"],
        summary="Het hele register als bladen in een zip; alleen voor de beheerder",
        response_class=Response,
        responses={
            200: {"description": "De bladen, en de versie waarvan zij zijn", "content": {ZIP: {}}},
            **may_fail(HTTPStatus.FORBIDDEN),
        },
    )
    app.add_api_route(
        "/v1/register/imports",
        post_import,
        methods=["POST"],
        summary="Vervang bladen van het register, alles of niets; alleen voor de beheerder",
        response_model=None,
        openapi_extra={"requestBody": {"required": True, "content": {ZIP: {}}}},
        responses={
            200: {
                "description": "Wat er veranderde, of zou veranderen",
                "model": RegisterImport,
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


def _shown(change: Change) -> RegisterChange:
    entry = change.entry
    return RegisterChange(
        sheet=SHEET_NAMES[entry.kind],
        key=entry.key,
        change=change.kind,
        valid_from=entry.since,
        valid_until=entry.until,
        fields=[column_of(entry.kind, field) for field in change.changed_fields],
    )


def _refused(detail: str, problems: Iterable[SheetProblem] = ()) -> ApiRefused:
    title = "Deze bladen kunnen niet in het register"
    return ApiRefused(HTTPStatus.UNPROCESSABLE_ENTITY, "sheets", title, detail, problems=tuple(problems))


def _behind(stale: Iterable[Stale], newest: int) -> ApiRefused:
    problems = [problem for one in stale for problem in _stale_problems(one, newest)]
    title = "Deze bladen zijn niet van het register van nu"
    return ApiRefused(HTTPStatus.CONFLICT, "stale-sheets", title, _AGAIN, problems=problems)


def _stale_problems(stale: Stale, newest: int) -> Iterator[SheetProblem]:
    sheet = SHEET_NAMES[stale.kind]
    if stale.version is None:
        detail = "er is geen versie.csv van een export bij: wat sindsdien veranderde, is niet te zien"
        yield SheetProblem(sheet, 0, "", "unknown_version", detail)
    elif not stale.since:
        detail = f"is van versie {stale.version}, dit register is pas bij {newest}"
        yield SheetProblem(sheet, 0, "", "later_version", detail)
    for change in stale.since:
        detail = f"sinds versie {stale.version} veranderde: {line_of(change)}"
        yield SheetProblem(sheet, 0, "", "changed_since", detail)
