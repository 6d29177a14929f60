"""What the pages behind links in mails have in common. Only a POST changes something, for programs that check
mail open every link."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response
from starlette.requests import ClientDisconnect

from connectors.mailbox.rendering import render_page
from hub.receiving import TooMuch, received
from hub.words.language import said, speaking

_MOST_FIELDS = 200
_SECONDS = 30.0
"""How long a form may take to come in."""
_HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
}
_FAILS = "Dit lukt niet"
UNKNOWN = "Deze link werkt niet (meer). Neem de link uit uw nieuwste mail van Kernhub."
UNREADABLE = "Dit formulier is niet te lezen. Ga terug, kies opnieuw en bewaar nog eens."
_NOT_ALL = "Niet alles kwam binnen. Probeer het opnieuw."


class ToldInstead(Exception):
    """The answer, instead of what was asked, in the language of now."""

    def __init__(self, status: HTTPStatus, words: str, title: str = _FAILS):
        self.response = _told(status, words, title)


class LinkUnknown(ToldInstead):
    """The answer to a link that says nothing, also not whose it is: in each language."""

    def __init__(self) -> None:
        with speaking("en"):
            english = {"title": said(_FAILS), "words": said(UNKNOWN)}
        self.response = _told(HTTPStatus.NOT_FOUND, UNKNOWN, _FAILS, english)


def _told(status: HTTPStatus, words: str, title: str, english: Mapping[str, str] | None = None) -> Response:
    html = render_page("told.html", title=said(title), words=said(words), english=english)
    return page(html, status)


def page(content: str, status: HTTPStatus) -> Response:
    """A page that nobody keeps or frames."""
    return Response(content, status, _HEADERS, "text/html; charset=utf-8")


async def form_of(request: Request, most_bytes: int) -> dict[str, list[str]]:
    """The fields of a form. Raises ToldInstead."""
    try:
        body = await received(request.stream(), most_bytes, _SECONDS)
    except TooMuch:
        raise ToldInstead(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, UNREADABLE) from None
    except (TimeoutError, ClientDisconnect):
        raise ToldInstead(HTTPStatus.REQUEST_TIMEOUT, _NOT_ALL) from None
    try:
        return parse_qs(body.decode(), max_num_fields=_MOST_FIELDS, strict_parsing=bool(body))
    except ValueError:
        raise ToldInstead(HTTPStatus.BAD_REQUEST, UNREADABLE) from None


def add_telling(app: FastAPI) -> None:
    """Lets the app answer with what is told instead."""

    @app.exception_handler(ToldInstead)
    async def on_told(_: Request, error: ToldInstead) -> Response:
        return error.response
