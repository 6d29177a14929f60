"""The line of an operator: what waits for it, whose turn it is, and the bundles that left.

Whoever joins or releases holds the operator's row, so that each sees what the other did."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.clearance import is_classified
from hub.rules.throttle.forecast import PolicyOf
from hub.rules.throttle.keeping import turns_as_json, turns_from_json
from hub.rules.throttle.line import Asking, Item, Line, Turns
from hub.rules.throttle.policy import LONGEST_WINDOW
from hub.rules.throttle.slots import first_to_run, slot_to_run, slots_of
from hub.rules.throttle.standing import Standing, next_bundle
from hub.store import tables
from hub.store.throttle.policies import policies_by_slot, policy_by_slot
from hub.store.wake import Channel, wake
from schemas.terms import Tlp

_item, _request, _bundle, _lock = (
    tables.item.c,
    tables.request.c,
    tables.bundle.c,
    tables.operator_lock.c,
)

_ITEMS_LEAVE = text(
    """
    UPDATE item SET state = 'sent', bundle_key = leaves.bundle_key, not_before = NULL
    FROM unnest(CAST(:item AS uuid[]), CAST(:bundle AS uuid[])) AS leaves(item_key, bundle_key)
    WHERE item.item_key = leaves.item_key
    """
)
_SLOTS_RUN = text(
    """
    UPDATE operator_lock SET last_run = run.slot, turns = CAST(run.turns AS jsonb)
    FROM unnest(CAST(:operator AS text[]), CAST(:slot AS int[]), CAST(:turns AS text[]))
      AS run(operator, slot, turns)
    WHERE operator_lock.operator = run.operator
    """
)
SPENT = _bundle.withheld.is_(None) | (_bundle.withheld == "withdrawn")
"""Contacts that count: whoever withdraws what has left gives no budget back."""


class Held(NamedTuple):
    """What is kept of an operator: the last slot that was run for it, and whose turn it is since."""

    last_run: int | None = None
    turns: Turns = Turns()


async def lock_operator(connection: AsyncConnection, operator: str) -> Held:
    """Holds the operator until the transaction ends."""
    return (await lock_operators(connection, [operator]))[operator]


async def lock_operators(connection: AsyncConnection, operators: Iterable[str]) -> dict[str, Held]:
    """Holds these operators until the transaction ends; all take them in one order, so nobody waits in a
    ring."""
    rows = [{"operator": operator} for operator in sorted(set(operators))]
    if not rows:
        return {}
    await connection.execute(insert(tables.operator_lock).values(rows).on_conflict_do_nothing())
    query = (
        select(tables.operator_lock)
        .where(_lock.operator.in_([row["operator"] for row in rows]))
        .order_by(_lock.operator)
        .with_for_update()
    )
    return {row.operator: _held(row) for row in await connection.execute(query)}


async def next_step(connection: AsyncConnection, operator: str) -> int:
    """The number of a step that steers the operator's items: who does them again keeps to their order."""
    step: int | None = await connection.scalar(
        update(tables.operator_lock)
        .where(_lock.operator == operator)
        .values(steps=_lock.steps + 1)
        .returning(_lock.steps)
    )
    return step or 0


async def operators_due(connection: AsyncConnection, now: datetime) -> list[str]:
    """The operators whose slot is to be run now: something waits that was accepted in time for it. Who comes
    here often finds none, and pays one look at an index."""
    # Of each operator one look at an index, however many wait.
    oldest = (
        select(func.min(_request.received_at).label("oldest"))
        .where(_request.operator == _lock.operator, _request.state == "waiting")
        .lateral()
    )
    query = (
        select(_lock.operator, oldest.c.oldest, _lock.last_run)
        .join(oldest, oldest.c.oldest.is_not(None))
        .order_by(_lock.operator)
    )
    waiting = (await connection.execute(query)).all()
    policies = await policies_by_slot(connection, [row.operator for row in waiting]) if waiting else {}
    due = []
    for row in waiting:
        policy_of = policies[row.operator]
        slot = slot_to_run(now, row.last_run, policy_of)
        if slot is not None and row.oldest < slots_of(policy_of(slot)).cut_off(slot):
            due.append(row.operator)
    return due


async def read_line(connection: AsyncConnection, operator: str, turns: Turns, slot: int) -> Line:
    """All that decides what the operator receives in a slot."""
    sent = await sent_before(connection, operator, slot)
    return Line(
        operator,
        await _waiting(connection, operator),
        turns,
        tuple(row.slot for row in sent),
        tuple(row.slot for row in sent if row.only_classified),
    )


async def sent_before(connection: AsyncConnection, operator: str, slot: int) -> Sequence[Any]:
    """The bundles that left for the operator before a slot, as far back as any limit looks, oldest first."""
    return (await bundles_before(connection, {operator: slot}))[operator]


