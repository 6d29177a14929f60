"""The slots of operators: what leaves in them, in one transaction of the caller."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.throttle.reminding import remind_in
from hub.rules.identity import derived_key
from hub.rules.throttle.head import REACHES, Figures, Head, Reach, first_askers, front, outcome, release_from
from hub.rules.throttle.keeping import release_hash
from hub.rules.throttle.line import Line, Turns
from hub.rules.throttle.release import Release
from hub.rules.throttle.slots import slot_to_run, slots_of
from hub.store.ledger.records import Entry, record
from hub.store.register.registers import newest_version
from hub.store.throttle import lines
from hub.store.throttle.heads import Slot, Wanted, read_figures, read_first
from hub.store.throttle.policies import policies_by_slot
from hub.store.wake import Channel, wake


async def run_slots(connection: AsyncConnection, operators: Sequence[str], now: datetime) -> None:
    """Runs the slot of each of these operators, unless another worker has done so meanwhile."""
    held = await lines.lock_operators(connection, operators)
    policies = await policies_by_slot(connection, operators)
    slots = [
        Slot(operator, slot, policies[operator](slot))
        for operator, one in held.items()
        if (slot := slot_to_run(now, one.last_run, policies[operator])) is not None
    ]
    if not slots:
        return
    done = await _released(connection, slots, {one.operator: held[one.operator].turns for one in slots})
    left = [(slot, *done[slot.operator]) for slot in slots if done[slot.operator][1].items]
    if left:
        await _send(connection, left, now)
    await remind_in(connection, slots, {one.operator for one, *_ in left}, now)
    turns = {one.operator: (one.slot, done[one.operator][1].turns) for one in slots}
    await lines.mark_slots_run(connection, turns)


async def _released(
    connection: AsyncConnection, slots: Sequence[Slot], turns: Mapping[str, Turns]
) -> dict[str, tuple[Head | None, Release]]:
    """What comes of each slot, and the head that decided it. More of a head is read as long as it is not
    enough to decide."""
    sent = await lines.bundles_before(connection, {one.operator: one.slot for one in slots})
    figures = await read_figures(connection, slots)
    starts = {
        one.operator: Line(one.operator, (), turns[one.operator], tuple(b.slot for b in sent[one.operator]))
        for one in slots
    }
    done: dict[str, tuple[Head | None, Release]] = {}
    for one in slots:
        why = outcome(figures[one.operator], starts[one.operator], one.slot, one.policy)
        if why is not None:
            done[one.operator] = None, Release((), turns[one.operator], why)
    for reach in REACHES:
        if not (undecided := [one for one in slots if one.operator not in done]):
            break
        heads = await _heads(connection, undecided, starts, figures, reach)
        for one, head in zip(undecided, heads, strict=True):
            if (release := release_from(head, one.slot, one.policy)) is not None:
                done[one.operator] = head, release
    return done


async def _heads(
    connection: AsyncConnection,
    slots: Sequence[Slot],
    starts: Mapping[str, Line],
    figures: Mapping[str, tuple[Figures, Figures]],
    reach: Reach,
) -> list[Head]:
    """The head of each line, as far as the reach."""
    wanted: list[Wanted] = []
    beyond: dict[tuple[str, bool], str | None] = {}
    for one in slots:
        for hidden, lane in enumerate(starts[one.operator].turns):
            of_lane, places = figures[one.operator][hidden], one.policy.places
            first, next_one = first_askers(of_lane, lane, one.operator, one.slot, reach.askers(places))
            most = reach.items(of_lane, places)
            wanted += [Wanted(one.operator, bool(hidden), asker, most) for asker in first]
            beyond[one.operator, bool(hidden)] = next_one
    items = await read_first(connection, slots, wanted)
    heads = []
    for one in slots:
        start, (open_ones, classified) = starts[one.operator], figures[one.operator]
        fronts = (
            front(open_ones, start.turns.open, items[one.operator, False], beyond[one.operator, False]),
            front(classified, start.turns.classified, items[one.operator, True], beyond[one.operator, True]),
        )
        heads.append(Head(one.operator, open_ones, classified, fronts, start.turns, start.sent))
    return heads


async def _send(
    connection: AsyncConnection, left: Sequence[tuple[Slot, Head | None, Release]], now: datetime
) -> None:
    version = await newest_version(connection)
    bundles, entries = [], []
    for one, head, done in left:
        assert head is not None  # noqa: S101 - what was released had one
        decided = release_hash(head, one.slot, one.policy)
        hidden = {item.item for own in head.fronts[1].first.values() for item in own}
        bundle = lines.NewBundle(
            derived_key("bundle", one.operator, one.slot),
            one.operator,
            one.slot,
            slots_of(one.policy).moment(one.slot),
            now,
            only_classified=hidden.issuperset(done.items),
            input_hash=decided,
        )
        bundles.append((bundle, done.items))
        facts = {
            "operator": one.operator,
            "slot": one.slot,
            "items": [str(item) for item in done.items],
            "input": decided.hex(),
            "register": version,
        }
        entries.append(Entry("bundle-released", (one.operator, one.slot), None, now, facts))
    await lines.keep_bundles(connection, bundles)
    await record(connection, entries)
    await wake(connection, Channel.MAIL)
