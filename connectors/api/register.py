"""The register over HTTP, for every party: who is what, where and when."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request

from connectors.api.answers import Dependencies, Functions, Parties, PartyWithRoles, Responsibilities
from connectors.api.areas import area_ended
from connectors.api.asof import ValidOn, as_of
from connectors.api.caller import caller, only
from connectors.api.paging import Page, paged
from connectors.api.problems import answers, may_fail
from connectors.api.refused import ApiRefused
from hub.register.kinds import PartyKind
from hub.register.model import Party
from hub.rules.responsible import roles_in
from hub.rules.scopes import Scope
from hub.store.clock import Clock
from hub.store.register.registers import Registers
from schemas.terms import AreaCode, FunctionSlug, PartySlug


def add_register(app: FastAPI, registers: Registers, clock: Clock) -> None:
    """Adds parties, roles, functions and dependencies to the app."""

    async def get_responsibilities(
        request: Request, function: FunctionSlug, area: AreaCode, valid_on: ValidOn = None
    ) -> Any:
        await caller(request, Scope.READ)
        only(request, "function", "area", "validOn")
        then = await as_of(valid_on, registers, clock)
        then.must_know(area)
        held = roles_in(function, area, then.register)
        return {
            "function": function,
            "area": area,
            **area_ended(area, then.register),
            **then.told,
            "responsibilities": [
                {"role": one.kind, "through": one.area, "party": _shown(then.register.parties[one.party])}
                for one in held
            ],
        }

    async def get_parties(
        request: Request,
        kind: PartyKind | None = None,
        function: FunctionSlug | None = None,
        area: AreaCode | None = None,
        page: Page = 1,
        valid_on: ValidOn = None,
    ) -> Any:
        await caller(request, Scope.READ)
        only(request, "kind", "function", "area", "page", "validOn")
        then = await as_of(valid_on, registers, clock)
        if area is not None:
            then.must_know(area)
        having = {role.party for role in then.register.roles if role.function == function}
        found = [
            _shown(party)
            for slug, party in sorted(then.register.parties.items())
            if (kind is None or party.kind is kind)
            and (function is None or slug in having)
            and (area is None or then.register.meeting_area(party.areas, [area]))
        ]
        return {**then.told, **paged("parties", found, page)}

    async def get_party(request: Request, slug: PartySlug, valid_on: ValidOn = None) -> Any:
        asks = await caller(request, Scope.READ)
        only(request, "validOn")
        then = await as_of(valid_on, registers, clock)
        party = then.register.parties.get(slug)
        if party is None:
            detail = f"'{slug}' bestaat niet op {then.day}."
            raise ApiRefused(HTTPStatus.NOT_FOUND, "party", "Deze partij kennen wij niet", detail)
        roles = [role for role in then.register.roles if role.party == slug]
        return {
            **_shown(party),
            **({"mailbox": party.mailbox, "clearance": party.clearance} if slug == asks else {}),
            **then.told,
            "roles": [{"function": role.function, "role": role.kind} for role in roles],
        }

    async def get_functions(request: Request, valid_on: ValidOn = None) -> Any:
        await caller(request, Scope.READ)
        only(request, "validOn")
        then = await as_of(valid_on, registers, clock)
        functions = [
            {
                "slug": one.slug,
                "number": one.number,
                "name": one.name_nl,
                "nameEn": one.name_en,
                "coreTeam": one.core_team,
                "coordinator": one.coordinator_nl,
            }
            for one in then.register.functions.values()
        ]
        return {**then.told, "functions": functions}

    async def get_dependencies(request: Request, valid_on: ValidOn = None) -> Any:
        await caller(request, Scope.READ)
        only(request, "validOn")
        then = await as_of(valid_on, registers, clock)
        dependencies = [
            {
                "from": one.from_function,
                "to": one.to_function,
                "strength": one.strength,
                "origin": one.origin,
            }
            for one in then.register.dependencies
        ]
        return {**then.told, "dependencies": dependencies}

    for path, endpoint, summary, model in (
        (
            "responsibilities",
            get_responsibilities,
            "Wie heeft welke rol voor een functie?",
            Responsibilities,
        ),
        ("parties", get_parties, "Partijen, op korte naam, per bladzijde", Parties),
        ("parties/{slug}", get_party, "Een partij en haar rollen", PartyWithRoles),
        ("functions", get_functions, "De functies, hun kernteam en hun coördinatie", Functions),
        ("dependencies", get_dependencies, "Welke functie hangt van welke af?", Dependencies),
    ):
        app.add_api_route(
            f"/v1/{path}",
            endpoint,
            methods=["GET"],
            summary=summary,
            response_model=None,
            responses=answers(model) | may_fail(HTTPStatus.NOT_FOUND),
        )


def _shown(party: Party) -> Mapping[str, Any]:
    """What every party may know of another: not its clearance."""
    return {"slug": party.slug, "name": party.name, "kind": party.kind, "areas": list(party.areas)}
