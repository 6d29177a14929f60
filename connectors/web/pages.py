"""The pages and who may see them."""

from collections.abc import Awaitable, Callable
from importlib import resources
from typing import NamedTuple

from fastapi import FastAPI, Request, Response
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.routing import Match, Route
from starlette.types import Scope

from connectors.web import (
    auditing,
    bundles,
    chains,
    events,
    functions,
    html,
    mails,
    overview,
    parties,
    situations,
)
from connectors.web.files import file_routes
from connectors.web.people import People, Turn
from connectors.web.received import received_routes
from connectors.web.sent import sent_route
from connectors.web.showing import Show, Showing
from connectors.web.signing_in import sign_in_routes
from connectors.web.signing_in_elsewhere import BACK, elsewhere_routes
from connectors.web.visit import PageNotFound, Visit
from hub.asking.alike_questions import AlikeQuestions
from hub.filing.taking import Filing
from hub.identity.oidc_sign_in import oidc_of
from hub.identity.signing_in import SigningIn
from hub.settings import Settings
from hub.store.clock import Clock
from hub.store.register.registers import Registers


class Page(NamedTuple):
    """A page: its path, its section in the menu, and what shows it."""

    path: str
    section: str
    show: Show


PAGES = (
    Page("/", "overzicht", overview.show_overview),
    Page("/gebeurtenissen", "gebeurtenissen", events.show_events),
    Page("/gebeurtenissen/{event_key}", "gebeurtenissen", events.show_event),
    Page("/gebeurtenissen/{event_key}/keteneffecten", "gebeurtenissen", chains.show_chain),
    Page("/partijen", "partijen", parties.show_parties),
    Page("/partijen/{slug}", "partijen", parties.show_party),
    Page("/functies", "functies", functions.show_functions),
    Page("/bundels", "bundels", bundles.show_bundles),
    Page("/bundels/{bundle_key}", "bundels", bundles.show_bundle),
    Page("/situaties", "situaties", situations.show_situations),
    Page("/situaties/{situation_key}", "situaties", situations.show_situation),
    Page("/berichten", "berichten", mails.show_mails),
    Page("/berichten/{mail_key}", "berichten", mails.show_mail),
    Page("/onbestelbaar", "onbestelbaar", mails.show_dead_letters),
    Page("/onderzoek", "onderzoek", auditing.show_questions),
    Page("/onderzoek/gebeurtenissen/{event_key}", "onderzoek", auditing.show_life),
    Page("/onderzoek/partijen/{slug}", "onderzoek", auditing.show_received),
    Page("/onderzoek/beheerders/{slug}", "onderzoek", auditing.show_asked),
)


def add_pages(
    app: FastAPI,
    settings: Settings,
    pool: AsyncEngine,
    registers: Registers,
    clock: Clock,
    alike: AlikeQuestions,
) -> Showing:
    """Adds the pages of the administrator to the app; what they are shown with."""
    showing = Showing(settings, pool, registers, clock, html.environment(), alike)

    def file(name: str, media_type: str) -> Callable[[Request], Awaitable[Response]]:
        content = (resources.files("connectors.web") / name).read_bytes()

        async def get_file(request: Request) -> Response:
            return Response(content, media_type=media_type, headers=html.SECURITY_HEADERS)

        return get_file

    async def get_statement(request: Request) -> Response:
        return showing.plain("statement.html", of_people=not showing.is_administrator(request))

    routes = [Route(page.path, showing.endpoint(page.section, page.show)) for page in PAGES]
    routes += [
        Route("/stijl.css", file("style.css", "text/css")),
        Route("/icoon.svg", file("icon.svg", "image/svg+xml")),
        Route("/toegankelijkheid", get_statement),
    ]
    app.router.routes.extend(routes)
    app.router.routes.append(_NoPage("/{path:path}", showing.endpoint("", _show_nothing)))
    return showing


def add_people(app: FastAPI, showing: Showing, filing: Filing, turn_of: Callable[[Request], Turn]) -> None:
    """Adds the pages where people sign in for their party. Raises NotConfigured."""
    people = People(showing, SigningIn(showing.pool, showing.registers), turn_of)
    oidc = oidc_of(showing.settings, BACK)
    app.router.routes += elsewhere_routes(people, oidc) if oidc else sign_in_routes(people)
    app.router.routes.append(people.sign_out_route())
    app.router.routes += file_routes(people, showing.pool, filing)
    app.router.routes.append(sent_route(people, showing.pool, showing.registers))
    app.router.routes += received_routes(people, showing.pool)


async def _show_nothing(visit: Visit) -> str:
    raise PageNotFound


class _NoPage(Route):
    """Matches what nothing else does, outside the API: that no page exists is told by a page."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = super().matches(scope)
        in_api = scope.get("path", "").startswith("/v1/")
        return (Match.NONE, {}) if match is not Match.FULL or in_api else (Match.PARTIAL, child)
