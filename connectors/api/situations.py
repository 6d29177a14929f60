"""Situation sheets over HTTP, for the parties that may read them."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.api.answers import Answer, Paged
from connectors.api.caller import only, participant
from connectors.api.paging import Page, paged
from connectors.api.problems import answers, may_fail
from hub.register.model import Register
from hub.rules.clearance import highest
from hub.rules.relations import Reason, reasons_of
from hub.rules.scopes import Scope
from hub.rules.seeing import may_see
from hub.rules.throttle.crisis import Reading, may_read
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.ledger.accesses import Access, readings, record_reading
from hub.store.ledger.records import record
from hub.store.register.registers import Registers
from hub.store.throttle.situations import sheet_of
from hub.store.views.events import find_delivery
from hub.store.views.situations import sheets_to_read
from schemas.catalogue import parse
from schemas.situation import SituationOpened, SituationReported
from schemas.terms import FunctionSlug, Tlp


class ShownSituationRow(Answer):
    standard_question: str
    area: str | None
    text: str


class ShownReport(Answer):
    """How it stands at the operator, as it reported last."""

    event_key: UUID
    time: datetime
    tlp: Tlp
    text: str
    rows: list[ShownSituationRow]


class ShownSheet(Answer):
    """A sheet of one operator about one function; no report: there is none, or not for you."""

    situation: UUID
    crisis: str
    operator: str
    function: FunctionSlug
    areas: list[str]
    tlp: Tlp
    opened_at: datetime
    until: datetime
    is_open: bool
    report: ShownReport | None


class Situations(Paged):
    situations: list[ShownSheet]


def add_situations(app: FastAPI, pool: AsyncEngine, registers: Registers, clock: Clock) -> None:
    """Adds the situation sheets to the app."""

    async def get_situations(request: Request, page: Page = 1) -> Any:
        party = await participant(request, Scope.READ)
        only(request, "page")
        register, now = await registers.newest(), await clock.now()
        async with transaction(pool) as connection:
            rows = [
                row
                for row in await sheets_to_read(connection)
                if may_read(sheet_of(row), party, register) is Reading.MAY
            ]
            one = paged("situations", rows, page)
            shown = [await _shown(connection, row, party, register, now) for row in one["situations"]]
            labels = [one.tlp for sheet in shown for one in (sheet, sheet.report) if one]
            access = Access(party, "situations", highest(labels), {"page": page})
            keys = {
                one for sheet in shown for one in (sheet.situation, sheet.report and sheet.report.event_key)
            }
            read = sorted(key for key in keys if key)
            await record_reading(connection, access, read, now)
            await record(connection, readings("situations", party, read, now))
        return {**one, "situations": [sheet.model_dump(mode="json", by_alias=True) for sheet in shown]}

    app.add_api_route(
        "/v1/situations",
        get_situations,
        methods=["GET"],
        summary="De situatiebladen die u mag lezen, de nieuwste eerst, per bladzijde",
        response_model=None,
        responses=answers(Situations) | may_fail(HTTPStatus.FORBIDDEN),
    )


async def _shown(
    connection: AsyncConnection, row: Any, party: str, register: Register, now: datetime
) -> ShownSheet:
    situation, sheet = parse(row.situation), sheet_of(row)
    assert isinstance(situation, SituationOpened)  # noqa: S101 - only such opens sheets
    return ShownSheet(
        situation=row.situation_key,
        crisis=situation.data.crisis,
        operator=sheet.operator,
        function=sheet.function,
        areas=list(sheet.areas),
        tlp=sheet.tlp,
        opened_at=sheet.opened_at,
        until=sheet.until,
        is_open=sheet.is_open(now),
        report=await _report(connection, row, party, register),
    )


async def _report(
    connection: AsyncConnection, row: Any, party: str, register: Register
) -> ShownReport | None:
    """The report, where it was delivered to this party or is its own: its label may be stricter."""
    if row.report is None:
        return None
    report = parse(row.report)
    assert isinstance(report, SituationReported)  # noqa: S101 - only such is kept as a report
    if not may_see(party, row.reporter, report, await _reasons(connection, row, party), register):
        return None
    rows = [ShownSituationRow(**one.model_dump()) for one in report.data.rows]
    return ShownReport(
        event_key=row.report_key, time=report.time, tlp=report.tlp, text=report.data.text, rows=rows
    )


async def _reasons(connection: AsyncConnection, row: Any, party: str) -> Sequence[Reason] | None:
    delivery = await find_delivery(connection, row.report_key, party)
    return delivery and reasons_of(delivery.reasons)
