"""How far the deliveries of an event are, as the administrator sees them: every party, by every way."""

from consumers.commands.explain import found_event
from consumers.say import tell
from hub.settings import Settings
from hub.store.database import opened, transaction
from hub.store.views.states import states_of
from hub.words import wording


async def show_states(settings: Settings, event: str, party: str | None) -> int:
    """Tells of each delivery of an event how far it is. Raises EventUnknown or Unavailable."""
    async with opened(settings) as pool, transaction(pool) as connection:
        row = await found_event(connection, event)
        found = await states_of(connection, row.event_key)
    shown = [one for one in found if party is None or one.party == party]
    for one in shown:
        at = f", {wording.moment(one.at)}" if one.at else ""
        tell(f"{one.party}  {wording.way_name(one.way)}: {wording.DELIVERY_STATES[one.state]}{at}")
        if one.why:
            tell(f"  {one.why}")
    if not shown:
        tell("Er is niets te bezorgen.")
    return 0
