"""The open bottlenecks that a party may see, as they are now."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.register.model import Register
from hub.rules.identity import event_key
from hub.rules.relations import Reason, reasons_of
from hub.rules.seeing import may_see
from hub.store.views.bottlenecks import open_bottlenecks
from schemas.bottleneck import BottleneckFound, BottleneckUpdated
from schemas.catalogue import parse

_TYPES = ("nl.vitale-functies.bottleneck.found.v1", "nl.vitale-functies.bottleneck.updated.v1")


class OpenBottleneck(NamedTuple):
    """A bottleneck: its finding, who told of it, and what is newest of it."""

    event_key: UUID
    publisher: str
    found: BottleneckFound
    now: BottleneckFound | BottleneckUpdated


async def find_open_bottlenecks(
    connection: AsyncConnection, party: str, areas: Sequence[str] | None, register: Register
) -> list[OpenBottleneck]:
    """Those that a party may see today, in any of these areas, oldest first; an update that it may not see
    leaves the bottleneck as it knew it."""
    found: dict[UUID, OpenBottleneck] = {}
    for row in await open_bottlenecks(connection, party, _TYPES):
        event = parse(row.content)
        if not may_see(party, row.publisher, event, reasons_in(row), register):
            continue
        if isinstance(event, BottleneckFound):
            if areas is None or any(register.meet(own, area) for own in areas for area in event.areas):
                found[row.event_key] = OpenBottleneck(row.event_key, row.publisher, event, event)
        elif isinstance(event, BottleneckUpdated):
            of = event_key(event.data.bottleneck.source, event.data.bottleneck.id)
            if of in found:
                found[of] = found[of]._replace(now=event)
    return list(found.values())


def reasons_in(row: Any) -> list[Reason] | None:
    """The reasons for which an event was planned for the party; None: it was not."""
    if row.reasons is None:
        return None
    return [reason for one in row.reasons for reason in reasons_of(json.loads(one))]
