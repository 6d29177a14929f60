"""The library of answers: what serves a request at once, what is put in it, and who hears when it changes.

In a transaction of the caller, who holds the operator."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.throttle.giving import at_once
from hub.asking.earlier import answers_had, find_again
from hub.asking.question_keys import key_of_deposit
from hub.register.model import Register
from hub.rules.clearance import is_classified
from hub.rules.identity import event_key
from hub.rules.moments import dutch_day
from hub.rules.relations import Reason, Relation, publisher
from hub.rules.throttle.answered import News, told_of_change
from hub.rules.throttle.library import Kept, Kind, Reuse, Served, replaces, reuse, valid_until
from hub.rules.throttle.slots import latest_slot
from hub.store.exchanges import NewDeliveries, plan_deliveries
from hub.store.ledger.records import Entry, record
from hub.store.throttle import library, requests
from hub.store.throttle.lines import lock_operator
from hub.store.throttle.policies import policy_by_slot
from schemas.library import AnswerDeposited, AnswerRetracted
from schemas.question import QuestionAnswered
from schemas.terms import Tlp


async def serve(
    connection: AsyncConnection,
    request_key: UUID,
    operator: str,
    asker: str,
    found: Reuse,
    register: Register,
    now: datetime,
) -> None:
    """Gives the asker what the library has for its request."""
    areas = {one.kept.answer: one.areas for one in found.served}
    await library.note_served(connection, request_key, operator, areas, now)
    await plan_deliveries(connection, [_to_asker(one, asker, register, now) for one in found.served])


def as_facts(found: Reuse) -> dict[str, list[str]]:
    """What was served, for the ledger: the areas by answer."""
    return {str(one.kept.answer): list(one.areas) for one in found.served}


async def keep_given(
    connection: AsyncConnection,
    key: UUID,
    answer: QuestionAnswered,
    item: Any,
    about: Collection[str],
    register: Register,
    now: datetime,
) -> None:
    """Keeps the answer to an item for who asks later. What was asked in confidence stays with its own key."""
    merge_key = item.merge_key if is_classified(Tlp(item.tlp)) else item.library_key
    areas = frozenset(row.area for row in answer.data.per_area) or frozenset(about)
    until = await _until(connection, item.operator, Kind.STATIC, answer.data.valid_until, now)
    named = frozenset(answer.data.recipients)
    kept = Kept(
        key, merge_key, Kind.STATIC, tuple(item.functions), areas, dutch_day(now), until, answer.tlp, named
    )
    await _keep(connection, item.operator, kept, answer, item.item_key, register, now)


async def place_deposit(
    connection: AsyncConnection, key: UUID, deposit: AnswerDeposited, register: Register, now: datetime
) -> None:
    """Keeps the deposit, and gives it to who waits for it."""
    operator = publisher(deposit.source, register) or ""
    await lock_operator(connection, operator)
    kind = Kind(deposit.data.kind)
    areas = frozenset(row.area for row in deposit.data.per_area) or frozenset(deposit.areas)
    until = await _until(connection, operator, kind, deposit.data.valid_until, now)
    kept = Kept(
        key,
        await key_of_deposit(connection, deposit, operator),
        kind,
        tuple(deposit.functions),
        areas,
        dutch_day(now),
        until,
        deposit.tlp,
        frozenset(deposit.data.recipients),
    )
    await _keep(connection, operator, kept, deposit, None, register, now)


async def place_retraction(
    connection: AsyncConnection,
    key: UUID,
    retraction: AnswerRetracted,
    register: Register,
    now: datetime,
) -> None:
    """The answer no longer holds, and who received it is told so."""
    operator = publisher(retraction.source, register) or ""
    await lock_operator(connection, operator)
    answer_key = event_key(retraction.data.answer.source, retraction.data.answer.id)
    facts = {"operator": operator, "answer": str(answer_key)}
    await record(connection, [Entry("answer-retracted", (key,), key, now, facts)])
    await _lapse(connection, operator, answer_key, key, register, now)


async def _keep(
    connection: AsyncConnection,
    operator: str,
    kept: Kept,
    event: AnswerDeposited | QuestionAnswered,
    item_key: UUID | None,
    register: Register,
    now: datetime,
) -> None:
    if not await library.keep(connection, operator, kept, item_key):
        return
    facts = {
        "operator": operator,
        "answer_kind": kept.kind,
        "areas": sorted(kept.areas),
        "valid_until": str(kept.valid_until),
        "register": register.version,
    }
    await record(connection, [Entry("answer-kept", (kept.answer,), kept.answer, now, facts)])
    reference = event.data.supersedes
    named = {event_key(reference.source, reference.id)} if reference else set[UUID]()
    older = await library.kept_for(connection, operator, [kept.merge_key])
    replaced = {one.answer for one in older if not one.superseded and replaces(kept, one)}
    for answer_key in sorted(named | replaced):
        await _lapse(connection, operator, answer_key, kept.answer, register, now)
    for by_key in await library.lapsed_by(connection, kept.answer, operator):
        await _tell(connection, operator, kept.answer, by_key, register, now)
    also_sent = isinstance(event, AnswerDeposited)
    await _serve_waiting(connection, operator, kept.merge_key, register, now, also_sent=also_sent)


async def _serve_waiting(
    connection: AsyncConnection,
    operator: str,
    key: str,
    register: Register,
    now: datetime,
    *,
    also_sent: bool,
) -> None:
    """Who waits gets what the library has now, and waits on for the gap only; `also_sent` with a question
    that the operator has."""
    left = set()
    for waiting in await library.waiting_for(connection, operator, [key], also_sent=also_sent):
        row = waiting.row
        found = await _for_waiting(connection, operator, waiting, register, now)
        if not found.served:
            continue
        await serve(connection, row.event_key, operator, row.asker, found, register, now)
        if found.gap:
            await library.leave_gap(connection, row.event_key, operator, found.gap)
        else:
            item_key = await _answered_on(connection, operator, row, found, now)
            await library.answer_at(connection, row.event_key, operator, item_key, now)
            left.add(row.item_key)
        facts = {
            "operator": operator,
            "item": str(row.item_key),
            "was": row.state,
            "from_library": as_facts(found),
            "gap": list(found.gap),
            "register": register.version,
        }
        unique = (row.event_key, operator, *sorted(one.kept.answer for one in found.served))
        await record(connection, [Entry("request-served", unique, row.event_key, now, facts)])
    await requests.end_items(connection, left, "answered")


async def _answered_on(
    connection: AsyncConnection, operator: str, row: Any, found: Reuse, now: datetime
) -> UUID:
    """The item of a request that the library answered: that of the answer. What its operator was sent stays
    where it is: by that request the operator may still answer others."""
    if row.state != "waiting":
        item_key: UUID = row.item_key
        return item_key
    return await library.item_of(connection, operator, found.served[0].kept, now)


async def _for_waiting(
    connection: AsyncConnection, operator: str, waiting: library.Waiting, register: Register, now: datetime
) -> Reuse:
    """What answers it. Nothing that its asker had already; and a decline ends nothing that was let in."""
    row = waiting.row
    kept = await library.kept_for(connection, operator, waiting.keys)
    besides = {one.answer for one in kept if one.kind is Kind.DECLINE}
    if again := await find_again(connection, row.event_key):
        besides |= await answers_had(connection, row.event_key, again, operator)
    today = dutch_day(now)
    return reuse(kept, waiting.keys, row.areas, row.asker, today, register, not_enough=besides)


async def _lapse(
    connection: AsyncConnection,
    operator: str,
    answer_key: UUID,
    by_key: UUID,
    register: Register,
    now: datetime,
) -> None:
    await library.lapse(connection, operator, answer_key, by_key)
    if await library.find_kept(connection, answer_key) is not None:
        await _tell(connection, operator, answer_key, by_key, register, now)


async def _tell(
    connection: AsyncConnection,
    operator: str,
    answer_key: UUID,
    by_key: UUID,
    register: Register,
    now: datetime,
) -> None:
    """Everyone who received the answer gets the one that replaces it, or hears that it no longer holds."""
    old = await library.find_kept(connection, answer_key)
    new = await library.find_kept(connection, by_key)
    had = [p for p in await library.receivers_of(connection, answer_key) if p in register.parties]
    told = told_of_change(had, new, register)
    await plan_deliveries(
        connection,
        [
            _correction(new, party, register, now)
            if new is not None and news is News.CORRECTION
            else _lapsed(answer_key, party, old, register, now)
            for party, news in told.items()
        ],
    )
    facts = {
        "operator": operator,
        "by": str(by_key),
        "corrected": [party for party, news in told.items() if news is News.CORRECTION],
        "told": [party for party, news in told.items() if news is News.RETRACTION],
        "register": register.version,
    }
    await record(connection, [Entry("answer-lapsed", (answer_key, by_key), answer_key, now, facts)])


async def _until(
    connection: AsyncConnection, operator: str, kind: Kind, stated: date | None, now: datetime
) -> date:
    policy_of = await policy_by_slot(connection, operator)
    validity = policy_of(latest_slot(now, policy_of)).validity
    return valid_until(kind, dutch_day(now), stated, validity)


def _to_asker(served: Served, asker: str, register: Register, now: datetime) -> NewDeliveries:
    return _delivery(served.kept, served.kept.answer, asker, Relation.ASKER, register, now)


def _correction(kept: Kept, party: str, register: Register, now: datetime) -> NewDeliveries:
    return _delivery(kept, kept.answer, party, Relation.HAD_EARLIER, register, now)


def _lapsed(
    answer_key: UUID, party: str, kept: Kept | None, register: Register, now: datetime
) -> NewDeliveries:
    delivery = _delivery(kept, answer_key, party, Relation.HAD_EARLIER, register, now)
    return delivery._replace(channel="lapse")


def _delivery(
    kept: Kept | None, answer_key: UUID, party: str, relation: Relation, register: Register, now: datetime
) -> NewDeliveries:
    is_named = kept is not None and party in kept.named
    reasons = (*((Reason(Relation.NAMED),) if is_named else ()), Reason(relation))
    return at_once(answer_key, party, reasons, register, now)
