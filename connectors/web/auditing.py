"""What an auditor asks, as pages. Each answer names the record that proves it; that it was asked is one."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import uuid4

from connectors.web.visit import PageNotFound, Visit
from connectors.web.words import RECORD_KINDS, way_told
from hub.ledger.seers import seers_of
from hub.rules.moments import AMSTERDAM, midnight
from hub.store.clock import find_scenario_time
from hub.store.ledger.records import Entry, record
from hub.store.views import audit
from hub.store.views import events as store
from hub.store.views.asides import asides_of
from hub.store.views.asked import asked_of
from hub.store.views.audit import Period
from hub.store.views.gotten import Cursor, received_by
from hub.store.views.knowing import by_when, knew_of
from hub.words import wording
from schemas.catalogue import parse
from schemas.envelope import is_exercise
from schemas.terms import of_our_time

_MOST_TOLD = 300


class Line(NamedTuple):
    """A record in the life of an event."""

    number: int | None
    at: datetime
    kind: str
    said: str


async def show_questions(visit: Visit) -> str:
    """Where an auditor says what to look for."""
    return visit.render("audit.html", functions=_functions(visit))


async def show_life(visit: Visit) -> str:
    """An event: its records, who knew at a moment, who could see it then, and who looked at it here."""
    key, connection = visit.key("event_key"), visit.connection
    row = await store.find_event(connection, key)
    if row is None:
        raise PageNotFound
    event = parse(row.content)
    asked_at = _moment(visit.query.get("op", ""))
    after, wist, zag = (visit.query.get(name, "") for name in ("na", "wist", "zag"))
    now = await _asked(visit, at=asked_at, further=bool(after or wist or zag))
    asked_at = min(asked_at, now) if asked_at else None
    visit.look(event.tlp, key)
    at = asked_at or now
    start = int(after) if after.isdecimal() and len(after) < 16 else None
    records = await audit.life_of(connection, key, start, audit.PER_PAGE)
    asides = await asides_of(connection, key) if start is None else []
    knew = [one for one in await knew_of(connection, key, at) if one.party != row.publisher]
    knew_here, knew_next = audit.page_of(knew, wist or None, by_when)
    seers = await seers_of(connection, row, visit.registers, now, asked_at)
    seers_here, seers_next = audit.page_of(seers, zag or None, lambda one: one.party)
    return visit.render(
        "audit_event.html",
        key=key,
        title=wording.title(event),
        type_name=wording.type_name(event),
        tlp=event.tlp,
        is_exercise=is_exercise(event.source),
        publisher=row.publisher,
        accepted_at=row.accepted_at,
        at=at,
        knew=[(one, way_told(one.way)) for one in knew_here],
        knew_count=len(knew) + 1,
        knew_next=knew_next,
        was_there=row.accepted_at <= at,
        seers=[(one, _had(one.way)) for one in seers_here],
        seers_next=seers_next,
        records=[_line(one) for one in records],
        asides=[
            (one, RECORD_KINDS.get(one.kind, one.kind), wording.shortened(one.written, _MOST_TOLD))
            for one in asides
        ],
        next=records[-1].number if len(records) == audit.PER_PAGE else None,
    )


async def show_received(visit: Visit) -> str:
    """What a party got by any way, of a function and in a period, oldest first."""
    party, period, notices = _party(visit), _period(visit.query), []
    function = visit.query.get("functie", "") or None
    if function is not None and function not in visit.register.functions:
        notices.append("Wij kennen deze functie niet. Wij gebruikten dit filter niet.")
        function = None
    await _asked(
        visit, function=function, since=period.since, until=period.until, further="na" in visit.query
    )
    after = _cursor(visit.query)
    rows = await received_by(visit.connection, party, function, period, after, audit.PER_PAGE)
    numbers = await audit.numbers_of(visit.connection, [row.record_key for row in rows])
    for row in rows:
        visit.look(row.tlp)
    return visit.render(
        "audit_received.html",
        party=party,
        functions=_functions(visit),
        notices=notices,
        rows=[
            (
                row,
                wording.title(event),
                way_told(row.way),
                numbers.get(row.record_key),
                is_exercise(event.source),
            )
            for row, event in ((row, parse(row.content)) for row in rows)
        ],
        next=_next(rows, "got_at"),
    )


async def show_asked(visit: Visit) -> str:
    """What an operator was asked in a period, by whom, and when it was answered."""
    party, period = _party(visit), _period(visit.query)
    await _asked(visit, since=period.since, until=period.until, further="na" in visit.query)
    after = _cursor(visit.query)
    rows = await asked_of(visit.connection, party, period, after)
    told = [(row, parse(row.content) if row.content else None) for row in rows]
    for _, event in told:
        if event is not None:
            visit.look(event.tlp)
    return visit.render(
        "audit_asked.html",
        party=party,
        rows=[
            (row, wording.title(event), is_exercise(event.source)) if event else (row, "niet bewaard", False)
            for row, event in told
        ],
        next=_next(rows, "received_at"),
    )


async def _asked(visit: Visit, **asked: Any) -> datetime:
    """That it was asked stands in the ledger, in the transaction of the answer; the time. Not in the words of
    who asked: anything may stand in an address."""
    now = await find_scenario_time(visit.connection) if visit.frame["exercise"] else None
    now = now or datetime.now(UTC)
    facts = {"path": visit.path, "query": audit.understood(**asked), "by": "administrator"}
    await record(visit.connection, [Entry("audit-asked", (uuid4(),), None, now, facts)])
    return now


def _had(way: str | None) -> str:
    return "publiceerde het" if way == "published" else way_told(way or "")


def _line(row: Any) -> Line:
    said = json.loads(row.record)
    own = ("schema", "kind", "event", "at", "salt", "deliveries")
    more = {name: value for name, value in said.items() if name not in own and value not in (None, [], {})}
    if parties := sorted({p for one in said.get("deliveries", ()) for p in one.get("parties", ())}):
        more["parties"] = parties
    told = "; ".join(f"{name}: {_text(value)}" for name, value in more.items())
    kind = RECORD_KINDS.get(row.kind, row.kind)
    return Line(row.number, datetime.fromisoformat(said["at"]), kind, wording.shortened(told, _MOST_TOLD))


def _text(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _party(visit: Visit) -> str:
    slug: str = visit.names["slug"]
    if slug not in visit.register.parties and slug not in visit.register.former:
        raise PageNotFound
    return slug


def _functions(visit: Visit) -> list[tuple[str, str]]:
    return [(one.slug, one.name_nl) for one in visit.register.functions.values()]


def _period(query: Mapping[str, str]) -> Period:
    return Period(midnight(_day(query.get("van", ""))), midnight(_day(query.get("tot", "")), days=1))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        moment = of_our_time(datetime.fromisoformat(text.strip()))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=AMSTERDAM)


def _cursor(query: Mapping[str, str]) -> Cursor | None:
    try:
        return Cursor.read(query["na"]) if query.get("na") else None
    except ValueError:
        return None


def _next(rows: Sequence[Any], moment: str) -> str | None:
    if len(rows) < audit.PER_PAGE:
        return None
    last = rows[-1]
    return str(Cursor(getattr(last, moment), last.event_key, getattr(last, "way", "")))
