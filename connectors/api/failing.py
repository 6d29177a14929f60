"""Every error of the API leaves as problem details, in Dutch, with the version of the API."""

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.api.body import BodyRefused
from connectors.api.problems import problem
from connectors.api.refused import ApiRefused
from hub import logs
from hub.errors import Unavailable
from schemas.problems import Problem, in_dutch

API_VERSION = "0.1.0"
VERSION_HEADER = (b"api-version", API_VERSION.encode())
_TITLES: Mapping[HTTPStatus, tuple[str, str]] = {
    HTTPStatus.NOT_FOUND: (
        "Dit adres is er niet",
        "Kijk in /v1/openapi.json wat er wel is. Een adres eindigt niet op '/'.",
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "Dit kan niet op dit adres",
        "De kopregel 'Allow' noemt wat hier wel kan.",
    ),
}

_log = logging.getLogger(__name__)


def add_problems(app: FastAPI) -> None:
    """Adds what becomes of errors to the app."""

    @app.exception_handler(BodyRefused)
    async def on_body(_: Request, error: BodyRefused) -> Response:
        title = "Deze inhoud nemen wij niet aan"
        return problem(error.status, error.slug, title, error.detail, headers=error.headers)

    @app.exception_handler(ApiRefused)
    async def on_refused(_: Request, error: ApiRefused) -> Response:
        return problem(error.status, error.slug, error.title, error.detail, error.problems, error.headers)

    @app.exception_handler(Unavailable)
    async def on_unavailable(_: Request, error: Unavailable) -> Response:
        _log.warning(logs.line("a part is away", error=type(error).__name__))
        return problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "unavailable",
            "De hub kan dit nu niet",
            f"{error} Er is niets aangenomen. Probeer het over 30 seconden opnieuw.",
        )

    @app.exception_handler(HTTPException)
    async def on_http(_: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        title, detail = _TITLES.get(status, ("Dit kan niet", "Kijk in /v1/openapi.json wat er kan."))
        return problem(status, f"http-{status.value}", title, detail, headers=dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def on_validation(_: Request, error: RequestValidationError) -> Response:
        return problem(
            HTTPStatus.BAD_REQUEST,
            "request",
            "Deze vraag klopt niet",
            "Er is niets gedaan. Verbeter wat hieronder staat.",
            [Problem(str(one["loc"][1]), one["type"], in_dutch(one)) for one in error.errors()],
        )

    @app.exception_handler(Exception)
    async def on_bug(request: Request, error: Exception) -> Response:
        _log.error(logs.line("intake failed", error=type(error).__name__), exc_info=error)
        publishes = request.method == "POST" and request.url.path.endswith("/events")
        again = (
            "Stuur de gebeurtenis nog eens om te zien of zij is aangenomen: hetzelfde id telt nooit dubbel."
            if publishes
            else "Probeer het nog eens; blijft het misgaan, zeg het de beheerder van de hub."
        )
        return problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "internal",
            "Er ging iets mis in de hub",
            f"Wij hebben het vastgelegd. {again}",
            headers={"API-Version": API_VERSION},
        )

    app.add_middleware(_Versioned, description=app.openapi_url)


class _Versioned:
    """Each answer tells the version of the API."""

    def __init__(self, app: ASGIApp, description: str | None):
        self._app = app
        self._description = description

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = [VERSION_HEADER]
        if scope["path"] == self._description:
            # Programs in a browser may read how the API works, and nothing else.
            added.append((b"access-control-allow-origin", b"*"))

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *added]
            await send(message)

        await self._app(scope, receive, telling)
