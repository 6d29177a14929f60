"""Erasure: finds where words of people, or what tells of some events, stand in the hub, and empties that."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import any_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import tables, words
from hub.store.database import keys_of
from hub.store.intake import outbox
from hub.store.ledger import removing
from hub.store.mail import mail_in, mail_queue, told
from hub.store.wake import Channel, wake

_OPEN = ("kept", "read")
"""Mail that came in and that the hub is still to read or to take in."""


class Found(NamedTuple):
    """Events; of those, what was not removed before (event_key, content, at; oldest first); the mails that
    told of them or in which the words stand, and the mails that came in with these words, each with its
    state; how many of the events are on Kafka and still come back from there."""

    keys: set[UUID]
    still_here: Sequence[Any]
    mails: Mapping[UUID, str]
    came_in: Mapping[UUID, str]
    on_their_way: int

    def is_nothing(self) -> bool:
        """Whether all that there was is gone. A mail that stays empty is no find."""
        return not (self.still_here or self.came_in)

    def queued(self) -> int:
        """How many mails still wait to be sent."""
        return sum(state == "queued" for state in self.mails.values())

    def unread(self) -> int:
        """How many mails came in that the hub is still to read."""
        return sum(state in _OPEN for state in self.came_in.values())

    def in_doubt(self) -> int:
        """How many of the mails that came in a person is still to decide on."""
        return sum(state == "doubt" for state in self.came_in.values())


async def find(connection: AsyncConnection, named: Collection[UUID], containing: str | None) -> Found:
    """What there is of these events and of those in which the words stand. Nothing is published until the
    transaction ends: it would come back from Kafka as it was."""
    await outbox.hold_publishing(connection)
    keys, mails_with, came_in = set(named), dict[UUID, str](), dict[UUID, str]()
    if containing:
        keys |= await words.contents_containing(connection, containing)
        mails_with = await words.mails_containing(connection, containing)
        came_in = {key: state async for key, state in words.mails_in_containing(connection, containing)}
    keys |= await removing.events_quoting(connection, keys)
    told = await removing.mails_of(connection, keys)
    here = await removing.still_here(connection, keys)
    return Found(keys, here, told | mails_with, came_in, await outbox.count_on_their_way(connection, keys))


async def empty(connection: AsyncConnection, found: Found, removal: removing.Removal, now: datetime) -> None:
    """Removes the contents, also from copies that were made of one since it was removed, and empties the
    mails. What was composed and is not sent is taken back: it is made again of what is left. All in the
    caller's transaction; again it changes nothing."""
    await removing.remove(connection, await removing.contents_of(connection, found.keys), removal, now)
    await _take_back(connection, found.mails, now)
    await removing.empty_mails(connection, found.mails)
    for key in sorted(key for key, state in found.came_in.items() if state not in _OPEN):
        await _forget(connection, key, now)


async def _take_back(connection: AsyncConnection, keys: Collection[UUID], now: datetime) -> None:
    mail = tables.mail.c
    # Held, so that what is being sent at this moment is seen as sent.
    query = select(mail.mail_key, mail.party, mail.state).where(mail.mail_key == any_(keys_of(sorted(keys))))
    held = (await connection.execute(query.order_by(mail.mail_key).with_for_update())).all()
    taken = await mail_queue.taken_among(connection, [row.mail_key for row in held])
    queued = [row for row in held if row.state == "queued" and row.mail_key not in taken]
    await told.take_back(connection, [told.Taken(row.mail_key, now.isoformat(), {}) for row in queued], now)
    await wake(connection, Channel.MAIL)


async def _forget(connection: AsyncConnection, key: UUID, now: datetime) -> None:
    row = await mail_in.hold_mail(connection, key)
    if row is None or row.state in _OPEN:
        return
    if row.state == "doubt":
        facts = {"by": "erasure"}
        await mail_in.take_step(connection, row, mail_in.Step("refused", "mail-in-decided", facts), now)
    await mail_in.forget(connection, [key], now)
