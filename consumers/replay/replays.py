"""What every replay does: it stands in the ledger who asked for it and why, and reads the past in order."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from consumers.say import warn
from hub.rules.ledger.selecting import Selection, is_selected
from hub.store.database import transaction
from hub.store.intake.claims import find_claims
from hub.store.ledger.reading import Numbered, first_number_since, numbered_records
from hub.store.ledger.records import Entry, record
from hub.store.ledger.trees import find_head
from hub.store.resolutions import contents_of

AT_THE_MACHINE = "administrator"
"""Who starts a replay: whoever sits at the machine (ADR 18). A person's name has no place in the ledger."""
_AT_ONCE = 200
_TELL_EACH = 20_000


class Routed(NamedTuple):
    """A record `event-routed`, what it says, and the event as it is kept; None: it is not. `salt`: of its
    content; None: that was removed."""

    record: Numbered
    said: dict[str, Any]
    content: dict[str, Any] | None
    salt: bytes | None


async def put_down(
    pool: AsyncEngine, act: str, why: str | None, now: datetime, facts: dict[str, Any]
) -> UUID:
    """Records that a replay begins, before anything of it can be seen; its key."""
    key = uuid4()
    about = {"act": act, "by": AT_THE_MACHINE, "why": why, "replay": str(key)}
    async with transaction(pool) as connection:
        await record(connection, [Entry("replay-begun", (key,), None, now, about | facts)])
    return key


async def routed_events(connection: AsyncConnection, selection: Selection) -> AsyncIterator[list[Routed]]:
    """The events that were routed in a period, in order of number, some at a time. Tells how far it is."""
    head = await find_head(connection)
    start = await first_number_since(connection, selection.since) if selection.since else 0
    some: list[Numbered] = []
    count = 0
    async for one in numbered_records(connection, start, head.size if head else 0):
        if one.kind == "event-routed" and is_selected(one.record, selection):
            some.append(one)
        if len(some) == _AT_ONCE:
            yield await _with_contents(connection, some)
            count += len(some)
            if count % _TELL_EACH == 0:
                warn(f"{count} gebeurtenissen opnieuw bezorgd (alleen op papier) \u2026")
            some = []
    if some:
        yield await _with_contents(connection, some)


async def _with_contents(connection: AsyncConnection, some: list[Numbered]) -> list[Routed]:
    keys = [one.event_key for one in some if one.event_key]
    contents, claims = await contents_of(connection, keys), await find_claims(connection, keys)
    routed = []
    for one in some:
        claim = claims.get(one.event_key) if one.event_key else None
        content = contents.get(one.event_key) if claim and one.event_key else None
        routed.append(Routed(one, json.loads(one.record), content, claim.salt if claim else None))
    return routed


def as_told(selection: Selection) -> dict[str, Any]:
    """A period as the record of a replay tells of it."""
    told = selection.told()
    return {"since": told["from"], "until": told["to"]}
