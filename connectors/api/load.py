"""How much the operators of a function have on their plate, over HTTP: for who coordinates it."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api.answers import Answer
from connectors.api.caller import only, participant
from connectors.api.problems import answers, may_fail
from connectors.api.refused import ApiRefused
from hub.rules.scopes import Scope
from hub.rules.steering import coordinates
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.register.registers import Registers
from hub.store.throttle.load import find_load, operators_of
from schemas.terms import FunctionSlug


class ShownLoad(Answer):
    """Contacts are of the last `window` weeks; nothing classified is counted. `nextAt` is when a routine
    bundle may come at the earliest, null: it never does. `endingSoon`: requests that end within 14 days."""

    operator: str
    window: int
    bundles: int
    routine: int
    urgent: int
    crisis: int
    waiting: int
    next_at: datetime | None
    ending_soon: int


class FunctionLoad(Answer):
    function: FunctionSlug
    operators: list[ShownLoad]


def add_load(app: FastAPI, pool: AsyncEngine, registers: Registers, clock: Clock) -> None:
    """Adds the load of operators to the app."""

    async def get_load(request: Request, function: FunctionSlug) -> Any:
        party = await participant(request, Scope.READ)
        only(request)
        register, now = await registers.newest(), await clock.now()
        operators = operators_of(function, register)
        if not coordinates(party, (function,), register):
            operators = [operator for operator in operators if operator == party]
            if not operators:
                raise ApiRefused(
                    HTTPStatus.FORBIDDEN,
                    "not-your-function",
                    "Dit is niet uw functie",
                    "Alleen wie deze functie coördineert ziet dit, en een beheerder ervan over zichzelf.",
                )
        async with transaction(pool) as connection:
            found = [await find_load(connection, operator, now) for operator in operators]
        shown = FunctionLoad(function=function, operators=[ShownLoad(**one._asdict()) for one in found])
        return shown.model_dump(mode="json", by_alias=True)

    app.add_api_route(
        "/v1/functions/{function}/load",
        get_load,
        methods=["GET"],
        summary="Hoe druk hebben de beheerders van een functie het met vragen?",
        response_model=None,
        responses=answers(FunctionLoad) | may_fail(HTTPStatus.FORBIDDEN),
    )
