"""Feeds over HTTP. The token in the address says whose feed it is, and gives nothing but reading."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.feed.atom import atom
from connectors.feed.bottlenecks import as_csv, as_geojson
from hub import wording
from hub.handing import Handed, entries, newest_deliveries
from hub.open_bottlenecks import OpenBottleneck, find_open_bottlenecks
from hub.register.model import Register
from hub.rules.clearance import highest
from hub.rules.identity import derived_key
from hub.settings import Settings
from hub.store.accesses import Access, record_reading
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.ledgers import Entry, record
from hub.store.registers import Registers
from hub.store.stream import number_planned
from hub.store.tokens import find_party_of_feed
from schemas.terms import FunctionSlug

WAY = "feed"
_MOST = 100
_Token = Annotated[str, Path(max_length=100)]
_NEVER_KEPT = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"}


class _Asked(Exception):
    """The address asks what is not there; the answer says what to do."""

    def __init__(self, status: HTTPStatus, words: str):
        self.response = Response(f"{words}\n", status, _NEVER_KEPT, "text/plain; charset=utf-8")


Enter = Callable[[Request, str], Awaitable[None]]
"""Holds a call to the limits of a party, and waits for its turn."""


def add_feeds(
    app: FastAPI, settings: Settings, pool: AsyncEngine, registers: Registers, clock: Clock, enter: Enter
) -> None:
    """Adds the feeds to the app."""

    async def reader(request: Request, token: str) -> str:
        async with transaction(pool) as connection:
            party = await _party(connection, token)
        await enter(request, party)
        return party

    async def get_atom(request: Request, token: _Token) -> Response:
        register, now = await registers.newest(), await clock.now()
        function, area = _filters(request, register)
        party = await reader(request, token)
        await number_planned(pool)
        async with transaction(pool) as connection:
            found = await newest_deliveries(
                connection, party, function, _meeting(area, register), register, _MOST
            )
            await record(connection, entries(WAY, party, found, register, now))
            handed = [one for one in found if isinstance(one, Handed)]
            access = Access(
                party, "atom", highest(one.event["tlp"] for one in handed), dict(request.query_params)
            )
            await record_reading(connection, access, [one.key for one in handed], now)
        about = [wording.party_name(party, register)]
        about += [wording.function_name(function, register)] if function else []
        about += [wording.area_name(area, register)] if area else []
        title = f"Kernhub: {', '.join(about)}"
        name = str(derived_key("feed", party, function or "", area or ""))
        content = atom(name, title, handed, settings.public_url.rstrip("/"), register, now)
        return Response(content, headers=_NEVER_KEPT, media_type="application/atom+xml")

    async def get_csv(request: Request, token: _Token) -> Response:
        register, found = await bottlenecks(request, token, "bottlenecks-csv")
        headers = {**_NEVER_KEPT, "Content-Disposition": 'attachment; filename="knelpunten.csv"'}
        return Response(as_csv(found, register), headers=headers, media_type="text/csv")

    async def get_geojson(request: Request, token: _Token) -> Response:
        register, found = await bottlenecks(request, token, "bottlenecks-geojson")
        return Response(as_geojson(found, register), headers=_NEVER_KEPT, media_type="application/geo+json")

    async def bottlenecks(request: Request, token: str, what: str) -> tuple[Register, list[OpenBottleneck]]:
        register, now = await registers.newest(), await clock.now()
        function, area = _filters(request, register)
        party = await reader(request, token)
        async with transaction(pool) as connection:
            own = register.parties[party].areas if party in register.parties else ()
            areas = (area,) if area else own or None
            found = await find_open_bottlenecks(connection, party, areas, register)
            shown = [one for one in found if function is None or function in one.found.functions]
            keys = [one.event_key for one in shown]
            await record(connection, [_seen(party, key, register, now) for key in keys])
            tlp = highest(label for one in shown for label in (one.found.tlp, one.now.tlp))
            access = Access(party, what, tlp, dict(request.query_params))
            await record_reading(connection, access, keys, now)
        return register, shown

    @app.exception_handler(_Asked)
    async def on_asked(_: Request, error: _Asked) -> Response:
        return error.response

    for name, endpoint in (
        ("atom", get_atom),
        ("bottlenecks-csv", get_csv),
        ("bottlenecks-geojson", get_geojson),
    ):
        app.add_api_route(f"/feeds/{{token}}/{name}", endpoint, methods=["GET"], include_in_schema=False)


async def _party(connection: AsyncConnection, token: str) -> str:
    if party := await find_party_of_feed(connection, token):
        return party
    raise _Asked(HTTPStatus.NOT_FOUND, "Dit adres is er niet meer. Maak een nieuw: POST /v1/feed-addresses.")


def _filters(request: Request, register: Register) -> tuple[str | None, str | None]:
    asked = request.query_params
    if unknown := set(asked) - {"function", "area"}:
        raise _Asked(HTTPStatus.BAD_REQUEST, f"Alleen function en area mogen, niet {sorted(unknown)!a}")
    function, area = asked.get("function"), asked.get("area")
    if function is not None and function not in set(FunctionSlug):
        raise _Asked(HTTPStatus.BAD_REQUEST, f"function is een van: {', '.join(FunctionSlug)}")
    if area is not None and area not in register.areas:
        raise _Asked(HTTPStatus.BAD_REQUEST, "area is de code van een gebied in het register, zoals GM0935")
    return function, area


def _meeting(area: str | None, register: Register) -> list[str] | None:
    """The areas that share a municipality with this one."""
    return [code for code in register.areas if register.meet(area, code)] if area else None


def _seen(party: str, key: UUID, register: Register, now: datetime) -> Entry:
    facts = {"party": party, "channel": "bottlenecks", "register": register.version}
    return Entry("bottleneck-read", (key, party), key, now, facts)
