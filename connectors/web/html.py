"""How a page becomes HTML: the templates, and the headers that every page carries."""

from datetime import datetime
from functools import cache
from http import HTTPStatus
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from connectors.web import words
from connectors.web.lines import some_areas
from connectors.web.paging import address
from hub.rules.moments import AMSTERDAM
from hub.words import wording

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@cache
def environment() -> Environment:
    """The templates, compiled once for a process; everything that they show is escaped."""
    made = Environment(
        loader=PackageLoader("connectors.web"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters.update(
        moment=wording.moment,
        short_moment=_short_moment,
        day=wording.day,
        number=_number,
        sentence=_sentence,
    )
    made.globals.update(words=words, wording=wording, address=address, some_areas=some_areas)
    return made


def page(body: str, status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
    """The response with a page."""
    headers = dict(SECURITY_HEADERS)
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "30"
    return HTMLResponse(body, status, headers)


def plain_page(made: Environment, template: str, **values: Any) -> str:
    """A page that needs no database."""
    return made.get_template(template).render(section="", exercise=None, mute=None, **values)


def _short_moment(value: datetime) -> str:
    local = value.astimezone(AMSTERDAM)
    return f"{wording.day(local.date())}, {local:%H:%M} uur"


def _number(value: int) -> str:
    return f"{value:,}".replace(",", ".")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
