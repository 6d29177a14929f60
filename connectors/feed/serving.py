"""Feeds over HTTP. The token in the address says whose feed it is, and gives nothing but reading."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, NamedTuple

from fastapi import FastAPI, Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.feed import bottlenecks, works
from connectors.feed.atom import atom
from connectors.feed.sheets import as_csv, as_geojson
from hub.open_bottlenecks import OpenBottleneck, find_open_bottlenecks
from hub.outlets.handing import Handed, entries, newest_deliveries
from hub.register.model import Register
from hub.rules.clearance import highest
from hub.rules.identity import derived_key
from hub.settings import Settings
from hub.store.access.tokens import find_party_of_feed
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.deliveries.stream import number_planned
from hub.store.ledger.accesses import Access, readings, record_reading
from hub.store.ledger.records import Entry, record
from hub.store.register.registers import Registers
from hub.words import wording
from hub.works import Work, find_measures, find_stress_tests
from schemas.terms import FunctionSlug

WAY = "feed"
_MOST = 100
_Token = Annotated[str, Path(max_length=100)]
_NEVER_KEPT = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"}


class _Asked(Exception):
    """The address asks what is not there; the answer says what to do."""

    def __init__(self, status: HTTPStatus, words: str):
        self.response = Response(f"{words}\n", status, _NEVER_KEPT, "text/plain; charset=utf-8")


class _Kind(NamedTuple):
    """What stands in sheets and on maps: its name in the address and of the file, how it is found and told,
    its functions, and the records of who read it."""

    name: str
    file: str
    find: Callable[..., Awaitable[list[Any]]]
    columns: Sequence[str]
    row: Callable[[Any, Register], dict[str, Any]]
    functions: Callable[[Any], Sequence[str]]
    seen: Callable[[str, Any, Register, datetime], Iterable[Entry]]


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

    async def found_in(request: Request, token: str, kind: _Kind, form: str) -> list[dict[str, Any]]:
        register, now = await registers.newest(), await clock.now()
        function, area = _filters(request, register)
        party = await reader(request, token)
        async with transaction(pool) as connection:
            found = await _found(connection, party, kind, (function, area), register)
            rows = [kind.row(one, register) for one in found]
            await record(connection, [seen for one in found for seen in kind.seen(party, one, register, now)])
            tlp = highest(row["tlp"] for row in rows)
            access = Access(party, f"{kind.name}-{form}", tlp, dict(request.query_params))
            await record_reading(connection, access, [one.event_key for one in found], now)
        return rows

    def add(kind: _Kind) -> None:
        async def get_csv(request: Request, token: _Token) -> Response:
            rows = await found_in(request, token, kind, "csv")
            told = {"Content-Disposition": f'attachment; filename="{kind.file}.csv"'}
            content = as_csv(kind.columns, rows)
            return Response(content, headers={**_NEVER_KEPT, **told}, media_type="text/csv")

        async def get_geojson(request: Request, token: _Token) -> Response:
            content = as_geojson(await found_in(request, token, kind, "geojson"))
            return Response(content, headers=_NEVER_KEPT, media_type="application/geo+json")

        for form, endpoint in (("csv", get_csv), ("geojson", get_geojson)):
            path = f"/feeds/{{token}}/{kind.name}-{form}"
            app.add_api_route(path, endpoint, methods=["GET"], include_in_schema=False)

    @app.exception_handler(_Asked)
    async def on_asked(_: Request, error: _Asked) -> Response:
        return error.response

    app.add_api_route("/feeds/{token}/atom", get_atom, methods=["GET"], include_in_schema=False)
    for kind in _KINDS:
        add(kind)


async def _found(
    connection: AsyncConnection,
    party: str,
    kind: _Kind,
    asked: tuple[str | None, str | None],
    register: Register,
) -> list[Any]:
    function, area = asked
    own = register.parties[party].areas if party in register.parties else ()
    areas = (area,) if area else own or None
    found = await kind.find(connection, party, areas, register)
    return [one for one in found if function is None or function in kind.functions(one)]


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


def _bottleneck_seen(party: str, one: OpenBottleneck, register: Register, now: datetime) -> Iterable[Entry]:
    facts = {"party": party, "channel": "bottlenecks", "register": register.version}
    return [Entry("bottleneck-read", (one.event_key, party), one.event_key, now, facts)]


def _work_seen(party: str, one: Work, register: Register, now: datetime) -> Iterable[Entry]:
    return readings(WAY, party, one.seen, now)


_KINDS = (
    _Kind(
        "bottlenecks",
        "knelpunten",
        find_open_bottlenecks,
        bottlenecks.COLUMNS,
        bottlenecks.row,
        lambda one: one.found.functions,
        _bottleneck_seen,
    ),
    _Kind(
        "stress-tests",
        "stresstests",
        find_stress_tests,
        works.STRESS_TEST_COLUMNS,
        works.stress_test_row,
        lambda one: one.event.functions,
        _work_seen,
    ),
    _Kind(
        "measures",
        "maatregelen",
        find_measures,
        works.MEASURE_COLUMNS,
        works.measure_row,
        lambda one: one.event.functions,
        _work_seen,
    ),
)
