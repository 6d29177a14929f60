"""Requests that are for a crisis, or can't wait: looked at again as soon as they are placed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.throttle import sheets, urgency
from hub.asking.question_keys import key_of_crisis
from hub.register.model import Register
from hub.store.throttle.pressing import keep_pressing
from schemas.catalogue import Request


async def press(
    connection: AsyncConnection,
    key: UUID,
    request: Request,
    operator: str,
    register: Register,
    now: datetime,
) -> None:
    """Makes it part of the sheet of its crisis; else sends it at once when it is urgent, or tells why not.
    The caller holds the request and the operator."""
    data = request.data
    if data.crisis is None and data.urgent is None:
        return
    crisis = await key_of_crisis(connection, request)
    content = request.model_dump(mode="json", exclude_none=True)
    await keep_pressing(connection, key, operator, crisis, content)
    if crisis is not None:
        await sheets.gather(connection, operator, crisis, register, now)
    await urgency.decide(connection, key, request, operator, register, now)
