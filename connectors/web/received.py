"""Where a person sees what its party received: the latest first, and what each says."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.routing import Route

from connectors.web.people import RECEIVED, People
from connectors.web.states import State, Tone
from connectors.web.visit import PageNotFound
from hub.identity.signing_in import Person
from hub.outlets.cursors import Cursors, CursorUnknown
from hub.outlets.handing import Handed, deliveries_before, delivery_of
from hub.rules.clearance import highest
from hub.rules.handing import LAPSE
from hub.store.clock import find_scenario_time
from hub.store.database import transaction
from hub.store.deliveries.received import Got, got
from hub.store.deliveries.stream import Place, number_planned
from hub.store.ledger.accesses import readings
from hub.store.ledger.records import Entry, record
from hub.words import wording
from hub.words.facts import facts
from schemas.catalogue import Event, parse
from schemas.envelope import is_exercise
from schemas.terms import Tlp

WAY = "page"
_MOST = 25
_STATES = {
    Got.RECEIVED: State("bezorgd", Tone.DONE),
    Got.UNDER_WAY: State("onderweg", Tone.WAITING),
    Got.MISSED: State("niet per mail", Tone.STOPPED),
}


class _Line(NamedTuple):
    """A delivery as a person reads it."""

    handed: Handed
    event: Event
    kind: str
    is_exercise: bool
    state: State


class _Received:
    def __init__(self, people: People, pool: AsyncEngine):
        self._people = people
        self._pool = pool
        self._cursors = Cursors(pool)

    async def list(self, request: Request, person: Person) -> Response:
        before = await self._place(request.query_params.get("voor"))
        await self._people.turn_of(request).of(person.party)
        await number_planned(self._pool)
        async with transaction(self._pool) as connection:
            found = await deliveries_before(connection, person.party, before, person.register, _MOST)
            lines = await _lines(connection, person.party, found.handed)
            await _record(connection, request, person, found.handed)
        return self._people.page(
            "received.html",
            person=person,
            section="ontvangen",
            path=RECEIVED,
            register=person.register,
            lines=lines,
            is_first=before is None,
            next=None if found.is_end else await self._cursors.write(found.reached),
        )

    async def show(self, request: Request, person: Person) -> Response:
        try:
            key = UUID(request.path_params["event_key"])
        except ValueError:
            raise PageNotFound from None
        await self._people.turn_of(request).of(person.party)
        async with transaction(self._pool) as connection:
            handed = await delivery_of(connection, person.party, key, person.register)
            if handed is None:
                raise PageNotFound
            (line,) = await _lines(connection, person.party, [handed])
            await _record(connection, request, person, [handed])
        return self._people.page(
            "received_event.html",
            person=person,
            section="ontvangen",
            path=request.url.path,
            register=person.register,
            line=line,
            facts=facts(line.event, person.register),
            why=wording.why(handed.reasons, person.register),
        )

    async def _place(self, cursor: str | None) -> Place | None:
        try:
            return await self._cursors.place(cursor) if cursor else None
        except CursorUnknown:
            raise PageNotFound from None


def received_routes(people: People, pool: AsyncEngine) -> list[Route]:
    """The list, and each delivery in it."""
    pages = _Received(people, pool)
    return [
        Route(RECEIVED, people.signed_in(pages.list), methods=["GET"]),
        Route(f"{RECEIVED}/{{event_key}}", people.signed_in(pages.show), methods=["GET"]),
    ]


async def _lines(connection: AsyncConnection, party: str, found: Sequence[Handed]) -> list[_Line]:
    states = await got(connection, party, [(one.event_key, one.channel) for one in found])
    return [
        _Line(one, event, _kind(one, event), is_exercise(event.source), _STATES[states[one.key]])
        for one in found
        for event in (parse(one.event),)
    ]


def _kind(one: Handed, event: Event) -> str:
    return "Antwoord geldt niet meer" if one.channel == LAPSE else wording.type_name(event)


async def _record(
    connection: AsyncConnection, request: Request, person: Person, found: Sequence[Handed]
) -> None:
    """Who knows what stands in the ledger, and so does each look above the open label; or it is not shown."""
    now = await find_scenario_time(connection) or datetime.now(UTC)
    records = readings(WAY, person.party, [one.event_key for one in found], now)
    tlp = highest(one.event["tlp"] for one in found)
    if tlp is not Tlp.CLEAR:
        key = found[0].event_key if len(found) == 1 else None
        said = {"by": person.party, "path": request.url.path, "tlp": str(tlp)}
        records.append(Entry("page-seen", (uuid4(),), key, now, said))
    await record(connection, records)
