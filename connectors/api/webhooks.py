"""One's own webhooks over HTTP: where the hub sends to, with which secret, and what was not taken."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, Literal
from uuid import UUID

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api.answers import Answer
from connectors.api.caller import deciding, only, participant
from connectors.api.problems import answers, may_fail, problem
from connectors.api.written import json_body
from hub.outlets.webhooks import CHANNEL, WebhookRefused, new_secret, put_webhook, resend
from hub.rules.outlets import StopReason
from hub.rules.scopes import Scope
from hub.settings import Settings
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.deliveries import outlets
from hub.store.deliveries.outlets import OutletName
from hub.store.deliveries.stream import number_planned
from schemas.problems import problems_of
from schemas.terms import AnyMoment, PartySlug

_PATH = "/v1/webhooks/{name}"
_MOST_BYTES = 8 * 1024
_REFUSED = may_fail(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
_WRONG = may_fail(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY)


class WantedWebhook(BaseModel):
    """A webhook as its party writes it. `mode`: the content mode of CloudEvents."""

    model_config = ConfigDict(extra="forbid")

    url: str
    mode: Literal["structured", "binary"] = "structured"
    enabled: bool = True


class WantedResend(BaseModel):
    """Without `since`: what was not taken, also what was given up. With it: all since then, once more."""

    model_config = ConfigDict(extra="forbid")

    since: AnyMoment | None = None


class ShownWebhook(Answer):
    """`new`: it is still to be asked whether it wants events. `waiting` deliveries are tried again, those
    `givenUp` are not."""

    name: str
    url: str
    mode: str
    state: Literal["new", "active", "stopped"]
    stopped_why: StopReason | None
    per_minute: int | None
    failing_since: datetime | None
    last_error: str | None
    taken_at: datetime | None
    next_at: datetime | None
    waiting: int
    given_up: int


class Webhooks(Answer):
    webhooks: list[ShownWebhook]


class ShownUnsent(Answer):
    """A delivery that was not taken. `nextAt` null: it was given up, until you have it sent again."""

    deliveryid: UUID
    attempts: int
    first_at: datetime
    next_at: datetime | None
    last_error: str


class Unsent(Answer):
    deliveries: list[ShownUnsent]


class NewSecret(Answer):
    """The secret to verify with, shown this once. The one before is valid until `oldValidUntil`."""

    secret: str
    old_valid_until: datetime | None


class MadeWebhook(Answer):
    """`secret`: only of a new webhook, shown this once."""

    name: str
    url: str
    mode: str
    secret: str | None


class Resent(Answer):
    """How many deliveries that were not taken are tried at once; null: all since then are sent once more."""

    deliveries: int | None


def add_webhooks(app: FastAPI, settings: Settings, pool: AsyncEngine, clock: Clock) -> None:
    """Adds the caller's webhooks to the app."""

    async def get_webhooks(request: Request) -> Any:
        party = await participant(request, Scope.READ)
        only(request)
        async with transaction(pool) as connection:
            rows = await outlets.list_outlets(connection, CHANNEL, party)
        return Webhooks(webhooks=[_shown(row) for row in rows]).model_dump(mode="json", by_alias=True)

    async def put(request: Request, name: PartySlug) -> Response:
        called = OutletName(await deciding(request), CHANNEL, name)
        only(request)
        wanted = _read(WantedWebhook, await json_body(request, _MOST_BYTES))
        local, now = settings.webhooks == "local", await clock.now()
        await number_planned(pool)
        async with transaction(pool) as connection:
            secret = await put_webhook(
                connection, called, wanted.url, wanted.mode, now, local=local, enabled=wanted.enabled
            )
        made = MadeWebhook(name=name, url=wanted.url, mode=wanted.mode, secret=secret)
        status = HTTPStatus.CREATED if secret else HTTPStatus.OK
        return JSONResponse(made.model_dump(mode="json", by_alias=True), status)

    async def delete_webhook(request: Request, name: PartySlug) -> Response:
        called = OutletName(await deciding(request), CHANNEL, name)
        only(request)
        now = await clock.now()
        async with transaction(pool) as connection:
            if not await outlets.remove_outlet(connection, called, now):
                raise WebhookRefused
        return Response(status_code=HTTPStatus.NO_CONTENT)

    @app.exception_handler(WebhookRefused)
    async def on_refused(_: Request, error: WebhookRefused) -> Response:
        if not error.problems:
            told = "U hebt geen webhook met deze naam."
            return problem(HTTPStatus.NOT_FOUND, "webhook", "Deze webhook is er niet", told)
        told = "Er is niets veranderd. Verbeter wat hieronder staat."
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return problem(status, "webhook", "Deze webhook kan niet", told, error.problems)

    made = {HTTPStatus.CREATED.value: {"description": "Gemaakt", "model": MadeWebhook}}
    app.add_api_route(
        "/v1/webhooks",
        get_webhooks,
        methods=["GET"],
        summary="Uw webhooks, en hoe het ermee gaat",
        response_model=None,
        responses=answers(Webhooks) | may_fail(HTTPStatus.FORBIDDEN),
    )
    app.add_api_route(
        _PATH,
        put,
        methods=["PUT"],
        summary="Maak of verander een webhook, of zet hem weer aan",
        response_model=None,
        openapi_extra=_body("WantedWebhook"),
        responses=answers(MadeWebhook) | made | _REFUSED | _WRONG,
    )
    app.add_api_route(
        _PATH,
        delete_webhook,
        methods=["DELETE"],
        summary="Verwijder een webhook",
        response_model=None,
        status_code=HTTPStatus.NO_CONTENT,
        responses=_REFUSED,
    )


