"""HTTP: intake and pages in one server."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

import uvicorn
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp

from connectors.api.alike import add_alike
from connectors.api.areas import add_areas
from connectors.api.audit import add_audit
from connectors.api.deliveries import add_deliveries
from connectors.api.description import BASE, describe
from connectors.api.events import add_intake
from connectors.api.exchange import add_exchange
from connectors.api.failing import API_VERSION, add_problems
from connectors.api.feeds import add_feed_addresses
from connectors.api.files import add_files
from connectors.api.gate import gated, visit_of
from connectors.api.language import add_english
from connectors.api.ledger import add_ledger
from connectors.api.letters import add_letters
from connectors.api.limits import Limits
from connectors.api.load import add_load
from connectors.api.oauth import add_oauth
from connectors.api.one_event import with_short_way
from connectors.api.outlets import add_outlet_care, add_outlets
from connectors.api.policies import add_policies
from connectors.api.preferences import add_preferences
from connectors.api.problems import ALWAYS
from connectors.api.questions import add_questions
from connectors.api.register import add_register
from connectors.api.requests import add_requests
from connectors.api.sheets import add_sheets
from connectors.api.situations import add_situations
from connectors.api.standing import add_standing
from connectors.api.states import add_states
from connectors.api.subscriptions import add_subscriptions
from connectors.api.webhooks import add_webhook_care, add_webhooks
from connectors.feed.serving import add_feeds
from connectors.mailbox.deciding import add_mail_decisions
from connectors.mailbox.serving import add_mail_links
from connectors.web.pages import add_pages, add_people
from consumers.mail.confirming import confirm_choice
from consumers.ways_in.pages_turn import PagesTurn
from consumers.ways_in.patience import PatientProtocol
from consumers.ways_out.channels import WANTED
from hub.asking.alike_questions import AlikeQuestions
from hub.filing.taking import Filing
from hub.identity.granting import Granting
from hub.identity.programs import Identities
from hub.intake.accepting import Intake
from hub.kafka.broker import Publisher
from hub.settings import Settings
from hub.store.clock import Clock
from hub.store.register.registers import Registers


class _App(FastAPI):
    """An application with layers outside of the framework's own, where they cost least."""

    around: Callable[[ASGIApp], ASGIApp]

    def build_middleware_stack(self) -> ASGIApp:
        return self.around(super().build_middleware_stack())


def application(
    settings: Settings, pool: AsyncEngine, registers: Registers, publisher: Publisher, clock: Clock
) -> FastAPI:
    """The ASGI application; its `state.alike` is better grown before the first question."""
    app = _App(
        title="Kernhub",
        summary="Uitwisseling tussen kernteams vitale en kwetsbare functies",
        version=API_VERSION,
        openapi_url=f"{BASE}/openapi.json",
        responses=ALWAYS,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    intake = Intake(settings, pool, registers, publisher, clock)
    add_problems(app)
    add_english(app)
    identities, limits = Identities(settings, pool, registers), Limits(settings)
    app.around = lambda inner: gated(with_short_way(inner, intake), identities, limits)
    if identities.issuer:
        add_oauth(app, identities.issuer, Granting(identities.issuer, pool, registers))
    add_intake(app, intake)
    filing = Filing(settings, pool, registers, intake, clock)
    add_files(app, filing, registers)
    add_register(app, registers, clock)
    add_areas(app, registers, clock)
    add_sheets(app, pool, registers, clock)
    add_subscriptions(app, pool, registers, clock)
    add_preferences(app, pool, registers, clock, confirm_choice)
    add_standing(app, pool, intake)
    add_exchange(app, pool, registers)
    add_states(app, pool, registers)
    add_letters(app, settings, pool, publisher, clock)
    add_deliveries(app, pool, registers, clock)
    add_webhooks(app, settings, pool, clock)
    add_feed_addresses(app, settings, pool, clock)
    add_feeds(app, settings, pool, registers, clock, lambda request, party: visit_of(request).of(party))
    add_mail_links(app, pool, registers, clock, confirm_choice)
    add_mail_decisions(app, pool, registers, clock)
    add_webhook_care(app, pool, clock)
    add_outlets(app, settings, pool, clock, WANTED)
    add_outlet_care(app, pool, clock)
    add_policies(app, pool, registers, clock)
    add_load(app, pool, registers, clock)
    add_ledger(app, settings, pool, clock)
    add_audit(app, pool, registers, clock)
    add_situations(app, pool, registers, clock)
    add_requests(app, pool, registers, clock)
    add_questions(app)
    app.state.alike = alike = AlikeQuestions(pool, registers, clock)
    add_alike(app, alike, pool, clock)
    describe(app, settings)
    showing = add_pages(app, settings, pool, registers, clock, alike)
    add_people(app, showing, filing, PagesTurn)
    return app


class _Server(uvicorn.Server):
    """A server that leaves signals to the program, which handles them for all workers alike."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(settings: Settings, app: FastAPI, stop: asyncio.Event) -> None:
    """Serves until `stop`; requests in hand are finished."""
    config = uvicorn.Config(
        app,
        host=settings.http_host,
        port=settings.http_port,
        http=PatientProtocol,
        log_config=None,
        proxy_headers=settings.proxies is not None,
        forwarded_allow_ips=(settings.proxies or "").split(","),
        access_log=False,  # the address of a feed holds its token
        timeout_graceful_shutdown=10,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopping.cancel()
    await serving
