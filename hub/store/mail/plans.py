"""Plans of meetings, and the earlier ones that they came in place of."""

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.identity import event_key
from hub.store.resolutions import contents_of
from schemas.catalogue import Plan, parse

_MOST = 100


async def plans_before(connection: AsyncConnection, plan: Plan) -> list[Plan]:
    """The plans that this one came in place of, the newest first: of the same source and kind."""
    found: list[Plan] = []
    seen = {event_key(plan.source, plan.id)}
    while (reference := (found[-1] if found else plan).data.supersedes) and len(found) < _MOST:
        key = event_key(reference.source, reference.id)
        content = (await contents_of(connection, [key])).get(key)
        earlier = parse(content) if content else None
        if key in seen or not isinstance(earlier, Plan) or earlier.type != plan.type:
            break
        seen.add(key)
        found.append(earlier)
    return found
