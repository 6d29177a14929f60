"""Composed mails that may not go as they are: taken back, and composed again by the rights of now."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.mail.made import or_broken
from hub.register.model import Register
from hub.rules.relations import reasons_of
from hub.rules.seeing import marking_of, refusal_since, still_holding
from hub.store.mail import told
from hub.store.versions import replaced_in
from hub.store.wake import Channel, wake
from schemas.catalogue import parse


async def out_of_date(connection: AsyncConnection, rows: Sequence[Any], register: Register) -> set[UUID]:
    """Which of these mails tell their party what its publisher lets fewer know since, or invite it by a plan
    that was replaced."""
    of = {row.mail_key: row for row in rows}
    found = set()
    for event in await replaced_in(connection, list(of)) if of else []:
        mail = of[event.mail_key]
        # Of invitations among other things a calendar knows the newest by its number.
        invites = mail.kind == "immediate" and mail.calendar is not None
        if invites or or_broken(partial(_refusal, event, mail.party, register)) is not None:
            found.add(event.mail_key)
    return found


def _refusal(event: Any, party: str, register: Register) -> str | None:
    reasons = reasons_of(event.reasons)
    holding = still_holding(reasons, party, parse(event.content), register)
    return refusal_since(marking_of(event.marking), party, holding, register)


async def compose_again(
    connection: AsyncConnection, rows: Sequence[Any], version: int, now: datetime
) -> None:
    """Takes mails back, each with its record: who may know what is decided again. `version`: of the
    register."""
    taken = [
        told.Taken(row.mail_key, version, {"register": version})
        if row.register_version != version
        else told.Taken(row.mail_key, now.isoformat(), {})
        for row in rows
    ]
    await told.take_back(connection, taken, now)
    await wake(connection, Channel.MAIL)
