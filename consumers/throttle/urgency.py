"""What can't wait: decided when a request is placed, and again when a coordinator confirms it.

In a transaction of the caller, who holds the request."""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.asking.earlier import is_confirmed
from hub.register.model import Register
from hub.rules.clearance import is_classified
from hub.rules.identity import derived_key
from hub.rules.noticing import coordinators_to_tell
from hub.rules.progress import Step, progress
from hub.rules.throttle.line import Line
from hub.rules.throttle.slots import first_to_run, latest_slot, next_slot, slots_of
from hub.rules.throttle.standing import leaves
from hub.rules.throttle.telling import next_day_surely
from hub.rules.throttle.urgent import LEAVES, Contact, Urgent, known_to, told, urgent
from hub.store.intake.outbox import put_out
from hub.store.ledger.records import Entry, record
from hub.store.throttle import lines, requests
from hub.store.throttle.policies import policy_by_slot
from hub.store.throttle.pressing import has_left, pressing_of, urgent_contacts
from hub.store.throttle.situations import is_on_sheet
from hub.words import wording
from schemas.catalogue import Request, parse
from schemas.terms import Tlp

_COORDINATOR_CAN_HELP = (Urgent.SHARE_SPENT, Urgent.ASK_COORDINATOR)


async def decide(
    connection: AsyncConnection,
    key: UUID,
    request: Request,
    operator: str,
    register: Register,
    now: datetime,
) -> None:
    """Sends an urgent request that was placed just now at once, or tells why it waits. The caller holds the
    operator."""
    if request.data.urgent is None:
        return
    await _decide(connection, key, request, operator, register, now)


async def press_again(connection: AsyncConnection, key: UUID, register: Register, now: datetime) -> None:
    """Decides again on an urgent request that a coordinator confirmed; nothing while it is not here."""
    done: set[str] = set()
    # Who waited for an operator that referred it meanwhile finds it at the next one too.
    while left := [row for row in await pressing_of(connection, key) if row.operator not in done]:
        for row in left:
            done.add(row.operator)
            request = parse(row.content)
            assert isinstance(request, Request)  # noqa: S101 - only such are kept there
            if request.data.urgent is not None:
                await lines.lock_operator(connection, row.operator)
                await _decide(connection, key, request, row.operator, register, now)


class _Moment(NamedTuple):
    """When an operator is asked: the week of which slot it is, its urgent contacts, the day on which what
    waits could leave, and the day on which it surely could, as far as its asker may know."""

    slot: int
    earlier: list[Contact]
    next_day: date | None
    sure_day: date | None


async def _decide(
    connection: AsyncConnection, key: UUID, request: Request, operator: str, register: Register, now: datetime
) -> None:
    found = await requests.find_request(connection, key, operator)
    if found is None or found.state not in ("waiting", "joined-sent"):
        return
    if await has_left(connection, operator, "urgent", key):
        return
    item = await requests.get_item(connection, found.item_key)
    if is_on_sheet(item.merge_key):
        return
    policy_of = await policy_by_slot(connection, operator)
    moment = await _moment(connection, operator, found, item, now)
    confirmed = await is_confirmed(connection, key, item.functions, register)

    def decided(day: date | None, earlier: list[Contact]) -> Urgent:
        return urgent(
            request.data.urgent or "",
            found.needed_by,
            day,
            found.asker,
            moment.slot,
            earlier,
            policy_of(moment.slot),
            is_confirmed=confirmed,
            is_sent=found.state == "joined-sent",
        )

    how = decided(moment.next_day, moment.earlier)
    heard = told(how, decided(moment.sure_day, known_to(found.asker, moment.earlier)))
    facts = {"operator": operator, "item": str(found.item_key), "asker": found.asker}
    facts |= {"why": str(how), "register": register.version}
    if how in LEAVES:
        bundle = lines.NewBundle(
            derived_key("urgent-bundle", operator, key),
            operator,
            moment.slot,
            now,
            now,
            only_classified=is_classified(Tlp(item.tlp)),
            kind="urgent",
            cause=key,
            asker=found.asker,
            confirmed=how is Urgent.CONFIRMED,
        )
        await lines.keep_bundle(connection, bundle, [found.item_key])
        entry = Entry("urgent-released", (key, operator), key, now, {**facts, "slot": moment.slot})
    else:
        entry = Entry("urgent-refused", (key, operator, how), key, now, facts)
    await record(connection, [entry])
    await _tell(connection, request, found, heard, register, now)


async def _moment(
    connection: AsyncConnection, operator: str, found: Any, item: Any, now: datetime
) -> _Moment:
    policy_of = await policy_by_slot(connection, operator)
    slot = latest_slot(now, policy_of)
    earlier = await urgent_contacts(connection, operator, slot)
    # After a change of weekday the last slot may be one before that in which something left.
    slot = max([slot, *(contact.slot for contact in earlier)])
    policy = policy_of(slot)
    held = await lines.lock_operator(connection, operator)
    first = max(
        first_to_run(now, held.last_run, policy_of),
        slots_of(policy).first_for(found.received_at),
        item.not_before or 0,
    )
    sent = await lines.sent_before(connection, operator, first)
    following = next_slot(first, [row.slot for row in sent], policy_of)
    if following is None or (is_classified(Tlp(item.tlp)) and not policy_of(following).reserve):
        return _Moment(slot, earlier, None, None)
    unseen = tuple(row.slot for row in sent if row.only_classified)
    line = Line(operator, (), sent=tuple(row.slot for row in sent), sent_classified=unseen)
    day = slots_of(policy_of(following)).day(following)
    return _Moment(slot, earlier, day, next_day_surely(line, first, policy_of))


async def _tell(
    connection: AsyncConnection, request: Request, found: Any, how: Urgent, register: Register, now: datetime
) -> None:
    hear = [found.asker]
    if how in _COORDINATOR_CAN_HELP:
        hear += coordinators_to_tell(request, register)
    step = Step(found.operator, "urgent-sent")
    if how not in LEAVES:
        standing = await lines.find_standing(connection, found.operator, now)
        when = leaves(standing, found.item_key, found.asker)
        step = Step(found.operator, "urgent-not-sent", str(how), when.by if when else None)
    await put_out(connection, progress(request, step, hear, wording.title(request), register, now), now)
