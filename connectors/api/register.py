"""The register over HTTP: who is what, where and when, for every party."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api.caller import ApiRefused, caller, only
from hub.register.model import Party
from hub.rules.moments import dutch_day
from hub.rules.responsible import roles_in
from hub.store.clock import Clock
from hub.store.registers import Registers
from schemas.terms import AreaCode, Day, FunctionSlug, PartySlug

_VALID_ON = Query(alias="validOn", description="De dag waarop het moet gelden; anders vandaag.")


def add_register(app: FastAPI, pool: AsyncEngine, registers: Registers, clock: Clock) -> None:
    """Adds the register to the app."""

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

    for path, method, endpoint, summary in (
        (
            "responsibilities",
            "GET",
            get_responsibilities,
            "Wie heeft welke rol voor een functie?",
        ),
        ("parties/{slug}", "GET", get_party, "Een partij en haar rollen"),
    ):
        app.add_api_route(
            f"/v1/{path}",
            endpoint,
            methods=[method],
            summary=summary,
            response_model=None,
            status_code=HTTPStatus.OK,
        )


def _shown(party: Party) -> Mapping[str, Any]:
    """What every party may know of another: not its clearance."""
    return {"slug": party.slug, "name": party.name, "kind": party.kind, "areas": list(party.areas)}
