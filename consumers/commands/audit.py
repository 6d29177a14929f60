"""What an auditor asks, told line by line, a page at a time; each line names the records that prove it."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.web import words
from connectors.web.words import RECORD_KINDS
from consumers.commands.explain import found_event
from consumers.say import tell
from hub.errors import HubError
from hub.ledger.seers import seers_of
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, snapshot, transaction
from hub.store.ledger.records import Entry, record
from hub.store.register.administering import ADMINISTRATOR
from hub.store.register.registers import Registers
from hub.store.views import audit
from hub.store.views.asides import asides_of
from hub.store.views.asked import asked_of
from hub.store.views.gotten import Cursor, received_by
from hub.store.views.knowing import by_when, knew_of
from hub.words import wording
from schemas.catalogue import parse

_OWN = {"schema", "kind", "event", "at", "salt", "deliveries", "note"}
"""What stands in every record, or is too long for a line."""
_MOST_DIGITS = 16
_MOST_TOLD = 300


class NobodyOfThatName(HubError):
    """The register knows no such party. The message says which."""


class NoCursor(HubError):
    """This is no place where a page ended. The message says what to do."""

    def __init__(self, after: str):
        super().__init__(
            f"'{after}' is geen plaats om verder te gaan. Neem over wat de vorige bladzijde noemde, of laat "
            "--after weg om vooraan te beginnen."
        )


async def life(settings: Settings, event: str, after: str | None = None) -> int:
    """Tells what the ledger has on an event, a page `after` a number. Raises NoCursor, EventUnknown or
    Unavailable."""
    start = _number(after)
    async with opened(settings) as pool, snapshot(pool) as connection:
        row = await found_event(connection, event)
        await _asked(settings, pool, "life", {"event": str(row.event_key)}, after)
        told = parse(row.content)
        tell(f"{wording.type_name(told)}: {wording.title(told)} (TLP:{told.tlp})")
        for aside in await asides_of(connection, row.event_key) if start is None else ():
            kind = RECORD_KINDS.get(aside.kind, aside.kind)
            tell(
                f"APART GEZET, telt niet mee (groep {aside.batch}, {wording.moment(aside.at)}, {aside.why}): "
                f"{kind}: {wording.shortened(aside.written, _MOST_TOLD)}"
            )
        rows = await audit.life_of(connection, row.event_key, start, audit.PER_PAGE)
        for one in rows:
            said = json.loads(one.record)
            number = "nog geen nummer" if one.number is None else f"record {one.number}"
            kind = RECORD_KINDS.get(one.kind, one.kind)
            tell(f"{number}, {_moment(said['at'])}: {kind}{_more(said, str(row.event_key))}")
    _tell_further(rows[-1].number if len(rows) == audit.PER_PAGE else None)
    return 0


async def received(
    settings: Settings, party: str, function: str | None, period: audit.Period, after: str | None = None
) -> int:
    """Tells what a party got, by every way out, a page `after` a cursor. Raises NoCursor, NobodyOfThatName or
    Unavailable."""
    start = _cursor(after)
    async with opened(settings) as pool, snapshot(pool) as connection:
        await _must_exist(Registers(pool, clock_of(settings, pool)), party)
        await _asked(
            settings, pool, "received", {"party": party, "function": function, **_told(period)}, after
        )
        rows = await received_by(connection, party, function, period, start, audit.PER_PAGE)
        numbers = await audit.numbers_of(connection, [row.record_key for row in rows])
        for row in rows:
            told = parse(row.content)
            tell(
                f"{wording.moment(row.got_at)}  {wording.type_name(told)}: {wording.title(told)} "
                f"({words.way_told(row.way)}; TLP:{told.tlp}; {row.event_key}; "
                f"{_record(numbers.get(row.record_key))})"
            )
    further = _next(rows, "got_at")
    tell(f"{party} kreeg {len(rows)} keer iets{_here(after, further)}.")
    _tell_further(further)
    return 0


async def who_knew(settings: Settings, event: str, at: datetime | None, after: str | None = None) -> int:
    """Tells who had an event at a moment, and since when, a page `after` a place. Raises EventUnknown or
    Unavailable."""
    async with opened(settings) as pool, snapshot(pool) as connection:
        now = await clock_of(settings, pool).now()
        moment = min(at or now, now)
        row = await found_event(connection, event)
        await _asked(
            settings, pool, "who-knew", {"event": str(row.event_key), "at": moment.isoformat()}, after
        )
        told = parse(row.content)
        tell(f"{wording.type_name(told)}: {wording.title(told)} (TLP:{told.tlp})")
        if row.accepted_at > moment:
            tell(f"Op {wording.moment(moment)} was dit er nog niet.")
            return 0
        if after is None:
            tell(f"  {row.publisher} (publiceerde het) sinds {wording.moment(row.accepted_at)}")
        knew = [one for one in await knew_of(connection, row.event_key, moment) if one.party != row.publisher]
        here, further = audit.page_of(knew, after, by_when)
        for one in here:
            tell(f"  {one.party} sinds {wording.moment(one.since)} ({words.way_told(one.way)})")
    many = f"wisten {len(knew) + 1} partijen" if knew else "wist 1 partij"
    tell(f"Op {wording.moment(moment)} {many} hiervan.")
    _tell_further(further)
    return 0


async def who_may(
    settings: Settings, event: str, at: datetime | None = None, after: str | None = None
) -> int:
    """Tells who could see an event at a moment (None: now), and who had it then, a page `after` a party.
    Raises EventUnknown or Unavailable."""
    async with opened(settings) as pool, snapshot(pool) as connection:
        row = await found_event(connection, event)
        asked = {"event": str(row.event_key), "at": at.isoformat() if at else None}
        await _asked(settings, pool, "who-may", asked, after)
        clock = clock_of(settings, pool)
        now = await clock.now()
        at = min(at, now) if at else None
        told = parse(row.content)
        tell(f"{wording.type_name(told)}: {wording.title(told)} (TLP:{told.tlp})")
        seers = await seers_of(connection, row, Registers(pool, clock), now, at)
        if at is not None:
            what = "Zo was het op" if seers else "Dit was er nog niet op"
            tell(f"{what} {wording.moment(at)}.")
        yes, no = (
            ("mag het zien", "mag het nu niet meer zien")
            if at is None
            else ("mocht het zien", "mocht het niet zien")
        )
        here, further = audit.page_of(seers, after, lambda one: one.party)
        for one in here:
            may = yes if one.may_see else no
            way = "publiceerde het" if one.way == "published" else words.way_told(one.way or "")
            had = f"had het sinds {wording.moment(one.since)} ({way})" if one.since else "kreeg het nog niet"
            tell(f"  {one.party}: {may}; {had}")
    _tell_further(further)
    return 0


async def asked(settings: Settings, operator: str, period: audit.Period, after: str | None = None) -> int:
    """Tells what an operator was asked, a page `after` a cursor. Raises NoCursor, NobodyOfThatName or
    Unavailable."""
    start = _cursor(after)
    async with opened(settings) as pool, snapshot(pool) as connection:
        await _must_exist(Registers(pool, clock_of(settings, pool)), operator)
        await _asked(settings, pool, "asked", {"operator": operator, **_told(period)}, after)
        rows = await asked_of(connection, operator, period, start)
        for row in rows:
            title = wording.title(parse(row.content)) if row.content else "(niet bewaard)"
            tell(f"{wording.moment(row.received_at)}  {row.asker}: {title} ({row.event_key})")
            tell(f"    {words.asked_state(row.state)}; {_record(row.record)}{_when(row)}")
    further = _next(rows, "received_at")
    tell(f"{operator} kreeg {len(rows)} verzoeken{_here(after, further)}.")
    _tell_further(further)
    return 0


def _number(after: str | None) -> int | None:
    if after is not None and not (after.isdecimal() and len(after) < _MOST_DIGITS):
        raise NoCursor(after)
    return None if after is None else int(after)


def _cursor(after: str | None) -> Cursor | None:
    try:
        return None if after is None else Cursor.read(after)
    except ValueError:
        raise NoCursor(after or "") from None


def _next(rows: Sequence[Any], moment: str) -> str | None:
    if len(rows) < audit.PER_PAGE:
        return None
    last = rows[-1]
    return str(Cursor(getattr(last, moment), last.event_key, getattr(last, "way", "")))


def _here(after: str | None, further: object) -> str:
    return "" if after is None and further is None else " op deze bladzijde"


def _tell_further(further: object) -> None:
    if further is not None:
        tell(f"Er kan meer zijn. Ga verder met: --after '{further}'")


async def _must_exist(registers: Registers, party: str) -> None:
    register = await registers.newest()
    if party not in register.parties and party not in register.former:
        raise NobodyOfThatName(f"'{party}' is geen partij in het register.")


async def _asked(
    settings: Settings, pool: AsyncEngine, question: str, about: dict[str, Any], after: str | None
) -> None:
    """That it was asked stands in the ledger before it is answered."""
    about = about | ({} if after is None else {"further": True})
    now = await clock_of(settings, pool).now()
    query = json.dumps({name: value for name, value in about.items() if value is not None}, sort_keys=True)
    facts = {"path": f"kernhub ledger {question}", "query": query, "by": ADMINISTRATOR}
    async with transaction(pool) as connection:
        await record(connection, [Entry("audit-asked", (uuid4(),), None, now, facts)])


def _told(period: audit.Period) -> dict[str, str]:
    named = {"from": period.since, "to": period.until}
    return {name: moment.isoformat() for name, moment in named.items() if moment}


def _when(row: Any) -> str:
    left = f"; ging mee in een bundel op {wording.moment(row.released_at)}" if row.released_at else ""
    if not row.answer_key:
        return left
    answered = f"beantwoord op {wording.moment(row.answered_at)}"
    return f"{left}; {answered} ({row.answer_key}; {_record(row.answer_record)})"


def _more(said: dict[str, Any], event: str) -> str:
    facts = {
        name: value
        for name, value in said.items()
        if name not in _OWN and value not in (None, [], {}) and not (name == "events" and value == [event])
    }
    more = "; ".join(f"{name} {_short(value)}" for name, value in facts.items())
    if deliveries := said.get("deliveries"):
        parties = sorted({party for one in deliveries for party in one.get("parties", ())})
        more += f"; voor {', '.join(parties)}"
    return f": {more}" if more else ""


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _moment(at: str) -> str:
    return wording.moment(datetime.fromisoformat(at))


def _record(number: int | None) -> str:
    return "nog geen nummer" if number is None else f"record {number}"
