"""The functions, with who coordinates them and what is open."""

from connectors.web.visit import Visit
from hub.store.views.parties import events_by_function, open_bottlenecks_by_function


async def show_functions(visit: Visit) -> str:
    """The thirteen functions and provincial roads."""
    return visit.render(
        "functions.html",
        functions=list(visit.register.functions.values()),
        events=await events_by_function(visit.connection),
        bottlenecks=await open_bottlenecks_by_function(visit.connection),
    )
