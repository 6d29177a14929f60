"""One's own subscriptions over HTTP: each is an entry of the register."""

import asyncio
import math
from collections.abc import Callable, Mapping
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api.answers import ShownSubscription, Subscriptions
from connectors.api.asof import ValidOn, as_of
from connectors.api.caller import only, participant
from connectors.api.problems import answers, may_fail, problem
from connectors.api.written import json_body
from hub.errors import ChangeUntold
from hub.register.history import History
from hub.register.kinds import Wish
from hub.register.model import Subscription
from hub.register.subscriptions import SubscribingTooOften, SubscriptionRefused, subscribed, unsubscribed
from hub.rules.moments import dutch_day
from hub.rules.scopes import Scope
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.register.registers import Registers, change_subscriptions
from schemas.problems import problems_of
from schemas.terms import AreaCode, FunctionSlug, PartySlug

_MOST_BYTES = 64 * 1024
_REQUEST_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Subscription"}}},
}


def _each_once(values: list[Any]) -> list[Any]:
    if len(set(values)) != len(values):
        raise PydanticCustomError("doubled", "noemt iets twee keer")
    return values


_Once = (AfterValidator(_each_once), Field(json_schema_extra={"uniqueItems": True}))


class Wanted(BaseModel):
    """A subscription as its party writes it: CloudEvents filters, and functions and areas beside them."""

    model_config = ConfigDict(extra="forbid")

    wish: Wish
    functions: Annotated[list[FunctionSlug], Field(max_length=14), *_Once] = []
    areas: Annotated[list[AreaCode], Field(max_length=100), *_Once] = []
    filters: Annotated[list[dict[str, Any]], Field(max_length=20)] = []


def add_subscriptions(app: FastAPI, pool: AsyncEngine, registers: Registers, clock: Clock) -> None:
    """Adds the caller's subscriptions to the app."""
    turn = asyncio.Lock()  # who waits for the register here holds no connection that others need

    async def change_own(party: str, change: Callable[[History, date], History]) -> None:
        now = await clock.now()
        async with turn:
            known = await registers.history()
            if change(known, dutch_day(now)) is known:
                return
            async with transaction(pool) as connection:
                await change_subscriptions(
                    connection, lambda newest: change(newest, dutch_day(now)), party, now, known
                )

    async def get_subscriptions(request: Request, valid_on: ValidOn = None) -> Any:
        party = await participant(request, Scope.READ)
        only(request, "validOn")
        then = await as_of(valid_on, registers, clock)
        own = [_wanted(one) for one in then.register.subscriptions if one.party == party]
        return {**then.told, "subscriptions": own}

    async def put_subscription(request: Request, name: PartySlug) -> Response:
        party = await participant(request, Scope.PUBLISH)
        only(request)
        wanted = _read(await json_body(request, _MOST_BYTES))
        wish = Subscription(
            party,
            name,
            wanted.wish,
            tuple(wanted.functions),
            tuple(wanted.areas),
            tuple(wanted.filters),
        )
        await change_own(party, lambda old, day: subscribed(old, wish, day))
        return JSONResponse(_wanted(wish))

    async def delete_subscription(request: Request, name: PartySlug) -> Response:
        party = await participant(request, Scope.PUBLISH)
        only(request)
        await change_own(party, lambda old, day: unsubscribed(old, party, name, day))
        return Response(status_code=HTTPStatus.NO_CONTENT)

    @app.exception_handler(ChangeUntold)
    async def on_untold(_: Request, error: ChangeUntold) -> Response:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return problem(status, "subscription", "Dit abonnement kan niet", str(error))

    @app.exception_handler(SubscriptionRefused)
    async def on_subscription(_: Request, error: SubscriptionRefused) -> Response:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if error.problems else HTTPStatus.NOT_FOUND
        return problem(status, "subscription", "Dit abonnement kan niet", str(error), error.problems)

    @app.exception_handler(SubscribingTooOften)
    async def on_too_often(_: Request, error: SubscribingTooOften) -> Response:
        seconds = math.ceil(error.wait.total_seconds())
        return problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too-often",
            "U verandert uw abonnementen te vaak",
            f"{error} Er is niets veranderd. Probeer het over {seconds} seconden nog eens.",
            headers={"Retry-After": str(seconds)},
        )

    path = "/v1/subscriptions/{name}"
    app.add_api_route(
        "/v1/subscriptions",
        get_subscriptions,
        methods=["GET"],
        summary="Uw abonnementen",
        response_model=None,
        responses=answers(Subscriptions) | may_fail(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND),
    )
    app.add_api_route(
        path,
        put_subscription,
        methods=["PUT"],
        summary="Maak of vervang een abonnement",
        response_model=None,
        openapi_extra={"requestBody": _REQUEST_BODY},
        responses=answers(ShownSubscription)
        | may_fail(
            HTTPStatus.FORBIDDEN,
            HTTPStatus.REQUEST_TIMEOUT,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.TOO_MANY_REQUESTS,
        ),
    )
    app.add_api_route(
        path,
        delete_subscription,
        methods=["DELETE"],
        summary="Stop een abonnement",
        response_model=None,
        status_code=HTTPStatus.NO_CONTENT,
        responses=may_fail(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS),
    )


def _read(written: Any) -> Wanted:
    try:
        return Wanted.model_validate(written)
    except ValidationError as error:
        problems = problems_of(error)
        raise SubscriptionRefused("Er is niets veranderd.", problems) from None


def _wanted(one: Subscription) -> Mapping[str, Any]:
    return {
        "name": one.name,
        "wish": one.wish,
        "functions": list(one.functions),
        "areas": list(one.areas),
        "filters": list(one.filters),
    }
