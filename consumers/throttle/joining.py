"""Where a request goes: to an answer of the library, to an open item, or to an item of its own."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.asking.said import find_item_to_join
from hub.rules.asking import AskedOperator
from hub.rules.placing import Place, place
from hub.rules.throttle.library import Reuse
from hub.store.throttle import library, requests
from schemas.catalogue import Request


async def join(
    connection: AsyncConnection,
    request: Request,
    asked: AskedOperator,
    keys: tuple[str, str],
    found: Reuse,
    accepted_at: datetime,
    now: datetime,
) -> tuple[Place, UUID]:
    """Finds the item of a request, or opens one; `keys` are those of its question here and in the library.
    The caller holds the operator."""
    merge_key, library_key = keys
    open_item = await find_item_to_join(connection, asked.operator, merge_key)
    where = place(open_item.state if open_item else None, answer_serves=not found.gap)
    if where is Place.ANSWERED:
        return where, await library.item_of(connection, asked.operator, found.served[0].kept, now)
    if open_item is not None:
        return where, open_item.item_key
    new = requests.NewItem(
        await requests.new_item_key(connection, asked.operator, merge_key),
        asked.operator,
        merge_key,
        library_key,
        asked.functions,
        str(request.tlp),
        request.data.needed_by,
        accepted_at,
    )
    await requests.open_item(connection, new)
    return where, new.item_key