def add_webhook_care(app: FastAPI, pool: AsyncEngine, clock: Clock) -> None:
    """Adds what helps the caller with its webhooks: what was not taken, sending again, another secret."""

    async def get_unsent(request: Request, name: PartySlug) -> Any:
        called = OutletName(await participant(request, Scope.READ), CHANNEL, name)
        only(request)
        async with transaction(pool) as connection:
            if await outlets.find_outlet(connection, called) is None:
                raise WebhookRefused
            rows = await outlets.list_unsent(connection, name=called)
        return Unsent(deliveries=[shown_unsent(row) for row in rows]).model_dump(mode="json", by_alias=True)

    async def post_secret(request: Request, name: PartySlug) -> Any:
        called = OutletName(await deciding(request), CHANNEL, name)
        only(request)
        now = await clock.now()
        async with transaction(pool) as connection:
            secret, until = await new_secret(connection, called, now)
        return NewSecret(secret=secret, old_valid_until=until).model_dump(mode="json", by_alias=True)

    async def post_resend(request: Request, name: PartySlug) -> Any:
        called = OutletName(await deciding(request), CHANNEL, name)
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
        summary="Wat nam uw webhook niet aan? De duizend oudste",
        response_model=None,
        responses=answers(Unsent) | _REFUSED,
    )
    app.add_api_route(
        f"{_PATH}/secrets",
        post_secret,
        methods=["POST"],
        summary="Maak een nieuw geheim; het vorige geldt nog een dag",
        response_model=None,
        responses=answers(NewSecret) | _REFUSED,
    )
    app.add_api_route(
        f"{_PATH}/resends",
        post_resend,
        methods=["POST"],
        summary="Stuur opnieuw wat niet is aangenomen, of alles sinds een moment",
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
        raise WebhookRefused(problems_of(error)) from None


def _shown(row: Any) -> ShownWebhook:
    return ShownWebhook(
        name=row.name,
        url=row.target["url"],
        mode=row.target["mode"],
        state=row.state,
        stopped_why=row.stopped_why,
        per_minute=row.rate,
        failing_since=row.failing_since,
        last_error=row.last_error,
        taken_at=row.taken_at,
        next_at=row.due_at,
        waiting=row.waiting,
        given_up=row.given_up,
    )


def shown_unsent(row: Any) -> ShownUnsent:
    """A delivery that was not taken, as its receiver reads it."""
    return ShownUnsent(
        deliveryid=row.delivery_key,
        attempts=row.attempts,
        first_at=row.first_at,
        next_at=None if row.is_given_up else row.due_at,
        last_error=row.last_error,
    )
