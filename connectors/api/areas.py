"""The areas of the register over HTTP: what lies in what, and what became of what ended."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request

from connectors.api.answers import AreaInTime, Areas
from connectors.api.asof import ValidOn, as_of
from connectors.api.caller import caller, only
from connectors.api.paging import Page, paged
from connectors.api.problems import answers, may_fail
from hub.register.history import Kind
from hub.register.model import AreaFacts, Register
from hub.rules.scopes import Scope
from hub.store.clock import Clock
from hub.store.register.registers import Registers
from schemas.terms import AreaCode


def add_areas(app: FastAPI, registers: Registers, clock: Clock) -> None:
    """Adds the areas to the app."""

    async def get_areas(
        request: Request, within: AreaCode | None = None, page: Page = 1, valid_on: ValidOn = None
    ) -> Any:
        await caller(request, Scope.READ)
        only(request, "within", "page", "validOn")
        then = await as_of(valid_on, registers, clock)
        if within is not None:
            then.must_know(within)
        inside = then.register.municipalities(within) if within else frozenset()
        found = [
            {"code": code, "name": area.name, "within": list(area.within)}
            for code, area in sorted(then.register.areas.items())
            if within is None or (code != within and frozenset() < area.municipalities <= inside)
        ]
        return {**then.told, **paged("areas", found, page)}

    async def get_area(request: Request, code: AreaCode, valid_on: ValidOn = None) -> Any:
        await caller(request, Scope.READ)
        only(request, "validOn")
        then = await as_of(valid_on, registers, clock)
        then.must_know(code)
        entries = [e for e in then.history.of_kind(Kind.AREA) if e.key == code and e.since <= then.day]
        entry = entries[-1]
        assert isinstance(entry.facts, AreaFacts)  # noqa: S101 - the kind says so
        present = then.register.areas.get(code)
        return {
            "code": code,
            "name": entry.facts.name,
            "within": list(entry.facts.within),
            "consistsOf": sorted(present.municipalities - {code}) if present else [],
            "validFrom": entry.since.isoformat(),
            "validUntil": entry.until.isoformat() if entry.until else None,
            "successors": list(entry.facts.successors),
            **then.told,
        }

    app.add_api_route(
        "/v1/areas",
        get_areas,
        methods=["GET"],
        summary="Gebieden, op code, per bladzijde",
        response_model=None,
        responses=answers(Areas) | may_fail(HTTPStatus.NOT_FOUND),
    )
    app.add_api_route(
        "/v1/areas/{code}",
        get_area,
        methods=["GET"],
        summary="Een gebied: waar het in ligt, waar het uit bestaat, en hoe lang het geldt; 'validUntil' is "
        "de eerste dag zonder",
        response_model=None,
        responses=answers(AreaInTime) | may_fail(HTTPStatus.NOT_FOUND),
    )


def area_ended(code: str, register: Register) -> Mapping[str, Any]:
    """What an answer about this area says when it has ended."""
    former = register.former.get(code)
    if former is None or not isinstance(former.facts, AreaFacts):
        return {}
    return {"areaEnded": {"on": former.until.isoformat(), "successors": list(former.facts.successors)}}
