"""Operators are reminded of what they were sent and have not answered: in the bundle of a slot, or in a
slot without one by itself. In a transaction of the caller."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.throttle.reminding import Remind, due, remind
from hub.rules.throttle.slots import slot_to_run
from hub.store.ledger.records import Entry, record
from hub.store.throttle import reminders
from hub.store.throttle.heads import Slot
from hub.store.throttle.lines import lock_operator
from hub.store.throttle.policies import policy_by_slot
from hub.store.throttle.reminders import New
from hub.store.wake import Channel, wake


async def remind_in(
    connection: AsyncConnection, slots: Sequence[Slot], with_bundle: Collection[str], now: datetime
) -> None:
    """Decides once for each of these slots of what its operator is reminded; in those of `with_bundle` a
    bundle leaves. The caller holds the operators."""
    last = await reminders.last_thought_of(connection, [one.operator for one in slots])
    slots = [one for one in slots if (before := last[one.operator]) is None or before < one.slot]
    if not slots:
        return
    by_operator = {one.operator: one.slot for one in slots}
    found = await reminders.open_bundles(connection, by_operator)
    alone = await reminders.alone_before(connection, by_operator)
    new = []
    for operator, slot, policy in slots:
        about = [one for one in found[operator] if due([one.sent], slot)]
        sent = [one.sent for one in about]
        how = remind(sent, alone[operator], slot, policy, has_bundle=operator in with_bundle)
        if how in (Remind.RIDES_ALONG, Remind.ALONE):
            new.append(New(operator, slot, how is Remind.ALONE, about))
    if new:
        await reminders.keep_reminders(connection, new, now)
        await record(connection, [entry for one in new for entry in _entries(one, now)])
        await wake(connection, Channel.MAIL)
    await reminders.mark_thought_of(connection, by_operator)


async def remind_alone(connection: AsyncConnection, operator: str, now: datetime) -> None:
    """Reminds an operator in its slot, when no bundle of that slot has done so."""
    await lock_operator(connection, operator)
    policy_of = await policy_by_slot(connection, operator)
    last = await reminders.last_thought_of(connection, [operator])
    slot = slot_to_run(now, last[operator], policy_of)
    if slot is not None:
        await remind_in(connection, [Slot(operator, slot, policy_of(slot))], (), now)


def _entries(new: New, now: datetime) -> list[Entry]:
    return [
        Entry(
            "bundle-reminded",
            (one.bundle_key, new.slot),
            None,
            now,
            {
                "operator": new.operator,
                "slot": new.slot,
                "bundle": str(one.bundle_key),
                "items": [str(item) for item in one.items],
                "alone": new.stands_alone,
            },
        )
        for one in new.about
    ]
