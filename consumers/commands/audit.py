"""What an auditor asks, told line by line; each line names the records that prove it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
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
from hub.store.views.asked import asked_of
from hub.store.views.gotten import Cursor, received_by
from hub.store.views.knowing import knew_of
from hub.words import wording
from schemas.catalogue import parse

_OWN = {"schema", "kind", "event", "at", "salt", "deliveries", "note"}
"""What stands in every record, or is too long for a line."""


class NobodyOfThatName(HubError):
    """The register knows no such party. The message says which."""


async def life(settings: Settings, event: str) -> int:
    """Tells all that the ledger has on an event. Raises EventUnknown or Unavailable."""
    async with opened(settings) as pool, snapshot(pool) as connection:
        row = await found_event(connection, event)
        await _asked(settings, pool, "life", {"event": str(row.event_key)})
        told = parse(row.content)
        tell(f"{wording.type_name(told)}: {wording.title(told)} (TLP:{told.tlp})")
        for one in await audit.life_of(connection, row.event_key):
            said = json.loads(one.record)
            number = "nog geen nummer" if one.number is None else f"record {one.number}"
            kind = RECORD_KINDS.get(one.kind, one.kind)
            tell(f"{number}, {_moment(said['at'])}: {kind}{_more(said, str(row.event_key))}")
    return 0


async def received(settings: Settings, party: str, function: str | None, period: audit.Period) -> int:
    """Tells all that a party got, by every way out. Raises NobodyOfThatName or Unavailable."""
    count = 0
    async with opened(settings) as pool, snapshot(pool) as connection:
        await _must_exist(Registers(pool, clock_of(settings, pool)), party)
        await _asked(settings, pool, "received", {"party": party, "function": function, **_told(period)})

        def page(after: Cursor | None) -> Awaitable[Sequence[Any]]:
            return received_by(connection, party, function, period, after, audit.PER_PAGE)

        async for rows in _pages(page, "got_at"):
            numbers = await audit.numbers_of(connection, [row.record_key for row in rows])
            for row in rows:
                told = parse(row.content)
                tell(
                    f"{wording.moment(row.got_at)}  {wording.type_name(told)}: {wording.title(told)} "
                    f"({words.way_told(row.way)}; TLP:{told.tlp}; {row.event_key}; "
                    f"{_record(numbers.get(row.record_key))})"
                )
            count += len(rows)
    tell(f"{party} kreeg {count} keer iets.")
    return 0


async def who_knew(settings: Settings, event: str, at: datetime | None) -> int:
    """Tells who had an event at a moment, and since when. Raises EventUnknown or Unavailable."""
    async with opened(settings) as pool, snapshot(pool) as connection:
        now = await clock_of(settings, pool).now()
        moment = min(at or now, now)
        row = await found_event(connection, event)
        await _asked(settings, pool, "who-knew", {"event": str(row.event_key), "at": moment.isoformat()})
        told = parse(row.content)
        tell(f"{wording.type_name(told)}: {wording.title(told)} (TLP:{told.tlp})")
        if row.accepted_at > moment:
            tell(f"Op {wording.moment(moment)} was dit er nog niet.")
            return 0
        tell(f"  {row.publisher} (publiceerde het) sinds {wording.moment(row.accepted_at)}")
        knew = [one for one in await knew_of(connection, row.event_key, moment) if one.party != row.publisher]
        for one in knew:
            tell(f"  {one.party} sinds {wording.moment(one.since)} ({words.way_told(one.way)})")
    tell(f"Op {wording.moment(moment)} wisten {len(knew) + 1} partijen hiervan.")
    return 0


async def who_may(settings: Settings, event: str, at: datetime | None = None) -> int:
    """Tells who could see an event at a moment (None: now), and who had it then. Raises EventUnknown or
    Unavailable."""
    async with opened(settings) as pool, snapshot(pool) as connection:
        row = await found_event(connection, event)
        asked = {"event": str(row.event_key), "at": at.isoformat() if at else None}
        await _asked(settings, pool, "who-may", asked)
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
        for one in seers:
            may = yes if one.may_see else no
            way = "publiceerde het" if one.way == "published" else words.way_told(one.way or "")
            had = f"had het sinds {wording.moment(one.since)} ({way})" if one.since else "kreeg het nog niet"
            tell(f"  {one.party}: {may}; {had}")
    return 0


async def asked(settings: Settings, operator: str, period: audit.Period) -> int:
    """Tells all that an operator was asked. Raises NobodyOfThatName or Unavailable."""
    count = 0
    async with opened(settings) as pool, snapshot(pool) as connection:
        await _must_exist(Registers(pool, clock_of(settings, pool)), operator)
        await _asked(settings, pool, "asked", {"operator": operator, **_told(period)})

        def page(after: Cursor | None) -> Awaitable[Sequence[Any]]:
            return asked_of(connection, operator, period, after)

        async for rows in _pages(page, "received_at"):
            for row in rows:
                title = wording.title(parse(row.content)) if row.content else "(niet bewaard)"
                tell(f"{wording.moment(row.received_at)}  {row.asker}: {title} ({row.event_key})")
                tell(f"    {words.asked_state(row.state)}; {_record(row.record)}{_when(row)}")
            count += len(rows)
    tell(f"{operator} kreeg {count} verzoeken.")
    return 0


async def _pages(
    page: Callable[[Cursor | None], Awaitable[Sequence[Any]]], moment: str
) -> AsyncIterator[Sequence[Any]]:
    after: Cursor | None = None
    while rows := await page(after):
        yield rows
        last = rows[-1]
        after = Cursor(getattr(last, moment), last.event_key, getattr(last, "way", ""))


async def _must_exist(registers: Registers, party: str) -> None:
    register = await registers.newest()
    if party not in register.parties and party not in register.former:
        raise NobodyOfThatName(f"'{party}' is geen partij in het register.")


async def _asked(settings: Settings, pool: AsyncEngine, question: str, about: dict[str, Any]) -> None:
    """That it was asked stands in the ledger before it is answered."""
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
