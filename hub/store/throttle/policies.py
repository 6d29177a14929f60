"""What operators set: each policy and the first slot for which it holds."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.throttle.keeping import policy_as_json, policy_from_json
from hub.rules.throttle.policy import Change, Policy, policy_at
from hub.store import tables

_policy = tables.operator_policy.c


async def changes_of(connection: AsyncConnection, operator: str) -> tuple[Change, ...]:
    """All that an operator ever set, oldest first; nothing: the default policy holds."""
    query = select(_policy.since, _policy.policy).where(_policy.operator == operator).order_by(_policy.since)
    return tuple(_change(row) for row in await connection.execute(query))


async def policy_by_slot(connection: AsyncConnection, operator: str) -> Callable[[int], Policy]:
    """The policy of an operator for each slot."""
    return by_slot(await changes_of(connection, operator))


async def policies_by_slot(
    connection: AsyncConnection, operators: Iterable[str]
) -> dict[str, Callable[[int], Policy]]:
    """The policy for each slot of each of these operators."""
    operators = list(operators)
    query = select(tables.operator_policy).where(_policy.operator.in_(operators)).order_by(_policy.since)
    changes: dict[str, list[Change]] = {operator: [] for operator in operators}
    for row in await connection.execute(query):
        changes[row.operator].append(_change(row))
    return {operator: by_slot(tuple(found)) for operator, found in changes.items()}


def by_slot(changes: tuple[Change, ...]) -> Callable[[int], Policy]:
    """The policy for each slot, worked out once for each."""
    return cache(lambda slot: policy_at(changes, slot))


async def keep_change(connection: AsyncConnection, operator: str, change: Change, now: datetime) -> None:
    """Keeps what an operator sets, in place of what it set before for the same first slot. The caller holds
    the operator."""
    row = {
        "operator": operator,
        "since": change.since,
        "policy": policy_as_json(change.policy),
        "made_at": now,
    }
    statement = insert(tables.operator_policy).values(row)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["operator", "since"], set_={"policy": row["policy"], "made_at": now}
        )
    )


def _change(row: Any) -> Change:
    return Change(row.since, policy_from_json(row.policy))
