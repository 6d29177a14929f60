"""Show a page to whoever may see it; whatever goes wrong becomes a page too."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import uuid4

from fastapi import Request, Response
from jinja2 import Environment
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.web import html
from connectors.web.access import may_see
from connectors.web.visit import PageNotFound, Visit
from hub import logs
from hub.asking.alike_questions import AlikeQuestions
from hub.errors import NotConfigured, RegisterEmpty, Unavailable
from hub.rules.clearance import highest
from hub.rules.exercises import is_hub_mute
from hub.settings import Settings
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.ledger.records import Entry, record
from hub.store.register.registers import Registers
from hub.words.wording import HUB_IS_MUTE

_log = logging.getLogger(__name__)
_AT_THE_MACHINE = "administrator"
"""Who looks: whoever sits at this machine (ADR 7)."""
Show = Callable[[Visit], Awaitable[str]]
Endpoint = Callable[[Request], Awaitable[Response]]


class Showing(NamedTuple):
    """What every page is shown with."""

    settings: Settings
    pool: AsyncEngine
    registers: Registers
    clock: Clock
    environment: Environment
    alike: AlikeQuestions

    def endpoint(self, section: str, show: Show) -> Endpoint:
        """The endpoint of a page, in a section of the menu."""

        async def answer(request: Request) -> Response:
            return await self.answer(request, section, show)

        return answer

    async def answer(self, request: Request, section: str, show: Show) -> Response:
        """The page, or the page that says why not."""
        if not self.is_administrator(request):
            return self.plain("closed.html", HTTPStatus.FORBIDDEN, of_people=True)

        async def shown() -> Response:
            return html.page(await self._shown(request, section, show))

        return await self.told(section, shown)

    async def told(
        self, section: str, make: Callable[[], Awaitable[Response]], *, of_people: bool = False
    ) -> Response:
        """What `make` answers, or the page that says why not."""
        try:
            return await make()
        except PageNotFound:
            return self.plain("not_found.html", HTTPStatus.NOT_FOUND, of_people=of_people)
        except RegisterEmpty:
            return self.plain("not_ready.html", HTTPStatus.SERVICE_UNAVAILABLE, of_people=of_people)
        except Unavailable as error:
            _log.warning(logs.line("a part is away", error=type(error).__name__))
            return self.plain("unavailable.html", HTTPStatus.SERVICE_UNAVAILABLE, of_people=of_people)
        except Exception as error:
            _log.exception(logs.line("a page failed", error=type(error).__name__, section=section))
            return self.plain("failed.html", HTTPStatus.INTERNAL_SERVER_ERROR, of_people=of_people)

    def plain(
        self, template: str, status: HTTPStatus = HTTPStatus.OK, *, of_people: bool = False
    ) -> Response:
        """A page without data; `of_people`: without the menu of the administrator, for who that is not."""
        frame = {"person": None} if of_people else {}
        return html.page(html.plain_page(self.environment, template, **frame), status)

    def is_administrator(self, request: Request) -> bool:
        """Whether who asks may see the pages of the administrator."""
        client = request.client.host if request.client else None
        return may_see(self.settings.pages, client, request.headers)

    async def _shown(self, request: Request, section: str, show: Show) -> str:
        register = await self.registers.newest()
        frame: Mapping[str, Any] = {
            "section": section,
            "exercise": await self._exercise(),
            "mute": HUB_IS_MUTE if is_hub_mute(register) else None,
        }
        async with transaction(self.pool) as connection:
            await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            visit = Visit(
                request.url.path,
                dict(request.query_params),
                request.path_params,
                self.settings,
                register,
                self.registers,
                self.alike,
                connection,
                self.environment,
                frame,
            )
            shown = await show(visit)
            await self._record_looks(visit)
            return shown

    async def _record_looks(self, visit: Visit) -> None:
        """That content above the open label was shown stands in the ledger, or it is not shown."""
        if not visit.looks:
            return
        now = await self._exercise() or datetime.now(UTC)
        tlp = str(highest(look.tlp for look in visit.looks))
        keys = {look.event_key for look in visit.looks} - {None}
        facts = {"by": _AT_THE_MACHINE, "path": visit.path, "tlp": tlp}
        key = keys.pop() if len(keys) == 1 else None
        await record(visit.connection, [Entry("page-seen", (uuid4(),), key, now, facts)])

    async def _exercise(self) -> datetime | None:
        """Where the clock of an exercise stands."""
        if self.settings.clock != "scenario":
            return None
        try:
            return await self.clock.now()
        except NotConfigured:
            return None
