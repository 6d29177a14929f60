"""Events: the list with filters, and all that came of one."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.web.alike import alike_to
from connectors.web.filters import event_filter, parties_named
from connectors.web.lines import shown_lines
from connectors.web.paging import paging
from connectors.web.states import State, of_delivery, of_request, of_way
from connectors.web.visit import PageNotFound, Visit
from connectors.web.words import MODES
from hub.register.model import Register
from hub.rules.explaining import Explained, explained_for
from hub.rules.relations import Reason
from hub.rules.throttle.standing import Leaves, leaves
from hub.store.clock import find_scenario_time
from hub.store.throttle.lines import find_standing
from hub.store.views import events as store
from hub.store.views.states import states_of
from hub.words import wording
from hub.words.facts import facts
from schemas.catalogue import CATALOGUE, Event, parse
from schemas.envelope import is_exercise
from schemas.terms import Tlp

_RELATED = 20


async def show_events(visit: Visit) -> str:
    """The events that the filter asks for, newest first."""
    wanted, notices = event_filter(visit.query, visit.register)
    page = paging(visit.query, await store.count_events(visit.connection, wanted))
    rows = await store.list_events(visit.connection, wanted, page.size, page.skip)
    return visit.render(
        "events.html",
        events=shown_lines(rows, visit),
        page=page,
        notices=notices,
        functions=[(facts.slug, facts.name_nl) for facts in visit.register.functions.values()],
        types=[(row.short, row.name_nl) for row in CATALOGUE],
        labels=[(label, f"TLP:{label}") for label in Tlp],
    )


async def show_event(visit: Visit) -> str:
    """One event: what it says, who receives it and why, what it asks, and its place in the ledger."""
    key, connection, register = visit.key("event_key"), visit.connection, visit.register
    row = await store.find_event(connection, key)
    if row is None:
        raise PageNotFound
    event = parse(row.content)
    visit.look(event.tlp, key)
    page = paging(visit.query, await store.count_deliveries(connection, key), 100)
    deliveries = await store.deliveries_of_event(connection, key, page.size, page.skip)
    requests = await store.requests_of_event(connection, key)
    systems: dict[str, list[tuple[str, State]]] = {}
    for one in await states_of(connection, key):
        if one.way not in ("mail", "bundle"):
            systems.setdefault(one.party, []).append((wording.way_name(one.way), of_way(one)))
    related = await store.events_of_subject(connection, row.subject, key, _RELATED)
    return visit.render(
        "event.html",
        event=event,
        is_exercise=is_exercise(event.source),
        row=row,
        title=wording.title(event),
        facts=facts(event, register),
        related=shown_lines(related, visit),
        page=page,
        deliveries=[_delivery(delivery, register) for delivery in deliveries],
        systems=systems,
        requests=[await _request(connection, request) for request in requests],
        explained=await _explained(visit, event, row, requests),
        alike=await alike_to(visit, event, row),
        records=_records(await store.ledger_of_event(connection, key)),
    )


class _Explained(NamedTuple):
    """Why one party receives the event or not, by this version of the register; `text` is a sentence."""

    party: str | None
    text: str
    version: int | None


async def _explained(visit: Visit, event: Event, row: Any, requests: Sequence[Any]) -> _Explained | None:
    """The answer to the visitor who asks why a party does or does not receive this event: what was decided,
    and only for a party that nothing was decided for what the rules say."""
    asked = visit.query.get("waarom", "").strip()
    if not asked:
        return None
    then = await visit.registers.of_version(visit.connection, row.register_version)
    parties = parties_named(asked, then) or parties_named(asked, visit.register)
    if len(parties) != 1:
        found = "geen partij" if not parties else f"{len(parties)} partijen"
        text = f"Wij vinden {found} met deze naam. Vul de korte naam in, zoals gm0935."
        return _Explained(None, text, None)
    slug = parties[0].slug
    for delivery in await store.deliveries_of_event(visit.connection, row.event_key, party=slug):
        decided = await visit.registers.of_version(visit.connection, delivery.register_version)
        return _Explained(slug, _decided(_delivery(delivery, decided)), decided.version)
    for request in requests:
        if request.operator == slug:
            how = "niet" if request.state == "withheld" else "via de bundel"
            return _Explained(slug, f"{how}: {wording.REQUEST_STATES[request.state]}", then.version)
    return _Explained(slug, _undecided(explained_for(slug, event, then), then), then.version)


def _decided(delivery: "_Delivery") -> str:
    if delivery.row.withheld is not None:
        return f"niet: tegengehouden, {delivery.state.detail}. Het zou gaan om: {delivery.why}"
    return f"wel, {MODES[delivery.mode]}: {delivery.why}. Stand: {delivery.state.text}"


def _undecided(one: Explained, register: Register) -> str:
    why = wording.why(one.reasons, register)
    if one.why_not is None:
        return f"niet, al zou dat met de regels van nu wel zo zijn: {why}"
    return f"niet: {wording.WHY_NOT[one.why_not]}" + (f" ({why})" if why else "")


class _Delivery(NamedTuple):
    party: str
    mode: str
    state: State
    why: str
    row: Any


def _delivery(row: Any, register: Register) -> _Delivery:
    reasons = [Reason(*reason) for reason in row.reasons]
    return _Delivery(row.party, row.mode, of_delivery(row), wording.why(reasons, register), row)


class _Request(NamedTuple):
    operator: str
    state: State
    leaves: Leaves | None
    others: Sequence[str]
    row: Any


async def _request(connection: AsyncConnection, row: Any) -> _Request:
    others = [asker for asker in row.askers if asker != row.asker]
    when = None
    if row.state == "waiting":
        now = await find_scenario_time(connection) or datetime.now(UTC)
        when = leaves(await find_standing(connection, row.operator, now), row.item_key, row.asker)
    return _Request(row.operator, of_request(row.state), when, others, row)


class _Record(NamedTuple):
    number: int | None
    kind: str
    at: datetime
    leaf: str


def _records(rows: Sequence[Any]) -> list[_Record]:
    return [
        _Record(
            row.number,
            row.kind,
            datetime.fromisoformat(json.loads(row.record)["at"]),
            bytes(row.leaf_hash).hex()[:16],
        )
        for row in rows
        if row.kind != "page-seen"
    ]
