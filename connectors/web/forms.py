"""Read a form that a person sent, never more than is allowed."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import NamedTuple

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message

from hub.receiving import TooMuch, received

_SECONDS = 60.0
_MOST_FIELDS = 10
_MOST_NAME = 120


class FormRefused(Exception):
    """The form can't be read; `words` is Dutch."""

    def __init__(self, status: HTTPStatus, words: str):
        self.status = status
        self.words = words
        super().__init__(words)


class File(NamedTuple):
    """A file in a form, by the last part of its name."""

    name: str
    content: bytes


class Form(NamedTuple):
    """The fields of a form, and its file."""

    fields: Mapping[str, str]
    file: File | None = None


async def form_of(request: Request, most_bytes: int) -> Form:
    """The form in a request. Raises FormRefused."""
    if _names_charset(request.headers.get("content-type", "")):
        raise _unreadable()
    body = await _body(request, most_bytes)

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    again = Request(request.scope, receive)
    try:
        async with again.form(max_files=1, max_fields=_MOST_FIELDS) as found:
            fields = {name: value for name, value in found.items() if isinstance(value, str)}
            files = [value for value in found.values() if isinstance(value, UploadFile) and value.filename]
            file = File(_name(files[0].filename or ""), await files[0].read()) if files else None
    except (HTTPException, ValueError):
        raise _unreadable() from None
    return Form(fields, file)


def _names_charset(content_type: str) -> bool:
    """No browser does: forms are UTF-8. The library would read them with any codec of Python, of which some
    are slow, and some make what is no text."""
    return "multipart" in content_type.lower() and "charset" in content_type.lower()


def _unreadable() -> FormRefused:
    return FormRefused(
        HTTPStatus.BAD_REQUEST, "Dit formulier is niet te lezen. Ga terug en probeer het opnieuw."
    )


async def _body(request: Request, most_bytes: int) -> bytes:
    try:
        return await received(request.stream(), most_bytes, _SECONDS)
    except TooMuch:
        raise FormRefused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Dit bestand is te groot. Verdeel het over meer bestanden."
        ) from None
    except (TimeoutError, ClientDisconnect):
        raise FormRefused(
            HTTPStatus.REQUEST_TIMEOUT, "Niet alles kwam binnen. Probeer het opnieuw."
        ) from None


def _name(given: str) -> str:
    """Only what one can read of the last part: some browsers tell the folder too."""
    name = PurePosixPath(given.replace("\\", "/")).name
    return "".join(one for one in name if one.isprintable())[-_MOST_NAME:]
