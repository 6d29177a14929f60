"""Where a person who signed in gets a template, tries a file, and sends it."""

import asyncio
import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.routing import Route

from connectors.web import html
from connectors.web.people import FILES, People
from connectors.web.visit import PageNotFound
from hub.filing.columns import FILLED_IN
from hub.filing.reading import MEDIA_TYPES, Format, format_of
from hub.filing.tables import MOST_BYTES, FileRefused, refused
from hub.filing.taking import Filing, Taken
from hub.filing.templates import csv_template, xlsx_template
from hub.filing.xlsx import MOST_UNPACKED, unpacked_size
from hub.identity.signing_in import Person
from hub.intake.outcome import Outcome
from hub.register.model import Register
from hub.rules.scopes import usual_scopes
from hub.store.access.sessions import Upload, find_upload, keep_upload
from hub.store.database import transaction

_KINDS = {row.short: row for row in FILLED_IN}
_MORE = 64 * 1024
"""What a form has besides its file."""
_GONE = "Dit is niet meer het bestand dat u als laatste probeerde. Kies het opnieuw."
_NONE = "Kies eerst een bestand."
_ENDINGS = ", ".join(f".{one}" for one in MEDIA_TYPES)


class _Files:
    def __init__(self, people: People, pool: AsyncEngine, filing: Filing):
        self._people = people
        self._pool = pool
        self._filing = filing

    async def show(self, _: Request, person: Person) -> Response:
        return _start(self._people, person)

    async def get_template(self, request: Request, person: Person) -> Response:
        short, _, ending = request.path_params["name"].rpartition(".")
        kind = _KINDS.get(short)
        if kind is None or ending not in (Format.XLSX, Format.CSV):
            raise PageNotFound
        await self._people.turn_of(request).of(person.party)
        content = csv_template(kind) if ending == Format.CSV else xlsx_template(kind, person.register)
        disposition = f'attachment; filename="{short}.{ending}"'
        headers = {**html.SECURITY_HEADERS, "Content-Disposition": disposition}
        return Response(content, media_type=MEDIA_TYPES[Format(ending)], headers=headers)

    async def attempt(self, request: Request, person: Person) -> Response:
        await self._people.turn_of(request).of(person.party)
        form = await self._people.form_of(request, person, MOST_BYTES + _MORE)
        if form.file is None:
            return _start(self._people, person, HTTPStatus.UNPROCESSABLE_ENTITY, _NONE)
        upload = Upload(form.file.name, form.file.content)
        try:
            taken = await self._take(request, person, upload, dry_run=True)
        except FileRefused as error:
            return _wrong(self._people, person, upload, error)
        async with transaction(self._pool) as connection:
            await keep_upload(connection, person.word, upload)
        return self._people.page(
            "file_tried.html",
            person=person,
            section="bestanden",
            name=upload.name,
            digest=taken.digest,
            reached=_named(taken.reached, person.register),
            asked=_named(taken.asked, person.register),
            **_counted(taken),
        )

    async def send(self, request: Request, person: Person) -> Response:
        await self._people.turn_of(request).of(person.party)
        form = await self._people.form_of(request, person, _MORE)
        async with transaction(self._pool) as connection:
            upload = await find_upload(connection, person.word)
        digest = hashlib.sha256(upload.content).hexdigest() if upload else ""
        if upload is None or form.fields.get("digest") != digest:
            return _start(self._people, person, HTTPStatus.CONFLICT, _GONE)
        try:
            taken = await self._take(request, person, upload, dry_run=False)
        except FileRefused as error:
            return _wrong(self._people, person, upload, error)
        return self._people.page(
            "file_sent.html", person=person, section="bestanden", name=upload.name, **_counted(taken)
        )

    async def _take(self, request: Request, person: Person, upload: Upload, *, dry_run: bool) -> Taken:
        kind, turn = format_of(upload.name), self._people.turn_of(request)
        if kind is None:
            raise refused("format", f"kies een bestand waarvan de naam eindigt op {_ENDINGS}")
        if len(upload.content) > MOST_BYTES:
            raise refused(
                "too_large", f"is groter dan {MOST_BYTES // 1024 // 1024} MB; verdeel het over meer bestanden"
            )
        unpacked = await asyncio.to_thread(unpacked_size, upload.content) if kind is Format.XLSX else 0
        turn.read(max(len(upload.content), min(unpacked, MOST_UNPACKED)))
        drafts = await self._filing.read(person.party, upload.content, kind)
        turn.brought(len(drafts))
        await self._people.still(person)
        scopes = usual_scopes(person.party)
        return await self._filing.take(person.party, scopes, upload.content, drafts, dry_run=dry_run)


def file_routes(people: People, pool: AsyncEngine, filing: Filing) -> list[Route]:
    """The page with the templates, and what becomes of a file."""
    pages = _Files(people, pool, filing)
    return [
        Route(FILES, people.signed_in(pages.show), methods=["GET"]),
        Route(f"{FILES}/sjablonen/{{name}}", people.signed_in(pages.get_template), methods=["GET"]),
        Route(f"{FILES}/proef", people.signed_in(pages.attempt), methods=["POST"]),
        Route(f"{FILES}/versturen", people.signed_in(pages.send), methods=["POST"]),
    ]


def _start(
    people: People, person: Person, status: HTTPStatus = HTTPStatus.OK, notice: str | None = None
) -> Response:
    return people.page(
        "files.html",
        status,
        person=person,
        section="bestanden",
        notice=notice,
        kinds=sorted((row.name_nl, row.short) for row in FILLED_IN),
        endings=_ENDINGS,
    )


def _wrong(people: People, person: Person, upload: Upload, error: FileRefused) -> Response:
    return people.page(
        "file_wrong.html",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        person=person,
        section="bestanden",
        name=upload.name,
        problems=error.problems,
        endings=_ENDINGS,
    )


def _counted(taken: Taken) -> dict[str, Any]:
    known = sum(one.answer.outcome is not Outcome.ACCEPTED for one in taken.events)
    exercises = sum(one.is_exercise for one in taken.events)
    new = len(taken.events) - known
    return {"events": taken.events, "new": new, "known": known, "exercises": exercises}


def _named(counted: Mapping[str, int], register: Register) -> list[tuple[str, int]]:
    """Parties by name, with how many of the events."""
    named = [(register.parties[party].name, many) for party, many in counted.items()]
    return sorted(named, key=lambda one: one[0].casefold())
