"""The past routed again, with the register and the rules of then: it must come to what was delivered."""

from collections import Counter
from typing import Any

from consumers.replay.replays import Routed, as_told, put_down, routed_events
from consumers.say import tell, warn
from hub.rules.ledger.selecting import Selection
from hub.rules.replaying import Outcome, Replayed, routed_again
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, snapshot
from hub.store.register.registers import Registers

_MOST_TOLD = 100
_RIGHT = (Outcome.SAME, Outcome.REMOVED)


async def check(settings: Settings, selection: Selection, why: str | None = None) -> int:
    """Routes the events of a period again and tells what differs; changes nothing. Exit code 1 when something
    differs or can't be compared. Raises Unavailable."""
    counts: Counter[Outcome] = Counter()
    async with opened(settings, command_seconds=3600) as pool:
        clock = clock_of(settings, pool)
        await put_down(pool, "check", why, await clock.now(), as_told(selection))
        registers = Registers(pool, clock)
        async with snapshot(pool) as connection:
            async for some in routed_events(connection, selection):
                for one in some:
                    register = await registers.of_version(connection, one.said["register"])
                    replayed = routed_again(one.said, one.content, one.salt, register)
                    counts[replayed.outcome] += 1
                    if replayed.outcome not in _RIGHT and _wrong(counts) <= _MOST_TOLD:
                        warn(_told(one, replayed))
    if gone := counts[Outcome.REMOVED]:
        tell(f"Van {gone} gebeurtenissen is de inhoud verwijderd; die zijn niet vergeleken.")
    if _wrong(counts):
        warn(
            f"Van {counts.total()} gebeurtenissen: {counts[Outcome.DIFFERENT]} anders, "
            f"{counts[Outcome.OTHER_RULES]} met regels van een andere versie, "
            f"{counts[Outcome.NO_CONTENT]} zonder inhoud."
        )
        return 1
    same = counts[Outcome.SAME]
    tell(f"Geen verschil: {same} gebeurtenissen gingen naar wie zij moesten, om dezelfde redenen.")
    return 0


def _wrong(counts: Counter[Outcome]) -> int:
    return counts.total() - sum(counts[one] for one in _RIGHT)


def _told(one: Routed, replayed: Replayed) -> str:
    name = f"record {one.record.number}, gebeurtenis {one.record.event_key}"
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