async def bundle_after(
    connection: AsyncConnection, operator: str, slot: int, policy_of: PolicyOf
) -> datetime | None:
    """The first moment after a slot at which the operator may get another bundle; None: it never does."""
    sent = await sent_before(connection, operator, slot + 1)
    return next_bundle(slot, tuple(one.slot for one in sent), policy_of)


async def bundles_before(connection: AsyncConnection, slots: Mapping[str, int]) -> dict[str, list[Any]]:
    """The same for each of these operators before a slot of its own."""
    query = (
        select(_bundle.operator, _bundle.slot, _bundle.only_classified)
        .where(
            _bundle.operator.in_(list(slots)),
            _bundle.kind == "routine",
            SPENT,
            _bundle.slot > min(slots.values()) - LONGEST_WINDOW,
        )
        .order_by(_bundle.slot)
    )
    found: dict[str, list[Any]] = {operator: [] for operator in slots}
    for row in await connection.execute(query):
        if slots[row.operator] - LONGEST_WINDOW < row.slot < slots[row.operator]:
            found[row.operator].append(row)
    return found


async def _waiting(connection: AsyncConnection, operator: str) -> tuple[Item, ...]:
    query = (
        select(
            _item.item_key,
            _item.tlp,
            _item.not_before,
            _request.asker,
            _request.received_at,
            _request.needed_by,
            _request.expires_at,
        )
        .join(tables.request, _request.item_key == _item.item_key)
        .where(_item.operator == operator, _item.state == "waiting", _request.state == "waiting")
    )
    items: dict[UUID, list[Any]] = {}
    for row in await connection.execute(query):
        items.setdefault(row.item_key, []).append(row)
    return tuple(
        Item(
            key,
            tuple(Asking(row.asker, row.received_at, row.needed_by, row.expires_at) for row in rows),
            is_classified(Tlp(rows[0].tlp)),
            rows[0].not_before,
        )
        for key, rows in items.items()
    )


async def find_standing(connection: AsyncConnection, operator: str, now: datetime) -> Standing:
    """How the operator's line stands, for what people are told; it holds nobody up."""
    query = select(tables.operator_lock).where(_lock.operator == operator)
    row = (await connection.execute(query)).first()
    held = _held(row) if row else Held()
    policy_of = await policy_by_slot(connection, operator)
    first = first_to_run(now, held.last_run, policy_of)
    return Standing(await read_line(connection, operator, held.turns, first), first, policy_of)


class NewBundle(NamedTuple):
    """The items that leave together; `only_classified`: askers of other items may not know of it. One that
    is not of a slot has its kind and cause, and is in the week of a slot; an urgent one has the asker on
    whose account it left."""

    bundle_key: UUID
    operator: str
    slot: int
    slot_at: datetime
    released_at: datetime
    only_classified: bool
    input_hash: bytes | None = None
    kind: str = "routine"
    cause: UUID | None = None
    asker: str | None = None
    confirmed: bool = False


async def keep_bundle(connection: AsyncConnection, new: NewBundle, items: Sequence[UUID]) -> None:
    """The items leave: once per operator and slot."""
    await keep_bundles(connection, [(new, items)])


async def keep_bundles(
    connection: AsyncConnection, bundles: Sequence[tuple[NewBundle, Sequence[UUID]]]
) -> None:
    """The items of each of these bundles leave."""
    await connection.execute(insert(tables.bundle).values([new._asdict() for new, _ in bundles]))
    keys = [(item, new.bundle_key) for new, items in bundles for item in items]
    columns = {"item": [item for item, _ in keys], "bundle": [bundle for _, bundle in keys]}
    await connection.execute(_ITEMS_LEAVE, columns)
    await connection.execute(
        update(tables.request)
        .where(_request.item_key == func.any(columns["item"]), _request.state == "waiting")
        .values(state="sent", not_before=None)
    )


async def withhold_bundle(connection: AsyncConnection, bundle_key: UUID, why: str) -> None:
    """The bundle never reached its operator, so it costs nothing of its budget."""
    await connection.execute(
        update(tables.bundle).where(_bundle.bundle_key == bundle_key).values(withheld=why)
    )


async def mark_slots_run(connection: AsyncConnection, run: Mapping[str, tuple[int, Turns]]) -> None:
    """These slots have been run for their operators, and it is so-and-so's turn since."""
    columns = {
        "operator": list(run),
        "slot": [slot for slot, _ in run.values()],
        "turns": [turns_as_json(turns) for _, turns in run.values()],
    }
    await connection.execute(_SLOTS_RUN, columns)
    await wake(connection, Channel.PROGRESS)


def _held(row: Any) -> Held:
    return Held(row.last_run, Turns() if row.turns is None else turns_from_json(row.turns))
