"""The overview: how the hub is doing, for a manager."""

from connectors.web.lines import shown_lines
from connectors.web.visit import Visit
from hub.store.ledger.trees import find_head
from hub.store.views.events import EventFilter, list_events
from hub.store.views.overview import (
    count_open_bottlenecks,
    deliveries_by_kind,
    get_numbers,
)


async def show_overview(visit: Visit) -> str:
    """Numbers of the whole hub and the latest events."""
    connection = visit.connection
    return visit.render(
        "overview.html",
        numbers=await get_numbers(connection),
        bottlenecks=await count_open_bottlenecks(connection),
        by_kind=await deliveries_by_kind(connection, visit.register),
        head=await find_head(connection),
        latest=shown_lines(await list_events(connection, EventFilter(), 10), visit),
    )
