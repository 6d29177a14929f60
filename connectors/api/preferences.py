"""What one wants of one's mail, over HTTP: the same choices as behind the links in mails."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api.answers import Answer
from connectors.api.caller import deciding, only, participant
from connectors.api.problems import answers, may_fail
from connectors.api.refused import ApiRefused
from connectors.api.written import json_body
from hub.rules import preferences as rules
from hub.rules.preferences import Preferences
from hub.rules.scopes import Scope
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.mail.preferences import Confirm, TooManyChanges, change_preferences, preferences_of
from hub.store.register.registers import Registers
from schemas.problems import Problem, problems_of

_PATH = "/v1/preferences"
_MOST_BYTES = 16 * 1024
_Kinds = Annotated[list[str], Field(max_length=100)]


class WantedMail(BaseModel):
    """What a party wants of its mail; what is left out is as usual. `weekdays`: of its digest, 0 is Monday;
    `stopped`, `atOnce` and `inDigest`: kinds of events, and `digest` itself may be stopped; `least`: how
    urgent an event must be; `language`: of its mail, nl or en; `deputy`: another mailbox of the
    party, that reads its mail too while away."""

    model_config = ConfigDict(extra="forbid", strict=True)

    weekdays: Annotated[list[int], Field(max_length=7)] = list(rules.USUAL.weekdays)
    hour: int = rules.USUAL.hour
    workingDays: bool = rules.USUAL.working_days  # noqa: N815 - as it stands in JSON
    stopped: _Kinds = []
    atOnce: _Kinds = []  # noqa: N815
    inDigest: _Kinds = []  # noqa: N815
    functions: Annotated[list[str], Field(max_length=14)] = []
    areas: Annotated[list[str], Field(max_length=rules.MOST_AREAS)] = []
    least: str = rules.USUAL.least
    language: str = rules.USUAL.language
    awayFrom: Annotated[date | None, Field(strict=False)] = None  # noqa: N815
    awayUntil: Annotated[date | None, Field(strict=False)] = None  # noqa: N815
    deputy: str | None = None


class ShownPreferences(Answer):
    """What a party wants of its mail. `mandatory`: the kinds of events that it is mailed in any case; so is
    all that is addressed to it by name."""

    weekdays: list[int]
    hour: int
    working_days: bool
    stopped: list[str]
    at_once: list[str]
    in_digest: list[str]
    functions: list[str]
    areas: list[str]
    least: str
    language: str
    away_from: date | None
    away_until: date | None
    deputy: str | None
    mandatory: list[str]


def add_preferences(
    app: FastAPI, pool: AsyncEngine, registers: Registers, clock: Clock, confirm: Confirm
) -> None:
    """Adds what the caller wants of its mail to the app."""

    async def get_preferences(request: Request) -> Any:
        party = await participant(request, Scope.READ)
        only(request)
        async with transaction(pool) as connection:
            return _shown(await preferences_of(connection, party))

    async def put_preferences(request: Request) -> Any:
        party = await deciding(request)
        only(request)
        chosen = _read(await json_body(request, _MOST_BYTES))
        register = await registers.newest()
        if wrong := list(rules.problems(chosen, party, register)):
            raise _refused(wrong)
        now = await clock.now()
        async with transaction(pool) as connection:
            try:
                changed = await change_preferences(connection, party, lambda _: chosen, "api", now)
            except TooManyChanges as error:
                raise ApiRefused(
                    HTTPStatus.TOO_MANY_REQUESTS, "preferences", "Te vaak veranderd", str(error)
                ) from None
            await confirm(connection, party, changed, register, now)
        return _shown(changed.wanted)

    app.add_api_route(
        _PATH,
        get_preferences,
        methods=["GET"],
        summary="Wat u van uw mail wilt",
        response_model=None,
        responses=answers(ShownPreferences) | may_fail(HTTPStatus.FORBIDDEN),
    )
    app.add_api_route(
        _PATH,
        put_preferences,
        methods=["PUT"],
        summary="Kies welke mail u krijgt, hoe en wanneer",
        response_model=None,
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/WantedMail"}}},
            }
        },
        responses=answers(ShownPreferences)
        | may_fail(
            HTTPStatus.FORBIDDEN,
            HTTPStatus.REQUEST_TIMEOUT,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.TOO_MANY_REQUESTS,
        ),
    )


def _read(written: Any) -> Preferences:
    try:
        wanted = WantedMail.model_validate(written)
    except ValidationError as error:
        raise _refused(problems_of(error)) from None
    return Preferences(
        weekdays=tuple(sorted(set(wanted.weekdays))),
        hour=wanted.hour,
        working_days=wanted.workingDays,
        stopped=tuple(sorted(set(wanted.stopped))),
        away_from=wanted.awayFrom,
        away_until=wanted.awayUntil,
        deputy=wanted.deputy,
        at_once=tuple(sorted(set(wanted.atOnce))),
        digested=tuple(sorted(set(wanted.inDigest))),
        functions=tuple(wanted.functions),
        areas=tuple(wanted.areas),
        least=wanted.least,
        language=wanted.language,
    )


def _refused(problems: list[Problem]) -> ApiRefused:
    detail = "Er is niets veranderd. Verbeter wat hieronder staat."
    return ApiRefused(
        HTTPStatus.UNPROCESSABLE_ENTITY, "preferences", "Deze keuze kan niet", detail, problems=problems
    )


def _shown(wanted: Preferences) -> dict[str, Any]:
    named = {**wanted._asdict(), "in_digest": wanted.digested, "mandatory": rules.MANDATORY}
    shown = ShownPreferences.model_validate(
        {n: list(v) if isinstance(v, tuple) else v for n, v in named.items()}
    )
    return shown.model_dump(mode="json", by_alias=True)
