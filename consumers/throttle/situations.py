"""Situation sheets: opened, renewed and reported on; what is asked for a crisis becomes part of them.

In a transaction of the caller. Whatever comes first: a request, a situation, or what is said of it."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby, product
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.throttle import sheets
from hub.asking.question_keys import key_of_crisis
from hub.register.model import Register
from hub.rules.clearance import is_classified
from hub.rules.identity import event_key
from hub.rules.relations import publisher
from hub.rules.situations import sheets_of
from hub.rules.throttle.crisis import Opening, Sheet, open_sheet, renewed, widened
from hub.rules.throttle.slots import latest_slot
from hub.store.intake.claims import find_claims
from hub.store.ledger.records import Entry, record
from hub.store.throttle import lines, situations
from hub.store.throttle.policies import policy_by_slot
from hub.store.throttle.situations import KeptSheet
from hub.store.throttle.steering import keep_steering, lock_steered, steering_of
from schemas.catalogue import Event, Situation, parse
from schemas.situation import SituationOpened, SituationRenewed, SituationReported


async def place_situation(
    connection: AsyncConnection,
    key: UUID,
    event: Situation,
    attributes: dict[str, Any],
    register: Register,
    now: datetime,
) -> None:
    """Keeps what is said of a situation, and does it where the situation is here."""
    is_opening = isinstance(event, SituationOpened)
    situation_key = key if is_opening else _named(event)
    await lock_steered(connection, situation_key)
    await keep_steering(
        connection, key, situation_key, publisher(event.source, register) or "", attributes, now
    )
    said = {row.by_key: parse(row.content) for row in await steering_of(connection, situation_key)}
    opening = said.get(situation_key)
    if not isinstance(opening, SituationOpened):
        return
    accepted = await find_claims(connection, said)
    todo = said if is_opening else {key: said[key]}
    at = {one: accepted[one].accepted_at for one in todo}
    for one in sorted(todo, key=lambda one: (one != situation_key, at[one], one)):
        await _do(connection, one, todo[one], opening, at[one], register, now)


async def _do(
    connection: AsyncConnection,
    key: UUID,
    event: Event,
    opening: SituationOpened,
    accepted_at: datetime,
    register: Register,
    now: datetime,
) -> None:
    crisis = await key_of_crisis(connection, opening)
    assert crisis is not None  # noqa: S101 - a situation names its crisis
    match event:
        case SituationOpened():
            await _open(connection, key, event, crisis, accepted_at, register, now)
        case SituationRenewed():
            await _renew(connection, key, event, crisis, accepted_at, register, now)
        case SituationReported():
            await _report(connection, key, event, crisis, register, now)


async def _open(
    connection: AsyncConnection,
    key: UUID,
    event: SituationOpened,
    crisis: str,
    accepted_at: datetime,
    register: Register,
    now: datetime,
) -> None:
    """Opens a sheet for each operator and function that has none about this crisis, or widens the one that it
    has; an operator hears of all its new ones in one contact."""
    found = sheets_of(event, crisis, accepted_at, register)
    for operator, some in groupby(found, lambda sheet: sheet.operator):
        await lines.lock_operator(connection, operator)
        before = await situations.sheets_about(connection, crisis, operator)
        known = [kept.sheet for kept in before]
        asked = list(some)
        new = [sheet for sheet in asked if open_sheet(sheet, known, accepted_at) is Opening.OPENED]
        for sheet in new:
            await situations.keep_sheet(connection, key, sheet)
        for kept, sheet in product(before, asked):
            if kept.sheet.key == sheet.key:
                await _widen(connection, key, kept, sheet, accepted_at, now)
        if any(sheet.is_open(now) for sheet in new):
            await _contact(connection, key, new, now)
        facts = {
            "operator": operator,
            "functions": [sheet.function for sheet in new],
            "earlier": sorted({str(kept.situation_key) for kept in before}),
            "register": register.version,
        }
        await record(connection, [Entry("sheets-opened", (key, operator), key, now, facts)])
        await sheets.gather(connection, operator, crisis, register, now)


async def _widen(
    connection: AsyncConnection, key: UUID, kept: KeptSheet, new: Sheet, accepted_at: datetime, now: datetime
) -> None:
    how, wider = widened(kept.sheet, new, accepted_at)
    if how is not Opening.WIDENED:
        return
    await situations.change_sheet(connection, kept, areas=list(wider.areas))
    facts = {"operator": new.operator, "function": new.function, "areas": list(wider.areas)}
    await record(connection, [Entry("sheet-widened", (key, new.operator, new.function), key, now, facts)])


async def _contact(connection: AsyncConnection, key: UUID, new: Iterable[Sheet], now: datetime) -> None:
    sheet = next(iter(new))
    policy_of = await policy_by_slot(connection, sheet.operator)
    bundle = lines.NewBundle(
        sheets.contact_key(sheet.operator, key),
        sheet.operator,
        latest_slot(now, policy_of),
        now,
        now,
        only_classified=is_classified(sheet.tlp),
        kind="crisis",
        cause=key,
    )
    await lines.keep_bundle(connection, bundle, [])


async def _renew(
    connection: AsyncConnection,
    key: UUID,
    event: SituationRenewed,
    crisis: str,
    accepted_at: datetime,
    register: Register,
    now: datetime,
) -> None:
    found = await situations.sheets_about(connection, crisis)
    operators = sorted({kept.sheet.operator for kept in found if kept.sheet.function in event.functions})
    for operator in operators:
        await lines.lock_operator(connection, operator)
        for kept in await situations.sheets_about(connection, crisis, operator):
            how, longer = renewed(kept.sheet, accepted_at)
            if kept.sheet.function not in event.functions or how is not Opening.RENEWED:
                continue
            await situations.change_sheet(connection, kept, until=longer.until)
            facts = {"operator": operator, "function": kept.sheet.function, "until": _written(longer.until)}
            unique = (key, operator, kept.sheet.function)
            await record(connection, [Entry("sheet-renewed", unique, key, now, facts)])
        await sheets.gather(connection, operator, crisis, register, now)


async def _report(
    connection: AsyncConnection,
    key: UUID,
    event: SituationReported,
    crisis: str,
    register: Register,
    now: datetime,
) -> None:
    operator = publisher(event.source, register) or ""
    await lines.lock_operator(connection, operator)
    done = set()
    for kept in await situations.sheets_about(connection, crisis, operator):
        function = kept.sheet.function
        if function not in event.functions or function in done:
            continue
        done.add(function)
        if not await sheets.is_newer(connection, key, event, kept.report_key):
            continue
        await situations.change_sheet(connection, kept, report_key=key)
        facts = {"operator": operator, "function": function, "sheet": str(kept.situation_key)}
        await record(connection, [Entry("sheet-reported", (key, function), key, now, facts)])
        await sheets.answer(connection, kept, key, event, register, now)


def _named(event: Situation) -> UUID:
    assert not isinstance(event, SituationOpened)  # noqa: S101 - that one is the situation itself
    return event_key(event.data.situation.source, event.data.situation.id)


def _written(moment: datetime) -> str:
    return moment.isoformat()
