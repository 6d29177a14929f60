"""Pull: what a party received, in order, from any place on."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api.answers import Answer
from connectors.api.caller import only, participant
from connectors.api.cursors import Cursors
from connectors.api.problems import answers, may_fail
from hub.outlets.handing import entries, next_deliveries
from hub.rules.scopes import Scope
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.deliveries.stream import BEGIN, number_planned
from hub.store.ledger.records import record
from hub.store.register.registers import Registers
from hub.store.views.states import keep_pulled

WAY = "pull"
_MOST = 100
_After = Annotated[
    str | None,
    Query(max_length=200, description="De 'next' van het vorige antwoord; zonder: vanaf het begin."),
]
_Limit = Annotated[int, Query(ge=1, le=_MOST, description="Hoeveel bezorgingen hoogstens.")]


class Deliveries(Answer):
    """Each is a CloudEvent with `deliveryid` and `deliveryreason`. `next` goes along as `after` with the next
    question, also when nothing was found; `more`: ask at once, there may be more."""

    deliveries: Annotated[list[dict[str, Any]], Field(description="CloudEvents in JSON")]
    next: str
    more: bool


def add_deliveries(app: FastAPI, pool: AsyncEngine, registers: Registers, clock: Clock) -> None:
    """Adds pull to the app."""
    cursors = Cursors(pool)

    async def get_deliveries(request: Request, after: _After = None, limit: _Limit = _MOST) -> Any:
        party = await participant(request, Scope.READ)
        only(request, "after", "limit")
        place = await cursors.read(after)
        await number_planned(pool)
        register, now = await registers.newest(), await clock.now()
        async with transaction(pool) as connection:
            if place != BEGIN:
                await keep_pulled(connection, party, place, now)
            found = await next_deliveries(connection, party, place, register, limit)
            await record(connection, entries(WAY, party, [*found.handed, *found.kept], register, now))
        return {
            "deliveries": [one.event for one in found.handed],
            "next": await cursors.write(found.reached),
            "more": not found.is_end,
        }

    app.add_api_route(
        "/v1/deliveries",
        get_deliveries,
        methods=["GET"],
        summary="Wat kreeg u, sinds uw vorige vraag?",
        response_model=None,
        responses=answers(Deliveries) | may_fail(HTTPStatus.FORBIDDEN),
    )
