"""What the pages behind links in mails have in common. Only a POST changes something, for programs that check
mail open every link."""

from http import HTTPStatus
from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response

from connectors.mailbox.rendering import render_page

_MOST_FIELDS = 200
_HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
}
UNKNOWN = "Deze link werkt niet (meer). Neem de link uit uw nieuwste mail van Kernhub."
UNREADABLE = "Dit formulier is niet te lezen. Ga terug, kies opnieuw en bewaar nog eens."


class ToldInstead(Exception):
    """The answer, instead of what was asked."""

    def __init__(self, status: HTTPStatus, words: str, title: str = "Dit lukt niet"):
        self.response = page(render_page("told.html", title=title, words=words), status)


def page(content: str, status: HTTPStatus) -> Response:
    """A page that nobody keeps or frames."""
    return Response(content, status, _HEADERS, "text/html; charset=utf-8")


async def form_of(request: Request, most_bytes: int) -> dict[str, list[str]]:
    """The fields of a form. Raises ToldInstead."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > most_bytes:
            raise ToldInstead(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, UNREADABLE)
    try:
        return parse_qs(body.decode(), max_num_fields=_MOST_FIELDS, strict_parsing=bool(body))
    except ValueError:
        raise ToldInstead(HTTPStatus.BAD_REQUEST, UNREADABLE) from None


def add_telling(app: FastAPI) -> None:
    """Lets the app answer with what is told instead."""

    @app.exception_handler(ToldInstead)
    async def on_told(_: Request, error: ToldInstead) -> Response:
        return error.response
