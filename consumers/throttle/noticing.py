"""Askers and coordinators hear once that half of a request's time is over, and once that it has expired."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.register.model import Register
from hub.rules.noticing import told_of_waiting
from hub.rules.progress import Step, progress
from hub.rules.throttle.standing import leaves
from hub.store.exchanges import kept_contents
from hub.store.intake.outbox import put_out
from hub.store.ledger.records import Entry, record
from hub.store.throttle import noticing
from hub.store.throttle.lines import find_standing, lock_operator
from hub.words import wording
from schemas.catalogue import Request, parse

_TITLE_MOST = 90


async def tell_half_way(
    connection: AsyncConnection, operator: str, register: Register, now: datetime
) -> None:
    """Tells of each open request to an operator that has waited for half of its time, and was not told."""
    await lock_operator(connection, operator)
    rows = await noticing.half_way_at(connection, operator, now)
    if not rows:
        return
    standing = await find_standing(connection, operator, now)
    told, events = [], []
    for row in rows:
        when = leaves(standing, row.item_key, row.asker) if row.state == "waiting" else None
        step = Step(operator, "half-way", expected_by=when.by if when else None)
        events += _events(row.content, row.asker, step, register, now)
        facts = {"operator": operator, "item": str(row.item_key), "register": register.version}
        told.append(Entry("half-way-told", (row.event_key, operator), row.event_key, now, facts))
    await noticing.mark_told(connection, operator, [row.event_key for row in rows])
    await put_out(connection, events, now)
    await record(connection, told)


async def tell_expired(
    connection: AsyncConnection, operator: str, expired: Sequence[Any], register: Register, now: datetime
) -> None:
    """Tells of requests to an operator that have just expired."""
    contents = await kept_contents(connection, [row.event_key for row in expired])
    events = []
    for row in expired:
        content = contents.get(row.event_key)
        if content is not None:
            events += _events(content, row.asker, Step(operator, "expired"), register, now)
    await put_out(connection, events, now)


def _events(
    content: dict[str, Any], asker: str, step: Step, register: Register, now: datetime
) -> list[dict[str, Any]]:
    request = parse(content)
    if not isinstance(request, Request):
        return []
    told = told_of_waiting(request, asker, register)
    return progress(request, step, told, wording.title(request, _TITLE_MOST), register, now)
