"""One's own systems over HTTP, over every channel: where the hub sends to, and what was not taken."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api.answers import Answer
from connectors.api.caller import deciding, only, participant
from connectors.api.problems import answers, may_fail, problem
from connectors.api.webhooks import Resent, Unsent, WantedResend, shown_unsent
from connectors.api.written import json_body
from hub.outlets.channel import Wanted
from hub.outlets.own_outlets import OutletRefused, put_own, read_wanted, resend
from hub.rules.outlets import StopReason
from hub.rules.scopes import Scope
from hub.settings import Settings
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.deliveries import outlets
from hub.store.deliveries.outlets import OutletName
from hub.store.deliveries.stream import number_planned
from schemas.problems import problems_of
from schemas.terms import PartySlug

_PATH = "/v1/outlets/{channel}/{name}"
_MOST_BYTES = 8 * 1024
_Channel = Annotated[str, Path(pattern="^[a-z]{1,20}$", description="De weg: matrix, webhook of topic.")]
_REFUSED = may_fail(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
_WRONG = may_fail(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY)


class WantedOutlet(BaseModel):
    """A system as its party writes it. `target`: what its channel asks. Of a room on `matrix`: `url` of the
    homeserver, `room` (its id), `token` of an account that may write there, and `most`, the highest label
    that the room may know: CLEAR, GREEN (also when left out) or AMBER."""

    model_config = ConfigDict(extra="forbid")

    target: dict[str, Any]
    enabled: bool = True


class ShownOutlet(Answer):
    """A system that the hub sends to, without its secrets. `new`: it is still to be asked whether it wants
    events. `waiting` deliveries are tried again, those `givenUp` are not."""

    channel: str
    name: str
    target: dict[str, Any]
    state: Literal["new", "active", "stopped"]
    stopped_why: StopReason | None
    failing_since: datetime | None
    last_error: str | None
    taken_at: datetime | None
    next_at: datetime | None
    waiting: int
    given_up: int


class Outlets(Answer):
    outlets: list[ShownOutlet]


class MadeOutlet(Answer):
    channel: str
    name: str
    target: Annotated[dict[str, Any], Field(description="zonder geheimen")]


def add_outlets(
    app: FastAPI, settings: Settings, pool: AsyncEngine, clock: Clock, known: Mapping[str, type[Wanted]]
) -> None:
    """Adds the caller's systems. `known`: the channels over which it sets them itself."""

    async def get_outlets(request: Request) -> Any:
        party = await participant(request, Scope.READ)
        only(request)
        async with transaction(pool) as connection:
            rows = await outlets.list_outlets(connection, party=party)
        return Outlets(outlets=[_shown(row) for row in rows]).model_dump(mode="json", by_alias=True)

    async def put(request: Request, channel: _Channel, name: PartySlug) -> Response:
        called = OutletName(await deciding(request), channel, name)
        only(request)
        body = _read(WantedOutlet, await json_body(request, _MOST_BYTES))
        wanted = read_wanted(known, channel, body.target, local=settings.webhooks == "local")
        now = await clock.now()
        await number_planned(pool)
        async with transaction(pool) as connection:
            is_new = await put_own(connection, called, wanted, now, enabled=body.enabled)
        made = MadeOutlet(channel=channel, name=name, target=wanted.target())
        status = HTTPStatus.CREATED if is_new else HTTPStatus.OK
        return JSONResponse(made.model_dump(mode="json", by_alias=True), status)

    async def delete_outlet(request: Request, channel: _Channel, name: PartySlug) -> Response:
        called = OutletName(await deciding(request), channel, name)
        only(request)
        now = await clock.now()
        async with transaction(pool) as connection:
            if channel not in known or not await outlets.remove_outlet(connection, called, now):
                raise OutletRefused
        return Response(status_code=HTTPStatus.NO_CONTENT)

    @app.exception_handler(OutletRefused)
    async def on_refused(_: Request, error: OutletRefused) -> Response:
        if not error.problems:
            told = "U hebt geen systeem met deze naam over deze weg."
            return problem(HTTPStatus.NOT_FOUND, "outlet", "Dit systeem is er niet", told)
        told = "Er is niets veranderd. Verbeter wat hieronder staat."
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return problem(status, "outlet", "Dit systeem kan niet", told, error.problems)

    made = {HTTPStatus.CREATED.value: {"description": "Gemaakt", "model": MadeOutlet}}
    for path, method, endpoint, summary, more in (
        (
            "/v1/outlets",
            "GET",
            get_outlets,
            "Uw systemen over elke weg, en hoe het ermee gaat",
            {"responses": answers(Outlets) | may_fail(HTTPStatus.FORBIDDEN)},
        ),
        (
            _PATH,
            "PUT",
            put,
            "Maak of verander een systeem, zoals een kamer op Matrix, of zet het weer aan",
            {
                "openapi_extra": _body("WantedOutlet"),
                "responses": answers(MadeOutlet) | made | _REFUSED | _WRONG,
            },
        ),
        (
            _PATH,
            "DELETE",
            delete_outlet,
            "Verwijder een systeem dat u zelf instelde",
            {"status_code": HTTPStatus.NO_CONTENT, "responses": _REFUSED},
        ),
    ):
        app.add_api_route(path, endpoint, methods=[method], summary=summary, response_model=None, **more)


def add_outlet_care(app: FastAPI, pool: AsyncEngine, clock: Clock) -> None:
    """Adds what helps the caller with its systems: what was not taken, and sending again."""

    async def get_unsent(request: Request, channel: _Channel, name: PartySlug) -> Any:
        called = OutletName(await participant(request, Scope.READ), channel, name)
        only(request)
        async with transaction(pool) as connection:
            if await outlets.find_outlet(connection, called) is None:
                raise OutletRefused
            rows = await outlets.list_unsent(connection, name=called)
        return Unsent(deliveries=[shown_unsent(row) for row in rows]).model_dump(mode="json", by_alias=True)

    async def post_resend(request: Request, channel: _Channel, name: PartySlug) -> Any:
        called = OutletName(await deciding(request), channel, name)
        only(request)
        wanted = _read(WantedResend, await json_body(request, _MOST_BYTES))
        await number_planned(pool)
        now = await clock.now()
        async with transaction(pool) as connection:
            count = await resend(connection, called, wanted.since, called.party, now)
        return Resent(deliveries=count).model_dump(mode="json", by_alias=True)

    app.add_api_route(
        f"{_PATH}/unsent",
        get_unsent,
        methods=["GET"],
        summary="Wat nam een systeem niet aan? De duizend oudste",
        response_model=None,
        responses=answers(Unsent) | _REFUSED,
    )
    app.add_api_route(
        f"{_PATH}/resends",
        post_resend,
        methods=["POST"],
        summary="Stuur een systeem opnieuw wat niet is aangenomen, of alles sinds een moment",
        response_model=None,
        openapi_extra=_body("WantedResend"),
        responses=answers(Resent) | _REFUSED | _WRONG,
    )


def _body(name: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _read(model: type[BaseModel], written: Any) -> Any:
    try:
        return model.model_validate(written)
    except ValidationError as error:
        raise OutletRefused(problems_of(error)) from None


def _shown(row: Any) -> ShownOutlet:
    return ShownOutlet(
        channel=row.channel,
        name=row.name,
        target=row.target,
        state=row.state,
        stopped_why=row.stopped_why,
        failing_since=row.failing_since,
        last_error=row.last_error,
        taken_at=row.taken_at,
        next_at=row.due_at,
        waiting=row.waiting,
        given_up=row.given_up,
    )
