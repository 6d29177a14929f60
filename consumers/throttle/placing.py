"""Where requests and answers go, with their records in the ledger, in one transaction of the caller."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.throttle import shelving
from consumers.throttle.asking_again import keep_again, tell_not_again
from consumers.throttle.giving import at_once
from consumers.throttle.joining import join
from consumers.throttle.merging import settle
from consumers.throttle.pressing import press
from consumers.throttle.withdrawing import is_withdrawn
from consumers.throttle.withholding import is_settled, not_asked
from hub.asking.earlier import Found, look_up
from hub.asking.question_keys import keys_of_request
from hub.asking.said import find_library_keys
from hub.register.model import Register
from hub.rules.answers import leaves_open, reasons_to_answer
from hub.rules.asking import AskedOperator, asked_operators, visibility_key
from hub.rules.clearance import is_classified
from hub.rules.identity import event_key
from hub.rules.placing import Place
from hub.rules.relations import Reason
from hub.rules.relations import publisher as publisher_of
from hub.rules.throttle.expiry import expires_at
from hub.rules.throttle.library import Reuse
from hub.rules.throttle.slots import latest_slot
from hub.store.exchanges import plan_deliveries
from hub.store.ledger.records import Entry, record
from hub.store.throttle import requests
from hub.store.throttle.lines import lock_operator, lock_operators
from hub.store.throttle.policies import policy_by_slot
from hub.store.throttle.situations import is_on_sheet
from hub.store.throttle.steering import lock_steered, referred_to
from schemas.catalogue import Answer, Request, parse
from schemas.question import QuestionAnswered


async def place_request(
    connection: AsyncConnection,
    key: UUID,
    request: Request,
    accepted_at: datetime,
    register: Register,
    now: datetime,
) -> None:
    """Asks every operator that the request reaches: by a new item, an open one, or an earlier answer."""
    asker = publisher_of(request.source, register) or ""
    await lock_steered(connection, key)
    await keep_again(connection, key, request, asker, now)
    withdrawn = await is_withdrawn(connection, key, request, register)
    reached = sorted(asked_operators(request, register))
    held = {asked.operator for asked in reached} | await referred_to(connection, key)
    await lock_operators(connection, held)
    for asked in reached:
        await ask(connection, key, request, asker, asked, accepted_at, register, now, withdrawn=withdrawn)


async def ask(
    connection: AsyncConnection,
    key: UUID,
    request: Request,
    asker: str,
    asked: AskedOperator,
    accepted_at: datetime,
    register: Register,
    now: datetime,
    referred_by: UUID | None = None,
    *,
    withdrawn: bool = False,
) -> None:
    """Asks one operator. `referred_by`: what another operator said that makes the hub ask this one;
    `withdrawn`: it was withdrawn before it came, so that nothing may go to its asker."""
    same, same_in_library = await keys_of_request(connection, request, asked)
    await lock_operator(connection, asked.operator)
    policy_of = await policy_by_slot(connection, asked.operator)
    policy = policy_of(latest_slot(accepted_at, policy_of))
    expires = expires_at(accepted_at, request.data.needed_by, policy, request.expirytime)
    keys = (same_in_library, same, *await find_library_keys(connection, asked.operator, same))
    looked = Found(Reuse((), asked.areas))
    if not withdrawn:
        about = (keys, asked.functions, asked.areas)
        looked = await look_up(connection, key, request, asked.operator, about, register, now)
    found = looked.reuse
    where, item_key = await join(connection, request, asked, (same, same_in_library), found, accepted_at, now)
    state = "waiting" if where is Place.NEW else str(where)
    if where is Place.ANSWERED and looked.is_declined:
        state = "declined"
    await requests.add_request(
        connection,
        requests.NewRequest(
            key,
            asked.operator,
            asker,
            item_key,
            found.gap or asked.areas,
            request.data.needed_by,
            expires,
            state,
            accepted_at,
            same,
            same_in_library,
            visibility_key(request, asked),
            referred_by,
        ),
    )
    facts = {
        "operator": asked.operator,
        "functions": list(asked.functions),
        "areas": list(asked.areas),
        "from_library": shelving.as_facts(found),
        "by_name": asked.operator in request.data.asked,
        "asker": asker,
        "item": str(item_key),
        "state": state,
        "accepted": _written(accepted_at),
        "needed_by": str(request.data.needed_by) if request.data.needed_by else None,
        "expires": _written(expires),
        "classified": is_classified(request.tlp),
        "again": _again(request),
        "not_again": looked.not_again,
        "register": register.version,
    }
    await record(connection, [Entry("request-placed", (key, asked.operator), key, now, facts)])
    if found.served:
        await shelving.serve(connection, key, asked.operator, asker, found, register, now)
    if looked.not_again is not None:
        await tell_not_again(
            connection,
            request,
            asked.operator,
            asker,
            looked.not_again,
            register,
            now,
            in_confidence=looked.in_confidence,
        )
    await settle(connection, asked.operator, key, now)
    if where is Place.ANSWERED or withdrawn:
        return
    for early in await requests.answers_to(connection, key, asked.operator):
        answer = parse(early.content)
        assert isinstance(answer, Answer)  # noqa: S101 - only answers are kept there
        await _apply(connection, key, early.answer_key, answer, asked.operator, register, now)
    await press(connection, key, request, asked.operator, register, now)


async def place_answer(
    connection: AsyncConnection,
    key: UUID,
    answer: Answer,
    attributes: dict[str, Any],
    register: Register,
    now: datetime,
) -> None:
    """Keeps the answer, and gives it to who asked and may have it."""
    operator = publisher_of(answer.source, register) or ""
    asked_by = event_key(answer.data.answered.source, answer.data.answered.id)
    await lock_operator(connection, operator)
    await requests.keep_answer(connection, key, operator, asked_by, attributes)
    await _apply(connection, asked_by, key, answer, operator, register, now)


async def _apply(
    connection: AsyncConnection,
    asked_by: UUID,
    key: UUID,
    answer: Answer,
    operator: str,
    register: Register,
    now: datetime,
) -> None:
    """Gives the answer to who may have it, and reopens what it leaves open. The caller holds the operator."""
    addressed = await requests.find_request(connection, asked_by, operator)
    if addressed is None:
        await not_asked(connection, key, asked_by, answer, operator, register, now)
        return
    on_item = await requests.requests_of_item(connection, addressed.item_key)
    asking = [row for row in on_item if row.state != "withdrawn"]
    open_still = _left_open(asking, addressed.event_key, answer)
    answered = [row for row in asking if row not in open_still]
    served: dict[str, tuple[Reason, ...]] = {}
    for asker in sorted({row.asker for row in answered}):
        is_addressed = asker == addressed.asker
        if reasons := reasons_to_answer(answer, asker, register, is_addressed=is_addressed):
            served[asker] = reasons
    if await is_settled(connection, key, addressed.item_key, answer, on_item, served, register, now):
        return
    with_answer = [row.event_key for row in answered if row.asker in served]
    without = [row for row in answered if row.asker not in served]
    await requests.answer_item(connection, addressed.item_key, key)
    await requests.close_requests(connection, operator, with_answer, "answered", now)
    if is_classified(answer.tlp):
        # That there is such an answer is for the named only: for others all goes on as if there were none.
        open_still += [row for row in without if row.state == "waiting"]
    else:
        others = [row.event_key for row in without]
        await requests.close_requests(connection, operator, others, "not-shared", now)
    await plan_deliveries(
        connection, [at_once(key, asker, reasons, register, now) for asker, reasons in served.items()]
    )
    again = await reopen(connection, addressed.item_key, open_still) if open_still else None
    facts = {
        "operator": operator,
        "item": str(addressed.item_key),
        "served": sorted(served),
        "reopened": sorted(str(row.event_key) for row in open_still),
        "reopened_as": str(again) if again else None,
        "register": register.version,
    }
    await record(connection, [Entry("item-answered", (key,), key, now, facts)])
    if isinstance(answer, QuestionAnswered):
        about = {area for row in answered for area in row.areas}
        item = await requests.get_item(connection, addressed.item_key)
        await shelving.keep_given(connection, key, answer, item, about, register, now)
    if again:
        await settle(connection, operator, key, now)


def _left_open(asking: Sequence[Any], addressed: UUID, answer: Answer) -> list[Any]:
    if not isinstance(answer, QuestionAnswered):
        return []
    seen = {
        area
        for row in asking
        if row.state != "joined-sent" or row.event_key == addressed
        for area in row.areas
    }
    return [
        row
        for row in asking
        if row.state == "joined-sent"
        and row.event_key != addressed
        and leaves_open(answer.data, row.areas, seen)
    ]


async def reopen(connection: AsyncConnection, item_key: UUID, left_open: Sequence[Any]) -> UUID:
    """What joined later and got no answer is asked as an item of its own, from when it was received; the key
    of that item."""
    item = await requests.get_item(connection, item_key)
    merge_key = left_open[0].merge_key if is_on_sheet(item.merge_key) else item.merge_key
    dates = [row.needed_by for row in left_open if row.needed_by]
    new = requests.NewItem(
        await requests.new_item_key(connection, item.operator, merge_key),
        item.operator,
        merge_key,
        item.library_key,
        item.functions,
        item.tlp,
        min(dates, default=None),
        min(row.received_at for row in left_open),
    )
    await requests.open_item(connection, new)
    await requests.move_requests(
        connection, item.operator, [row.event_key for row in left_open], new.item_key
    )
    return new.item_key


def _again(request: Request) -> str | None:
    again = request.data.again
    return str(event_key(again.request.source, again.request.id)) if again else None


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
