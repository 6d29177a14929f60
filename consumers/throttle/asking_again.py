"""What was declined is asked again, once its coordinator confirms that. In a transaction of the caller."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.throttle import shelving
from consumers.throttle.joining import join
from consumers.throttle.merging import settle
from consumers.throttle.pressing import press
from consumers.throttle.withdrawing import is_withdrawn
from hub.asking import earlier
from hub.asking.said import find_library_keys
from hub.register.model import Register
from hub.rules.asking import AskedOperator
from hub.rules.clearance import is_classified
from hub.rules.identity import event_key
from hub.rules.noticing import coordinators_to_tell
from hub.rules.placing import Place
from hub.rules.progress import Step, progress
from hub.rules.throttle.answered import Again
from hub.rules.throttle.library import Kind
from hub.store.intake.outbox import put_out
from hub.store.ledger.records import Entry, record
from hub.store.throttle import library, requests
from hub.store.throttle.grouping import refresh_items
from hub.store.throttle.lines import lock_operator
from hub.store.throttle.steering import keep_steering
from hub.words import wording
from schemas.catalogue import Request


async def keep_again(
    connection: AsyncConnection, key: UUID, request: Request, asker: str, now: datetime
) -> None:
    """Keeps that a request goes on from an earlier one; nothing when it does not."""
    if request.data.again is None:
        return
    reference = request.data.again.request
    content = request.model_dump(mode="json", exclude_none=True)
    await keep_steering(connection, key, event_key(reference.source, reference.id), asker, content, now)


async def tell_not_again(
    connection: AsyncConnection,
    request: Request,
    operator: str,
    asker: str,
    why: Again,
    register: Register,
    now: datetime,
    *,
    in_confidence: bool,
) -> None:
    """Tells the asker, and who can help, why it is not asked again; the asker alone when it was declined in
    confidence."""
    told = [asker]
    if why is Again.NOT_CONFIRMED and not in_confidence:
        told += coordinators_to_tell(request, register)
    step = Step(operator, "again-not-sent", str(why))
    await put_out(connection, progress(request, step, told, wording.title(request), register, now), now)


async def ask_confirmed(connection: AsyncConnection, key: UUID, register: Register, now: datetime) -> None:
    """Asks the operators that had declined, now that a request with this key is confirmed; nothing while it
    is not here, or when it was not a decline that kept it."""
    request = await earlier.find_again(connection, key)
    if request is None or await is_withdrawn(connection, key, request, register):
        return
    done: set[str] = set()
    while left := [
        row for row in await requests.requests_of_event(connection, key) if row.operator not in done
    ]:
        for row in left:
            done.add(row.operator)
            await lock_operator(connection, row.operator)
            if row.state == "declined" and await _by_an_earlier_decline(connection, row):
                await _ask(connection, request, row, register, now)


async def _by_an_earlier_decline(connection: AsyncConnection, row: Any) -> bool:
    given = await library.given_to(connection, row.event_key, row.operator)
    for answer in sorted(given):
        kept = await library.find_kept(connection, answer)
        if kept is not None and kept.kind is Kind.DECLINE:
            item_key = await library.item_of(connection, row.operator, kept, row.received_at)
            if item_key == row.item_key:
                return True
    return False


async def _ask(
    connection: AsyncConnection, request: Request, row: Any, register: Register, now: datetime
) -> None:
    key, operator = row.event_key, row.operator
    item = await requests.get_item(connection, row.item_key)
    others = await find_library_keys(connection, operator, row.merge_key)
    about = ((row.library_key, row.merge_key, *others), item.functions, row.areas)
    found = await earlier.look_up(connection, key, request, operator, about, register, now)
    if found.not_again is not None:
        await tell_not_again(
            connection,
            request,
            operator,
            row.asker,
            found.not_again,
            register,
            now,
            in_confidence=found.in_confidence,
        )
        return
    asked = AskedOperator(operator, tuple(item.functions), tuple(row.areas))
    same = (row.merge_key, row.library_key)
    where, item_key = await join(connection, request, asked, same, found.reuse, row.received_at, now)
    state = "waiting" if where is Place.NEW else str(where)
    areas = found.reuse.gap or row.areas
    await requests.ask_anew(connection, key, operator, item_key, areas, state)
    await refresh_items(connection, [item_key])
    facts = {
        "operator": operator,
        "asker": row.asker,
        "item": str(item_key),
        "state": state,
        "from_library": shelving.as_facts(found.reuse),
        "accepted": _written(row.received_at),
        "needed_by": str(row.needed_by) if row.needed_by else None,
        "expires": _written(row.expires_at),
        "classified": is_classified(request.tlp),
        "register": register.version,
    }
    await record(connection, [Entry("request-asked-again", (key, operator), key, now, facts)])
    if found.reuse.served:
        await shelving.serve(connection, key, operator, row.asker, found.reuse, register, now)
    await settle(connection, operator, key, now)
    if where is not Place.ANSWERED:
        await press(connection, key, request, operator, register, now)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
