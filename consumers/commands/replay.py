"""The past routed again, with the register and the rules of then: it must come to what was delivered."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.say import tell, warn
from hub.rules.ledger.selecting import Selection, is_selected
from hub.rules.replaying import Outcome, Replayed, routed_again
from hub.settings import Settings
from hub.store.claims import find_claims
from hub.store.clock import clock_of
from hub.store.database import opened, snapshot
from hub.store.ledger_reading import Numbered, first_number_since, numbered_records
from hub.store.ledger_trees import find_head
from hub.store.registers import Registers
from hub.store.resolutions import contents_of

_AT_ONCE = 200
_TELL_EACH = 20_000
_MOST_TOLD = 100
_RIGHT = (Outcome.SAME, Outcome.REMOVED)


async def replay(settings: Settings, since: datetime | None, until: datetime | None) -> int:
    """Routes the events of a period again and tells what differs; changes nothing. Exit code 1 when something
    differs or can't be compared. Raises Unavailable."""
    counts: Counter[Outcome] = Counter()
    async with opened(settings, command_seconds=3600) as pool, snapshot(pool) as connection:
        registers = Registers(pool, clock_of(settings, pool))
        async for some in _routed(connection, Selection(since, until)):
            keys = [one.event_key for one in some if one.event_key]
            contents, claims = await contents_of(connection, keys), await find_claims(connection, keys)
            for one in some:
                said = json.loads(one.record)
                register = await registers.of_version(connection, said["register"])
                claim = claims.get(one.event_key) if one.event_key else None
                content = contents.get(one.event_key) if claim and one.event_key else None
                replayed = routed_again(said, content, claim.salt if claim else None, register)
                counts[replayed.outcome] += 1
                if (
                    replayed.outcome not in _RIGHT
                    and counts.total() - sum(counts[one] for one in _RIGHT) <= _MOST_TOLD
                ):
                    warn(_told(one, replayed))
            if counts.total() // _TELL_EACH != (counts.total() - len(some)) // _TELL_EACH:
                tell(f"{counts.total()} gebeurtenissen opnieuw bezorgd (alleen op papier) \u2026")
    if gone := counts[Outcome.REMOVED]:
        tell(f"Van {gone} gebeurtenissen is de inhoud verwijderd; die zijn niet vergeleken.")
    if counts.total() > sum(counts[one] for one in _RIGHT):
        warn(
            f"Van {counts.total()} gebeurtenissen: {counts[Outcome.DIFFERENT]} anders, "
            f"{counts[Outcome.OTHER_RULES]} met regels van een andere versie, "
            f"{counts[Outcome.NO_CONTENT]} zonder inhoud."
        )
        return 1
    same = counts[Outcome.SAME]
    tell(f"Geen verschil: {same} gebeurtenissen gingen naar wie zij moesten, om dezelfde redenen.")
    return 0


async def _routed(connection: AsyncConnection, selection: Selection) -> AsyncIterator[list[Numbered]]:
    head = await find_head(connection)
    start = await first_number_since(connection, selection.since) if selection.since else 0
    some: list[Numbered] = []
    async for one in numbered_records(connection, start, head.size if head else 0):
        if one.kind == "event-routed" and is_selected(one.record, selection):
            some.append(one)
        if len(some) >= _AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _told(one: Numbered, replayed: Replayed) -> str:
    name = f"record {one.number}, gebeurtenis {one.event_key}"
    if replayed.outcome is Outcome.OTHER_RULES:
        return f"{name}: de regels van toen zitten niet in deze versie van het programma."
    if replayed.outcome is Outcome.NO_CONTENT:
        return f"{name}: de inhoud is er niet meer, of is veranderd."
    lines = [
        f"  {party}: toen {_way(replayed.then.get(party))}, nu {_way(replayed.again.get(party))}"
        for party in replayed.different
    ]
    return "\n".join([f"{name} gaat nu anders:", *lines])


def _way(delivery: Any) -> str:
    return "niets" if delivery is None else f"{delivery[1]} om {delivery[2]}"
