"""The register over HTTP: who is what, where and when, for every party; and one's own subscriptions."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api.body import limited_body
from connectors.api.caller import ApiRefused, caller, only
from connectors.api.problems import problem
from hub.register.model import Party, Subscription, Wish
from hub.register.subscriptions import SubscriptionRefused, subscribed, unsubscribed
from hub.rules.moments import dutch_day
from hub.rules.responsible import roles_in
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.registers import Registers, change_register
from schemas.formats import strict_json
from schemas.problems import Problem, Refused, in_dutch
from schemas.terms import AreaCode, Day, FunctionSlug, PartySlug

_VALID_ON = Query(alias="validOn", description="De dag waarop het moet gelden; anders vandaag.")
_MOST_BYTES = 64 * 1024
_REQUEST_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Subscription"}}},
}


class Wanted(BaseModel):
    """A subscription as its party writes it: CloudEvents filters, and functions and areas beside them."""

    model_config = ConfigDict(extra="forbid")

    wish: Wish
    functions: Annotated[list[FunctionSlug], Field(max_length=14)] = []
    areas: Annotated[list[AreaCode], Field(max_length=100)] = []
    filters: Annotated[list[dict[str, Any]], Field(max_length=20)] = []


def add_register(app: FastAPI, pool: AsyncEngine, registers: Registers, clock: Clock) -> None:
    """Adds the register and the caller's subscriptions to the app."""

    async def get_responsibilities(
        request: Request,
        function: FunctionSlug,
        area: AreaCode,
        valid_on: Annotated[Day | None, _VALID_ON] = None,
    ) -> Any:
        await caller(request, pool)
        only(request, "function", "area", "validOn")
        history = await registers.history()
        day = valid_on or dutch_day(await clock.now())
        register = history.on(day)
        if area not in register.areas and area not in register.former:
            detail = f"'{area}' bestaat niet op {day}."
            raise ApiRefused(HTTPStatus.NOT_FOUND, "area", "Dit gebied kennen wij niet", detail)
        held = roles_in(function, area, register)
        return {
            "function": function,
            "area": area,
            "validOn": day.isoformat(),
            "registerVersion": register.version,
            "responsibilities": [
                {"role": one.kind, "through": one.area, "party": _shown(register.parties[one.party])}
                for one in held
            ],
        }

    async def get_party(
        request: Request, slug: PartySlug, valid_on: Annotated[Day | None, _VALID_ON] = None
    ) -> Any:
        await caller(request, pool)
        only(request, "validOn")
        day = valid_on or dutch_day(await clock.now())
        register = (await registers.history()).on(day)
        if slug not in register.parties:
            raise ApiRefused(
                HTTPStatus.NOT_FOUND,
                "party",
                "Deze partij kennen wij niet",
                f"'{slug}' bestaat niet op {day}.",
            )
        roles = [role for role in register.roles if role.party == slug]
        return {
            **_shown(register.parties[slug]),
            "validOn": day.isoformat(),
            "registerVersion": register.version,
            "roles": [{"function": role.function, "role": role.kind} for role in roles],
        }

    async def get_subscriptions(request: Request) -> Any:
        party = await caller(request, pool)
        only(request)
        register = await registers.newest()
        return {"subscriptions": [_wanted(one) for one in register.subscriptions if one.party == party]}

    async def put_subscription(request: Request, name: PartySlug) -> Response:
        party = await caller(request, pool)
        only(request)
        wanted = _read(await limited_body(request, _MOST_BYTES))
        wish = Subscription(
            party,
            name,
            wanted.wish,
            tuple(wanted.functions),
            tuple(wanted.areas),
            tuple(wanted.filters),
        )
        now = await clock.now()
        async with transaction(pool) as connection:
            await change_register(connection, lambda old: subscribed(old, wish, dutch_day(now)), party, now)
        return JSONResponse(_wanted(wish))

    async def delete_subscription(request: Request, name: PartySlug) -> Response:
        party = await caller(request, pool)
        only(request)
        now = await clock.now()
        async with transaction(pool) as connection:
            await change_register(
                connection, lambda old: unsubscribed(old, party, name, dutch_day(now)), party, now
            )
        return Response(status_code=HTTPStatus.NO_CONTENT)

    @app.exception_handler(SubscriptionRefused)
    async def on_subscription(_: Request, error: SubscriptionRefused) -> Response:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if error.problems else HTTPStatus.NOT_FOUND
        return problem(status, "subscription", "Dit abonnement kan niet", str(error), error.problems)

    for path, method, endpoint, summary in (
        (
            "responsibilities",
            "GET",
            get_responsibilities,
            "Wie heeft welke rol voor een functie?",
        ),
        ("parties/{slug}", "GET", get_party, "Een partij en haar rollen"),
        ("subscriptions", "GET", get_subscriptions, "Uw abonnementen"),
        ("subscriptions/{name}", "PUT", put_subscription, "Maak of vervang een abonnement"),
        ("subscriptions/{name}", "DELETE", delete_subscription, "Stop een abonnement"),
    ):
        app.add_api_route(
            f"/v1/{path}",
            endpoint,
            methods=[method],
            summary=summary,
            response_model=None,
            status_code=HTTPStatus.NO_CONTENT if method == "DELETE" else HTTPStatus.OK,
            openapi_extra={"requestBody": _REQUEST_BODY} if method == "PUT" else None,
        )


def _read(body: bytes) -> Wanted:
    try:
        written = strict_json(body)
    except Refused as refused:
        raise ApiRefused(
            HTTPStatus.BAD_REQUEST,
            "unreadable",
            "De inhoud is niet te lezen",
            "Er is niets veranderd. Verbeter wat hieronder staat.",
            problems=refused.problems,
        ) from None
    try:
        return Wanted.model_validate(written)
    except ValidationError as error:
        problems = [
            Problem("/".join(map(str, detail["loc"])), detail["type"], in_dutch(detail))
            for detail in error.errors(include_url=False, include_input=False)
        ]
        raise SubscriptionRefused("Er is niets veranderd.", problems) from None


def _shown(party: Party) -> Mapping[str, Any]:
    """What every party may know of another: not its clearance."""
    return {"slug": party.slug, "name": party.name, "kind": party.kind, "areas": list(party.areas)}


def _wanted(one: Subscription) -> Mapping[str, Any]:
    return {
        "name": one.name,
        "wish": one.wish,
        "functions": list(one.functions),
        "areas": list(one.areas),
        "filters": list(one.filters),
    }
