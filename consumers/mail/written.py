"""Composed mails as they go out: with their links, the tree head that they carry, and where to reply."""

from collections.abc import Collection, Mapping, Sequence
from email.message import EmailMessage
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.mailbox import links
from connectors.mailbox.evidence import put_head
from connectors.mailbox.sending import message
from connectors.mailbox.signing_in import with_sign_in
from consumers.mail import sign_ins
from hub.rules import links as signed_links
from hub.rules.mail_in import tokens
from hub.rules.moments import dutch_day
from hub.settings import Settings
from hub.store.access.secrets import own_secret
from hub.store.ledger.trees import notes_at
from hub.store.mail.mail_in import may_be_replied_to
from hub.store.mail.preferences import times_chosen_among

_REPLIED_TO = ("bundle", "reminder")


class Keys(NamedTuple):
    """The keys of the hub that sign links, and addresses of the hub for one mail."""

    links: bytes
    replies: bytes


async def keys_of(connection: AsyncConnection) -> Keys:
    """The same ever after."""
    return Keys(await own_secret(connection, links.SECRET), await own_secret(connection, tokens.SECRET))


class Writer(NamedTuple):
    """What is known of some mails: the notes of the tree heads that they carry, by size; how often their
    parties chose; which may be replied to; and with which link one signs in."""

    settings: Settings
    keys: Keys
    notes: Mapping[int, str]
    chosen: Mapping[str, int]
    replied_to: Collection[UUID]
    to_sign_in: Mapping[UUID, str]

    def mail(self, row: Any) -> EmailMessage:
        """A mail as it goes out. Raises ValueError for text that no mail can carry."""
        public_url = self.settings.public_url
        stop = signed_links.stop(row.party, row.stops, self.chosen.get(row.party, 0)) if row.stops else None
        choose = signed_links.choose(row.party, dutch_day(row.made_at))
        to_choose = links.address(public_url, choose, row.address, self.keys.links)
        to_stop = stop and links.address(public_url, stop, row.address, self.keys.links)
        body, html = links.with_links(row.body, row.html, to_choose, row.stops, to_stop)
        if (to_sign_in := self.to_sign_in.get(row.mail_key)) is not None:
            body, html = with_sign_in(body, html, to_sign_in)
        reply_to = self._address(row, tokens.Purpose.REPLY) if row.mail_key in self.replied_to else None
        if reply_to is not None:
            body, html = links.with_how_to_reply(body, html)
        mail = message(
            row.mail_key,
            self.settings.mail_from,
            row.address,
            row.subject,
            body,
            row.tlp,
            row.made_at,
            html,
            row.thread,
            to_stop,
            row.copy_to,
            row.calendar,
            reply_to,
        )
        if row.ledger_size in self.notes:
            put_head(mail, self.notes[row.ledger_size])
        return mail

    def bounces_to(self, row: Any) -> str | None:
        """Where this mail goes back to; None: to its sender."""
        return self._address(row, tokens.Purpose.BOUNCE)

    def _address(self, row: Any, purpose: tokens.Purpose) -> str | None:
        """An address of the hub for this mail; None: it takes no mail."""
        if (base := self.settings.reply_address) is None:
            return None
        return tokens.address_for(purpose, row.mail_key, row.party, base, self.keys.replies)


async def writer_of(
    connection: AsyncConnection, settings: Settings, keys: Keys, rows: Sequence[Any]
) -> Writer:
    """Reads once what these mails need."""
    stopped = {row.party for row in rows if row.stops}
    asking = [row.mail_key for row in rows if row.kind in _REPLIED_TO]
    sizes = {row.ledger_size for row in rows if row.ledger_size}
    return Writer(
        settings,
        keys,
        await notes_at(connection, sizes) if sizes else {},
        await times_chosen_among(connection, stopped) if stopped else {},
        await may_be_replied_to(connection, asking) if asking else frozenset(),
        {
            row.mail_key: await sign_ins.link_in(connection, row, settings.public_url)
            for row in rows
            if row.kind == sign_ins.KIND
        },
    )
