"""Where an event stands, from the moment that it was taken in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables


class Standing(NamedTuple):
    """`is_kept`: Kafka has it. `is_routed`: who must know it was decided. `problems`: why it was refused
    after all, each as [field, code, detail]."""

    publisher: str | None
    accepted_at: datetime
    is_kept: bool
    is_routed: bool
    problems: Sequence[Any]


async def find_standing_of_event(connection: AsyncConnection, event_key: UUID) -> Standing | None:
    """Where the event stands; None: it was never taken in."""
    claim, event, letter = tables.claim.c, tables.event.c, tables.dead_letter.c
    query = (
        select(
            claim.accepted_at,
            claim.acknowledged_at,
            claim.publisher.label("sender"),
            event.publisher,
            event.event_key.label("routed"),
        )
        .outerjoin(tables.event, event.event_key == claim.event_key)
        .where(claim.event_key == event_key)
    )
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    refused = None
    if row.routed is None:
        reasons = select(letter.problems).where(letter.event_key == event_key).order_by(letter.at).limit(1)
        refused = await connection.scalar(reasons)
    return Standing(
        row.publisher or row.sender,
        row.accepted_at,
        row.acknowledged_at is not None,
        row.routed is not None,
        refused or (),
    )
