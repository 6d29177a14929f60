"""Requests on a situation sheet: they join it without a contact, a report answers them, and they wait as any
other when it ends. In a transaction of the caller, who holds the operator."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.throttle.giving import at_once
from hub.register.model import Register
from hub.rules.answers import reasons_to_answer
from hub.rules.clearance import is_classified
from hub.rules.identity import derived_key
from hub.rules.progress import Step, progress
from hub.rules.situations import answers
from hub.rules.throttle.crisis import Joining, join
from hub.rules.throttle.standing import leaves
from hub.store.exchanges import plan_deliveries
from hub.store.intake.claims import find_claims
from hub.store.intake.outbox import put_out
from hub.store.ledger.records import Entry, record
from hub.store.throttle import lines, requests, situations
from hub.store.throttle.situations import KeptSheet
from hub.store.throttle.steering import find_said
from hub.words import wording
from schemas.catalogue import Request, parse
from schemas.question import QuestionRaisedData
from schemas.situation import SituationReported


def contact_key(operator: str, situation_key: UUID) -> UUID:
    """The key of the contact in which an operator hears of a situation."""
    return derived_key("crisis-bundle", operator, situation_key)


async def gather(
    connection: AsyncConnection, operator: str, crisis: str, register: Register, now: datetime
) -> None:
    """Makes what waits for this operator about a crisis part of the sheets that are open."""
    kept = await situations.sheets_about(connection, crisis, operator)
    for row in await situations.for_crisis(connection, operator, crisis):
        request = _request(row)
        for one in kept:
            is_standard = _question(request) is not None
            where = join(one.sheet, row.functions, row.areas, now, register, is_standard=is_standard)
            if where is Joining.JOINED:
                await _join(connection, one, row, request, register, now)
                break


async def answer(
    connection: AsyncConnection,
    kept: KeptSheet,
    key: UUID,
    report: SituationReported,
    register: Register,
    now: datetime,
) -> None:
    """Gives a report to who asked on its sheet and may have it. What it says nothing of waits on."""
    await _give(connection, await situations.requests_on(connection, kept), key, report, register, now)


async def is_newer(
    connection: AsyncConnection, key: UUID, report: SituationReported, than: UUID | None
) -> bool:
    """Whether a report is newer than the one that a sheet has: by its own time, or by its acceptance where it
    is dated ahead."""
    if than is None:
        return True
    said = await find_said(connection, than)
    if said is None:
        return True
    claims = await find_claims(connection, [key, than])

    def since(one: UUID, dated: datetime) -> tuple[datetime, UUID]:
        return (min(dated, claims[one].accepted_at) if one in claims else dated), one

    return since(than, parse(said.content).time) < since(key, report.time)


async def end_due(connection: AsyncConnection, operator: str, register: Register, now: datetime) -> None:
    """What is unanswered on sheets that have ended waits as any other."""
    await lines.lock_operator(connection, operator)
    for item in await situations.items_on_ended_sheets(connection, operator, now):
        rows = await requests.requests_of_item(connection, item.item_key)
        for row in rows:
            if row.state == "joined-sent":
                await _wait(connection, item, row, register, now)
        await requests.end_items(connection, {item.item_key}, "expired")


async def _join(
    connection: AsyncConnection,
    kept: KeptSheet,
    row: Any,
    request: Request,
    register: Register,
    now: datetime,
) -> None:
    key, operator = row.event_key, row.operator
    merge_key = situations.key_on_sheet(kept.situation_key, row.merge_key)
    found = await requests.find_open_item(connection, operator, merge_key)
    item_key = found.item_key if found else await requests.new_item_key(connection, operator, merge_key)
    if found is None:
        contact = contact_key(operator, kept.situation_key)
        await situations.open_on_sheet(connection, item_key, merge_key, row.item_key, contact)
    await situations.move_request(connection, key, operator, item_key, "joined-sent")
    await requests.end_items(connection, {row.item_key}, "withdrawn")
    facts = {"operator": operator, "item": str(item_key), "sheet": str(kept.situation_key)}
    await record(
        connection, [Entry("request-on-sheet", (key, operator, kept.situation_key), key, now, facts)]
    )
    await _tell(connection, request, row, Step(operator, "on-sheet"), register, now)
    if kept.report_key is not None and (said := await find_said(connection, kept.report_key)):
        report = parse(said.content)
        assert isinstance(report, SituationReported)  # noqa: S101 - only such is kept as a report
        mine = [one for one in await situations.requests_on(connection, kept) if one.event_key == key]
        await _give(connection, mine, kept.report_key, report, register, now)


async def _give(
    connection: AsyncConnection,
    rows: Sequence[Any],
    key: UUID,
    report: SituationReported,
    register: Register,
    now: datetime,
) -> None:
    about = [row for row in rows if _is_answered(row, report, register)]
    reasons = {
        asker: why
        for asker in sorted({row.asker for row in about})
        if (why := reasons_to_answer(report, asker, register, is_addressed=False))
    }
    await plan_deliveries(
        connection, [at_once(key, asker, why, register, now) for asker, why in reasons.items()]
    )
    open_ones = [row for row in about if row.state == "joined-sent"]
    served = [row for row in about if row.asker in reasons and row.state != "answered"]
    # That there is such a report is for the named only: for others all goes on as if there were none.
    without = [row for row in open_ones if row.asker not in reasons and not is_classified(report.tlp)]
    for state, some in (("answered", served), ("not-shared", without)):
        keys = [row.event_key for row in some]
        if keys:
            await requests.close_requests(connection, some[0].operator, keys, state, now)
    ended = {row.item_key for row in (*served, *without)}
    await situations.answer_items(connection, {row.item_key for row in served}, key)
    await requests.end_items(connection, ended, "answered")
    if ended:
        facts = {
            "operator": about[0].operator,
            "answered": _keys(served),
            "not_shared": _keys(without),
            "register": register.version,
        }
        unique = (key, *_keys(served), *_keys(without))
        await record(connection, [Entry("sheet-answered", unique, key, now, facts)])


async def _wait(connection: AsyncConnection, item: Any, row: Any, register: Register, now: datetime) -> None:
    """A request leaves its sheet for the open item of its question, or for one of its own."""
    operator, merge_key = row.operator, row.merge_key
    found = await requests.find_open_item(connection, operator, merge_key)
    if found is None:
        item_key = await requests.new_item_key(connection, operator, merge_key)
        new = requests.NewItem(
            item_key,
            operator,
            merge_key,
            item.library_key,
            item.functions,
            item.tlp,
            row.needed_by,
            row.received_at,
        )
        await requests.open_item(connection, new)
    else:
        item_key = found.item_key
    state = "joined-sent" if found and found.state == "sent" else "waiting"
    await situations.move_request(connection, row.event_key, operator, item_key, state)
    facts = {"operator": operator, "item": str(item_key), "state": state}
    unique = (row.event_key, operator, item.situation_key)
    await record(connection, [Entry("request-off-sheet", unique, row.event_key, now, facts)])
    said = await situations.find_pressing(connection, row.event_key, operator)
    when = None
    if state == "waiting":
        when = leaves(await lines.find_standing(connection, operator, now), item_key, row.asker)
    step = Step(operator, "waiting" if state == "waiting" else "sent", "sheet-has-ended", when and when.by)
    await _tell(connection, _request(said), row, step, register, now)


async def _tell(
    connection: AsyncConnection, request: Request, row: Any, step: Step, register: Register, now: datetime
) -> None:
    title = wording.title(request)
    await put_out(connection, progress(request, step, [row.asker], title, register, now), now)


def _is_answered(row: Any, report: SituationReported, register: Register) -> bool:
    question = _question(_request(row))
    return question is not None and answers(report.data.rows, question, row.areas, register)


def _question(request: Request) -> str | None:
    return request.data.standard_question if isinstance(request.data, QuestionRaisedData) else None


def _request(row: Any) -> Request:
    request = parse(row.content)
    assert isinstance(request, Request)  # noqa: S101 - only such are kept there
    return request


def _keys(rows: Iterable[Any]) -> list[str]:
    return sorted(str(row.event_key) for row in rows)
